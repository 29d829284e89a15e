"""What operators ask of the store: the same statements on both databases."""
