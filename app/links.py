"""Signed web links: one salt per purpose, so that a link for one thing opens nothing else.

Freshness is judged by our own rule on the moment of signing, never by `max_age`: that refuses
links signed a few seconds in the future and compares with the wrong clock.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from itsdangerous import BadData, URLSafeTimedSerializer

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class LinkPurpose(StrEnum):
    """What a link is for; the name is part of the salt and never changes."""

    STAFF_SIGN_IN = "staff_sign_in"
    SAVE_CARD = "save_card"
    VISIT = "visit"
    UNSUBSCRIBE = "unsubscribe"
    CLAIM = "claim"


class LinkExpiredError(LoyaltyError):
    """The link is not ours, was cut, is for something else, or is too old."""

    code = Refusal.LINK_EXPIRED


class LinkSigner:
    """Signs with the newest secret and reads what any of them signed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        assert secrets, "a signer without a secret would sign nothing"
        self._serializers = {
            purpose: URLSafeTimedSerializer(list(secrets), salt=f"enlaza/link/{purpose}")
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

        Errors: `LinkExpiredError` when it was not signed here for this purpose and program.
        """
        prefix, _, signed = token.partition(".")
        try:
            payload, signed_at = self._serializers[purpose].loads(signed, return_timestamp=True)
        except BadData as error:
            raise LinkExpiredError from error
        if not isinstance(payload, dict) or prefix != str(payload.get("program_id")):
            raise LinkExpiredError
        assert isinstance(signed_at, datetime)
        return payload, signed_at
