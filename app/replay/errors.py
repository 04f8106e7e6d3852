"""What can go wrong with a replay, each with the sentence that mends it."""


class ReplayError(Exception):
    """The replay cannot begin or cannot go on; the message says what to do."""


class StoppedError(Exception):
    """Another worker failed or somebody pressed Ctrl-C; this one ends between two acts."""
