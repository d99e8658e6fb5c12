"""The process: settings, wiring, the connection to Discord, and the command line."""
