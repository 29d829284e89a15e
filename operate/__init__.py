"""What an operator does on the host, also while the bot is down: ``python -m operate``."""
