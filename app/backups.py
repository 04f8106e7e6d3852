"""What is known of the last backup: a small file beside the database, for its owner only."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

RECORD: Final = "last-backup.json"
OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """A backup that was finished: when, how big, and whether it was read back."""

    made_at: datetime
    path: str
    size_bytes: int
    encrypted: bool
    checked: bool  # read again from the disk after it was written, every byte
    rows: int
    seconds: float


def last_backup(home: Path) -> BackupFacts | None:
    """Say what is known of the last backup; None when there was none, or nothing can be read."""
    try:
        told = json.loads((home / RECORD).read_text(encoding="utf-8"))
        return BackupFacts(
            made_at=datetime.fromisoformat(told["made_at"]),
            path=str(told["path"]),
            size_bytes=int(told["size_bytes"]),
            encrypted=bool(told["encrypted"]),
            checked=bool(told["checked"]),
            rows=int(told["rows"]),
            seconds=float(told["seconds"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember_backup(home: Path, facts: BackupFacts) -> None:
    """Keep what is to be known of a backup; written beside and renamed."""
    text = json.dumps({**asdict(facts), "made_at": facts.made_at.isoformat()}, indent=1)
    beside = home / f"{RECORD}.{secrets.token_hex(4)}"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(home / RECORD)
