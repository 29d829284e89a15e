"""How fast a conversation and a tenant may be sent to."""
