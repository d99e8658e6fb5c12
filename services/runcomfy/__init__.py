"""The RunComfy Model API: submitting, following and cancelling requests, and fetching what they made."""
