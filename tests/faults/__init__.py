"""What becomes of notices when processes die, channels fail and backlogs grow: measured on the real server."""
