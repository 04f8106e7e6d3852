"""The shop's news as programs follow them."""

from typing import Any
from uuid import UUID

from pydantic import Field

from app.schemas.base import MessageIn, MessageOut, Moment
from loyalty.journeys.news import PAGE, PAGE_MAX, TOPICS

LATEST = "latest"


class FeedQuery(MessageIn):
    """Where to go on: `next` of a page, nothing for the beginning, `latest` for the end."""

    after: str = Field(default="", pattern=r"^(latest|[0-9]{1,15}\.[0-9]{1,15})?$", max_length=31)
    limit: int = Field(default=PAGE, ge=1, le=PAGE_MAX)


class NewsOut(MessageOut):
    """One thing that happened: `place` is where it stands, `data` what it tells.

    Whoever reads a place twice gets the same, but for `person_id_now`: whose an identifier or a
    member is at the time of asking.
    """

    place: str
    news_id: UUID
    topic: str = Field(json_schema_extra={"enum": list(TOPICS)})
    at: Moment
    data: dict[str, Any]


class FeedOut(MessageOut):
    """A page of news in their places, and where to go on; a page may be empty and `has_more`."""

    news: list[NewsOut]
    next: str
    has_more: bool
