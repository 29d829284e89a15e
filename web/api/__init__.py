"""What job systems and scripts may ask by HTTP: its documents, its callers, its reports."""
