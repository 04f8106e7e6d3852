"""The database: its base, its two doors, its migrations."""
