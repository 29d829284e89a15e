"""What the operator sees of the running bot."""
