"""Signed web links: one salt per purpose, so that a link for one thing opens nothing else.

Freshness is judged by our own rule on the moment of signing, never by `max_age`: that refuses
links signed a few seconds in the future and compares with the wrong clock.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from loyalty.kernel.clock import Clock, SystemClock
from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class LinkPurpose(StrEnum):
    """What a link is for; the name is part of the salt and never changes."""

    STAFF_SIGN_IN = "staff_sign_in"
    SAVE_CARD = "save_card"
    VISIT = "visit"
    UNSUBSCRIBE = "unsubscribe"
    CLAIM = "claim"
    CART = "cart"
    CHECKOUT = "checkout"
    ORDER = "order"
    COLLECT = "collect"
    FRIEND = "friend"


# How long a link is good. Sign-in links name a challenge in the database, which is stricter
# (once, minutes); an unsubscribe link must work for as long as the mail lies about.
LIFETIME: Final[Mapping[LinkPurpose, timedelta | None]] = {
    LinkPurpose.STAFF_SIGN_IN: timedelta(days=1),
    LinkPurpose.SAVE_CARD: timedelta(days=1),
    LinkPurpose.VISIT: timedelta(hours=1),
    LinkPurpose.UNSUBSCRIBE: None,
    LinkPurpose.CLAIM: timedelta(days=30),
    LinkPurpose.CART: timedelta(days=7),
    LinkPurpose.CHECKOUT: timedelta(days=1),
    # An order is placed at most 60 days ahead and kept two weeks; after that its page is history.
    LinkPurpose.ORDER: timedelta(days=90),
    LinkPurpose.COLLECT: timedelta(days=90),
    # A friend may find it in a chat long after.
    LinkPurpose.FRIEND: timedelta(days=365),
}
# Two servers of one service, or one whose clock was just set, may differ by this much.
TOLERANCE: Final = timedelta(minutes=2)


class LinkExpiredError(LoyaltyError):
    """The link is not ours, was cut, is for something else, or is too old."""

    code = Refusal.LINK_EXPIRED


class LinkSigner:
    """Signs with the newest secret and reads what any of them signed."""

    def __init__(self, secrets: Sequence[str], *, clock: Clock | None = None) -> None:
        assert secrets, "a signer without a secret would sign nothing"
        assert all(secrets), "an empty secret signs for anybody"
        self._clock = clock or SystemClock()
        self._serializers = {
            purpose: URLSafeTimedSerializer(
                list(secrets),
                salt=f"enlaza/link/{purpose}",
                signer=_ClockedSigner,
                signer_kwargs={"clock": self._clock, "digest_method": hashlib.sha256},
            )
            for purpose in LinkPurpose
        }

    def sign(self, purpose: LinkPurpose, payload: Mapping[str, object]) -> str:
        """Sign `payload`, which names its `program_id`; the text begins with it in clear."""
        program_id = payload["program_id"]
        assert isinstance(program_id, int), "a link belongs to a program"
        token = self._serializers[purpose].dumps(dict(payload))
        return f"{program_id}.{token if isinstance(token, str) else token.decode('ascii')}"

    def read(self, purpose: LinkPurpose, token: str) -> tuple[dict[str, object], datetime]:
        """Give the payload of a link and when it was signed.

        Errors: `LinkExpiredError` when it was not signed here for this purpose and program,
        or not lately enough.
        """
        prefix, _, signed = token.partition(".")
        try:
            payload, signed_at = self._serializers[purpose].loads(signed, return_timestamp=True)
        except BadData as error:
            raise LinkExpiredError from error
        if not isinstance(payload, dict) or prefix != str(payload.get("program_id")):
            raise LinkExpiredError
        assert isinstance(signed_at, datetime)
        if not is_fresh(purpose, signed_at=signed_at, at=self._clock.now()):
            raise LinkExpiredError
        return payload, signed_at


def is_fresh(purpose: LinkPurpose, *, signed_at: datetime, at: datetime) -> bool:
    """Say whether a link signed then is good now; a moment in our future is a forged clock."""
    lifetime = LIFETIME[purpose]
    if signed_at > at + TOLERANCE:
        return False
    return lifetime is None or at <= signed_at + lifetime


class _ClockedSigner(TimestampSigner):
    """Takes the time it writes from our clock."""

    def __init__(self, *args: Any, clock: Clock, **kwargs: Any) -> None:  # noqa: ANN401  handed on
        super().__init__(*args, **kwargs)
        self._clock = clock

    def get_timestamp(self) -> int:
        """Give the whole seconds of Unix time."""
        return int(self._clock.now().timestamp())
