"""Web sessions, where they came from, and notes left in them."""
