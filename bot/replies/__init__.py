"""What the bot says: texts, and the Markdown that they are written in."""
