"""From the outbox to the channel: claim, pace, send, settle."""
