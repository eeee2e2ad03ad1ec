"""Money beside the tariffs themselves: rating again, exchange rates, budgets, abuse (features.md N5, N8, N9, N17)."""
