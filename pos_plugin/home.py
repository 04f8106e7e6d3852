"""The agent's folder: what lies in it, who may read it, and what was agreed at pairing."""

import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

from pos_plugin.client import Paired
from pos_plugin.queue_file import PRIVATE_FILE, forget_file, sync_path

PRIVATE_FOLDER: Final = 0o700
DEFAULT: Final = "~/.enlaza-till"


class HomeError(Exception):
    """The folder cannot be used; the text says why, for an operator."""


class NotPairedError(HomeError):
    """Nobody has paired this till yet."""


class Home:
    """Where everything of one till lies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.paired_file = path / "paired.json"
        self.queue_file = path / "queue.db"
        self.books_file = path / "books.db"
        self.lock_file = path / "queue.lock"
        self.serving_file = path / "serving.json"
        self.log_file = path / "agent.log"
        self.shell = path / "shell"
        self.ca_file = path / "ca.pem"

    @classmethod
    def from_environment(cls) -> "Home":
        """Find the folder that `ENLAZA_TILL_HOME` names, or the usual one."""
        return cls(Path(os.environ.get("ENLAZA_TILL_HOME") or DEFAULT).expanduser())

    def make(self) -> None:
        """Make the folder, readable by its owner only. Errors: `HomeError`."""
        try:
            self.path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            if os.name != "nt":
                self.path.chmod(PRIVATE_FOLDER)
        except OSError as error:
            raise HomeError(str(error)) from error

    def read_paired(self) -> Paired:
        """Read what was agreed at pairing. Errors: `NotPairedError`, `HomeError`."""
        try:
            told = json.loads(self.paired_file.read_text(encoding="utf-8"))
            return Paired(
                base_url=str(told["base_url"]),
                program_id=int(told["program_id"]),
                till_id=str(told["till_id"]),
                key=str(told["key"]),
                root_public=bytes.fromhex(told["root_public"]),
                till_name=str(told["till_name"]),
                store=dict(told["store"]),
                settings=dict(told["settings"]),
                ca_file=self.ca_file if told["has_ca"] else None,
            )
        except FileNotFoundError as error:
            raise NotPairedError(self.path) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{self.paired_file}: {error}"
            raise HomeError(message) from error

    def write_paired(self, paired: Paired) -> None:
        """Keep what was agreed at pairing, whole or not at all. Errors: `HomeError`."""
        told = {
            "base_url": paired.base_url,
            "program_id": paired.program_id,
            "till_id": paired.till_id,
            "key": paired.key,
            "root_public": paired.root_public.hex(),
            "till_name": paired.till_name,
            "store": paired.store,
            "settings": paired.settings,
            "has_ca": paired.ca_file is not None,
        }
        try:
            if paired.ca_file is not None and paired.ca_file != self.ca_file:
                shutil.copyfile(paired.ca_file, self.ca_file)
            write_json(self.paired_file, told)
        except OSError as error:
            raise HomeError(str(error)) from error

    def forget_paired(self) -> None:
        """Forget key, store and what was known; the queue stays. Errors: `HomeError`."""
        try:
            forget_file(self.books_file)
            for file in (self.paired_file, self.ca_file, self.serving_file):
                file.unlink(missing_ok=True)
        except OSError as error:
            raise HomeError(str(error)) from error


def write_json(path: Path, told: dict[str, Any]) -> None:
    """Write a private file, whole or not at all. Errors: `OSError`."""
    made = path.with_name(f"{path.name}.new")
    # An export may go into a folder of everybody's: what lies there already is not written into.
    made.unlink(missing_ok=True)
    handle = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(told, file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
    sync_path(path.parent)
