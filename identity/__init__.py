"""Who is calling: bearer tokens, the keys that sign them, and the rules for each kind of caller."""
