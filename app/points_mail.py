"""Mails about points and stamps: how many end, and when, in the reader's words."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from app.order_mail import DAYS
from app.wiring import Services
from loyalty.outbox.queries import Message


@dataclass(frozen=True, slots=True)
class PointsMail:
    """What the warning of points that end may show; of stamps, with the name of their card."""

    shop: str
    home: str
    points: int
    is_one: bool
    reward: str
    day: str


def points_mail(message: Message, parts: Services, *, language: str) -> PointsMail:
    """Gather what the warning tells."""
    facts = message.facts
    ends = datetime.fromisoformat(str(facts["ends_at"])).astimezone(ZoneInfo(str(facts["zone"])))
    points = int(facts["points"])
    return PointsMail(
        shop=str(facts["store_name"]),
        home=parts.settings.base_url,
        points=points,
        is_one=points == 1,
        reward=str(facts.get("reward", "")),
        day=format_date(ends.date(), DAYS[language], locale=language),
    )
