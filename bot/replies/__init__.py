"""The bot's replies: texts and Markdown."""
