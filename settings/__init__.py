"""What the settings are made of, for `config.py`: kinds of values, and mistakes to warn of."""
