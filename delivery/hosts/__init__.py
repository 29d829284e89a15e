"""What each service host can take: how many sends at once, and whether it answers at all."""
