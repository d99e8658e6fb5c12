"""The Model API's words and rules, without a socket."""
