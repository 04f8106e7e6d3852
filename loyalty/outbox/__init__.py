"""News for the world, sent after the commit."""
