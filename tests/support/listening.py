"""Hear which statements are run."""

from loyalty.db.watch import NoWatch


class Listener(NoWatch):
    """Keeps every statement that was run."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def ran(self, statement: str, seconds: float) -> None:
        del seconds
        self.statements.append(statement)
