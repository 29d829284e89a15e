"""A bot with a dialog of the Bot Framework SDK, which takes several turns."""
