"""The API client on a real socket."""
