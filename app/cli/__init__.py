"""The `enlaza` command."""
