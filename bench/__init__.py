"""Measurements of the real bot on the sandbox; `python -m bench`."""
