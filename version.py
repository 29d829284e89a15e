"""The bot's version: this line alone says it; pyproject.toml reads it from here."""

VERSION = "0.2.0.dev0"
