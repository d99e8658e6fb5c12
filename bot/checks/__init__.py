"""What `check` looks at: this machine, the network, and what came of it."""
