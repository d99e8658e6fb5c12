"""Everything that touches discord.py's internals, or works around what it does: a new version of it is read here alone.

Each file names what the library (2.7.1) does, and has a test that notices when that moves.
"""
