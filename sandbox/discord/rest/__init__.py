"""Discord's REST interface: routes by resource, errors, rate limits, faults."""
