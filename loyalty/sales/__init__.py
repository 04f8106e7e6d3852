"""Sales and refunds, recorded once."""
