"""Who works at the till: the PIN, asked from the service, and without it from what was right here.

A PIN that the service said yes to leaves a slow, salted hash at the counter, never itself. Five
wrong tries without the line and that hash is forgotten: then only the service can say yes.
"""

import hashlib
import hmac
import secrets
import threading
from http import HTTPStatus
from typing import Any, Final

from loyalty.wire.refusals import Refusal
from pos_plugin.client import UNKNOWN_TILL, NoAnswerError, RefusedError, Service
from pos_plugin.known import KnownBooks
from pos_plugin.web import RefusedHereError

Json = dict[str, Any]

TRIES: Final = 5
# A person who typed a PIN waits a little longer than one who scanned.
PATIENCE_S: Final = 3.0
_COST: Final = 2**14
_BLOCK: Final = 8
_MEMORY: Final = 64 * 1024 * 1024


class Cashiers:
    """Checks PINs at one till."""

    def __init__(self, service: Service, books: KnownBooks) -> None:
        self._service = service
        self._books = books
        self._lock = threading.Lock()
        # Beside the books, so that a disk that cannot be written opens no further tries.
        self._wrong: dict[str, int] = {}

    def check(self, staff_id: str, pin: str, *, language: str | None) -> None:
        """Let a cashier in, or refuse.

        Errors: `RefusedError` in the service's words; `RefusedHereError` (`pin_wrong`,
        `pin_needs_line`) in ours.
        """
        if self._service.line.patience_s() > 0:
            try:
                self._service.call(
                    "POST",
                    "/till/cashier",
                    body={"staff_id": staff_id, "pin": pin},
                    timeout_s=PATIENCE_S,
                    language=language,
                    needs=("cashier",),
                )
            except NoAnswerError:
                pass
            except RefusedError as refusal:
                if refusal.code == Refusal.PIN_WRONG:
                    self._forget(staff_id)
                cannot_say = refusal.code in UNKNOWN_TILL or (
                    refusal.retryable and refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR
                )
                # One that has heard too many PINs is no reason to try them here.
                if not cannot_say:
                    raise
            else:
                self._remember(staff_id, pin)
                return
        self._check_here(staff_id, pin)

    def _check_here(self, staff_id: str, pin: str) -> None:
        with self._lock:
            kept = self._books.last(_name(staff_id))
            wrong = max(self._wrong.get(staff_id, 0), int(kept[0].get("wrong", 0)) if kept else 0)
            if kept is None or not kept[0].get("hash") or wrong >= TRIES:
                raise RefusedHereError(Refusal.PIN_NEEDS_LINE)
            told = kept[0]
            # Counted before it is judged: pulling the plug gives no try back.
            self._wrong[staff_id] = wrong + 1
            self._books.keep(_name(staff_id), {**told, "wrong": wrong + 1})
            if hmac.compare_digest(_hash(pin, told["salt"]), told["hash"]):
                self._wrong.pop(staff_id, None)
                self._books.keep(_name(staff_id), {**told, "wrong": 0})
                return
            left = TRIES - wrong - 1
            if left == 0:
                self._books.keep(_name(staff_id), {"wrong": TRIES})
            raise RefusedHereError(Refusal.PIN_WRONG, tries_left=left)

    def _remember(self, staff_id: str, pin: str) -> None:
        salt = secrets.token_hex(16)
        with self._lock:
            self._wrong.pop(staff_id, None)
            told = {"salt": salt, "hash": _hash(pin, salt), "wrong": 0}
            self._books.keep(_name(staff_id), told)

    def _forget(self, staff_id: str) -> None:
        with self._lock:
            self._books.keep(_name(staff_id), {"wrong": 0})


def _name(staff_id: str) -> str:
    return f"pin:{staff_id}"


def _hash(pin: str, salt: str) -> str:
    derived = hashlib.scrypt(
        pin.encode(), salt=bytes.fromhex(salt), n=_COST, r=_BLOCK, p=1, maxmem=_MEMORY
    )
    return derived.hex()
