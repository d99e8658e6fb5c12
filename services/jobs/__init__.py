"""The core: what a job is, what may happen to it, and the use cases around it. Standard library only."""
