"""How a card reaches Discord: the ways to it, what each refusal means, and what hangs at it."""
