"""Delivery from the outbox to the channel: claim, rate limit, send, settle."""
