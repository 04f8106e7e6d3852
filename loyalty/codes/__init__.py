"""Cards and the signed codes they show."""
