"""Per service host: its share of concurrent sends, and a circuit breaker."""
