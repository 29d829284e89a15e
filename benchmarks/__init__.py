"""Load figures: what the bot costs, measured against something in the same run."""
