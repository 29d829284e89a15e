"""What is true: jobs, notices, lanes, and the stores that keep them. Only here is SQL known."""
