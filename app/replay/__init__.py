"""Replays real baskets through the HTTP API of a running server, as phones and tills would."""
