"""The sandbox as a page: the people of the local Discord driven from a browser. `PROTOCOL.md` says what is spoken."""
