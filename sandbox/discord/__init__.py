"""A local Discord: its world, REST interface, files and rules."""
