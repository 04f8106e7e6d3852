"""What is typed beside a cart; it stays when a line of the cart is changed."""

import json
from datetime import UTC, datetime
from typing import Final

from flask import flash, get_flashed_messages, request

from app.pages.checkout_page import TYPED, TypedForm
from loyalty.kernel.errors import MalformedRequestError

# The year 9999; no clock of ours goes further.
SECONDS_MAX: Final = 253_000_000_000
# More than any field takes, and little enough for the cookie that carries it.
LENGTH_MAX: Final = 300
KIND: Final = "cart"


def typed() -> dict[str, str]:
    """Read who collects, as it was typed."""
    told = {name: request.form.get(name, "").strip() for name in TYPED}
    # How many points stands beside the reward that was chosen.
    return {**told, "points": request.form.get(f"points-{told['reward']}", "").strip()}


def wanted_slot() -> datetime | None:
    """Read which time was chosen.

    Errors: `MalformedRequestError` for what no page offered.
    """
    told = request.form.get("slot", "")
    if told and not _is_moment(told):
        raise MalformedRequestError(field="slot")
    return _moment(told)


def keep_typed() -> None:
    """Keep what was typed and chosen until the next page; it stays in the browser."""
    told = {name: text[:LENGTH_MAX] for name, text in typed().items()}
    slot = request.form.get("slot", "")
    flash(json.dumps({**told, "slot": slot if _is_moment(slot) else ""}), KIND)


def kept() -> tuple[TypedForm | None, datetime | None]:
    """Give what was typed and chosen on the page before; None when nothing was."""
    said = get_flashed_messages(category_filter=[KIND])
    if not said:
        return None, None
    told = json.loads(str(said[-1]))
    return TypedForm({name: told[name] for name in TYPED}), _moment(told["slot"])


def _is_moment(told: str) -> bool:
    is_number = told.isascii() and told.isdecimal() and len(told) <= len(str(SECONDS_MAX))
    return is_number and int(told) <= SECONDS_MAX


def _moment(told: str) -> datetime | None:
    return datetime.fromtimestamp(int(told), UTC) if told else None
