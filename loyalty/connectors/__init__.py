"""What the networks say, read: bytes in, facts out, one file per vendor."""
