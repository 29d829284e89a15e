"""`python -m reference`: writes the pages of docs/reference that say what the code says."""
