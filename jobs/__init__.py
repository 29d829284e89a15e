"""What a job is, what may become of it, and the use cases that change it."""
