"""A local Discord: its state, REST interface, files and rules."""
