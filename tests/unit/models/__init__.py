"""What a model takes, and what people give for it."""
