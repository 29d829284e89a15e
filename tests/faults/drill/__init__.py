"""The drill: each fault is made on a bot that runs, until alerts fire, and is mended as an operator would."""
