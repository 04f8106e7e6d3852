"""Receipt codes as a till keeps them: signed in advance, to print or show without a line."""

from typing import Annotated

from pydantic import Field

from app.schemas.base import MessageIn, MessageOut, Moment
from loyalty.codes.claims import BATCH_MOST


class ClaimsIn(MessageIn):
    """How many receipt codes a till lacks; it is given a batch of them at most."""

    count: Annotated[int, Field(strict=True, ge=1, le=BATCH_MOST)]


class ClaimMailIn(MessageIn):
    """The address a receipt's code goes to; used for this mail alone."""

    email: Annotated[str, Field(min_length=3, max_length=254)]


class ClaimMailOut(MessageOut):
    """Whether a mail goes out now; false when this address has had it."""

    posted: bool


class ClaimOut(MessageOut):
    """One receipt code: `address` is what its QR says, ready to draw.

    `modules` is base64 of the picture's bits, row after row, `side` of them in a row, without a
    border: the first bit of the first byte is the upper left module, 1 is dark.
    """

    claim_id: str
    address: str
    side: int
    modules: str
    expires_at: Moment


class ClaimsOut(MessageOut):
    """Receipt codes of this till, each for one sale; `pool` is how many it should keep."""

    claims: list[ClaimOut]
    pool: int
