"""One turn: the adapter, the bot, its commands, permissions and replies."""
