"""Authentication of callers: bearer tokens, signing keys, and the rules for each kind of caller."""
