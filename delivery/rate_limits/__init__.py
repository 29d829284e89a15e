"""Rate limits per conversation and per tenant."""
