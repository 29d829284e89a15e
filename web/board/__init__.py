"""`/board`: pages on which operators see how the bot stands, and act. They work without JavaScript."""
