"""The app package that brings the bot into Teams."""
