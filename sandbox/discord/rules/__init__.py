"""Discord's rules: limits, layouts, registration, permissions."""
