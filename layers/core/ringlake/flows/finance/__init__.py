"""What finance does: invoices beside our charges, and months that are closed."""
