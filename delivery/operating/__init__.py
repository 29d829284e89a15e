"""Acts of operators on what is delivered; each is recorded."""
