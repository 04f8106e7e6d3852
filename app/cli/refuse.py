"""How a command says no: one sentence on standard error, and exit code 1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.backup_file import BackupRefusedError
from app.keyfiles import KeyFilesError
from app.replay.errors import ReplayError
from app.settings import SettingsError
from loyalty.db.failures import DatabaseRefusedError
from loyalty.kernel.errors import LoyaltyError


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what an operator can mend into a sentence; anything else keeps its traceback."""
    try:
        yield
    except (
        SettingsError,
        KeyFilesError,
        DatabaseRefusedError,
        BackupRefusedError,
        ReplayError,
    ) as error:
        click.echo(f"enlaza: {error}", err=True)
    except LoyaltyError as error:
        click.echo(f"enlaza: {error} (docs/reference/refusals.md#{error.code})", err=True)
    else:
        return
    sys.exit(1)
