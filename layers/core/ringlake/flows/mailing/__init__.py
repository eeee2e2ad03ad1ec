"""Mail beyond the sending: what became of it, who agreed to get it, and who wants no more of it (demands.md D57)."""
