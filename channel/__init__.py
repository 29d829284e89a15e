"""The way out to a channel: connector client, service URLs, outbound tokens, what an answer means."""
