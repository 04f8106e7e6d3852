"""How long a message is worth sending, and when to try again. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Topic(StrEnum):
    """What a message says; each has its texts in `templates/mail/<language>/<topic>.txt`."""

    SIGN_IN = "sign_in"
    SAVE_CARD = "save_card"
    RECEIPT = "receipt"
    POINTS_EXPIRE = "points_expire"
    LEDGER_HEAD = "ledger_head"
    ORDER_PLACED = "order_placed"
    ORDER_CHANGED = "order_changed"
    ORDER_MOVED = "order_moved"
    ORDER_READY = "order_ready"
    ORDER_CANCELED = "order_canceled"
    ORDER_MISSED = "order_missed"


# A code that has run out helps nobody; other news can wait for a mail server to come back.
WORTH_SENDING: Final = {
    Topic.SIGN_IN: timedelta(minutes=10),
    Topic.SAVE_CARD: timedelta(minutes=10),
    Topic.RECEIPT: timedelta(days=1),
    Topic.POINTS_EXPIRE: timedelta(days=1),
    Topic.LEDGER_HEAD: timedelta(days=2),
    Topic.ORDER_PLACED: timedelta(days=1),
    Topic.ORDER_CHANGED: timedelta(days=1),
    Topic.ORDER_MOVED: timedelta(days=1),
    Topic.ORDER_READY: timedelta(hours=12),
    Topic.ORDER_CANCELED: timedelta(days=1),
    Topic.ORDER_MISSED: timedelta(days=1),
}
# A sender takes so many at once and has so long for them before another may try the same.
CLAIM_SIZE: Final = 5
CLAIM: Final = timedelta(minutes=2)
WAITS: Final = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
ERROR_LENGTH_MAX: Final = 200


def next_try_at(
    topic: Topic, *, attempts: int, created_at: datetime, at: datetime
) -> datetime | None:
    """Say when to try again after `attempts` failures; None when it is no longer worth it."""
    assert attempts >= 1, "nothing has failed yet"
    if attempts > len(WAITS):
        return None
    again = at + WAITS[attempts - 1]
    return again if again < created_at + WORTH_SENDING[topic] else None
