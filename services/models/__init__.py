"""What a RunComfy model takes: its input schema, read into types, and what people give, held against it."""
