"""The bare views, served by several processes exactly as `enlaza serve` serves on PostgreSQL."""

from typing import Any

from app.cli.processes import Parent
from app.settings import Settings
from bench.bare import commit_app


class BareParent(Parent):
    """Starts the processes of the bare views."""

    def load(self) -> Any:  # noqa: ANN401  as its base has it
        """Make the bare views, in the process that serves them."""
        return commit_app()


if __name__ == "__main__":
    BareParent(Settings.from_env()).run()
