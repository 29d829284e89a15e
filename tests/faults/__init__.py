"""What becomes of notices when processes die, channels fail and backlogs grow, on the real server."""
