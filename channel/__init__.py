"""Sending to channels: connector client, service URLs, outbound tokens, the meaning of responses."""
