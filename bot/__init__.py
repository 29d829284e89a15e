"""One turn: the adapter, the bot, its commands and replies, and the way out to the connector."""
