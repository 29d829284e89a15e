"""The bot's version, defined only here; pyproject.toml reads it from this file."""

VERSION = "0.2.0.dev0"
