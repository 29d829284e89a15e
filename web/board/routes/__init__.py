"""The addresses below `/board`, one file per group."""
