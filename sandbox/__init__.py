"""A local Discord and a local Model API on real sockets, bound to loopback: an independent reading of both wires."""
