"""What networks send us, kept as it came: once each, answered at once, read after."""
