"""First-party visit events of the shop's own site, sent after its visitor agreed."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from app.schemas.base import MessageIn, MessageOut, MomentIn

Address = Annotated[str, Field(max_length=2000)]
Word = Annotated[str, Field(max_length=200)]


def _agreed(consent: bool) -> bool:  # noqa: FBT001  the value itself
    if not consent:
        message = "nothing is told without the visitor's consent"
        raise ValueError(message)
    return consent


Agreed = Annotated[
    bool, Field(strict=True, json_schema_extra={"const": True}), AfterValidator(_agreed)
]


class CampaignIn(MessageIn):
    """What the link that brought the visitor says of itself (`utm_*`)."""

    source: Word = ""
    medium: Word = ""
    campaign: Word = ""


class VisitEventIn(MessageIn):
    """Something done in the visit; `event_id` is made by the page, so it counts once."""

    event_id: UUID | None = None
    kind: Literal["page", "product", "search", "basket", "button"]
    detail: Word = ""
    occurred_at: MomentIn


class VisitIn(MessageIn):
    """A visit that begins or goes on; without the visitor's consent there is nothing to send."""

    store: Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,60}$")]
    consent: Agreed
    visit: Annotated[str, Field(max_length=1000)] | None = None
    referrer: Address = ""
    landing: Address = "/"
    utm: CampaignIn | None = None
    event: VisitEventIn | None = None


class VisitOut(MessageOut):
    """The visit's signed name, and the address of the shop's card page that continues it."""

    visit: str
    card_url: str
