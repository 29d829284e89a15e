"""What the bot costs as its job log grows; run with `make bench-growth`."""
