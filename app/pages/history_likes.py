"""Likes and answers between the purchases of a shopper's history, each with how we know."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from app.language import gettext
from app.pages.card_words import HistoryLine
from app.pages.engagement_words import ICONS, own_engagement_title
from app.pages.network_words import network_name
from app.text import clock_text, date_text, short_day_text
from loyalty.journeys.own_accounts import OwnEngagement
from loyalty.kernel.errors import Fact

Dated = tuple[datetime, HistoryLine]
Month = tuple[int, int]


def like_line(told: OwnEngagement, *, zone: str) -> Dated:
    """Write one thing a shopper did on a network, with its reason."""
    one = told.engagement
    facts: dict[str, Fact] = {
        "action": one.action,
        "target": one.target,
        "post": one.post_words,
        "gone": one.state == "gone",
    }
    day = short_day_text(one.occurred_at.astimezone(ZoneInfo(zone)).date())
    return one.occurred_at, HistoryLine(
        icon=ICONS.get(one.action, "heart"),
        title=own_engagement_title(facts),
        when=f"{day}, {clock_text(one.occurred_at, zone)} · {network_name(one.network)}",
        points="",
        is_gain=False,
        why_title=gettext("Por qué lo sabemos"),
        sums=(),
        how_we_know=gettext(
            "Porque uniste %(account)s el %(date)s. No da puntos. Lo desunes en Privacidad.",
            account=told.account.display,
            date=date_text(told.account.linked_at, zone),
        ),
        state="",
        undo_link="",
    )


def by_month(lines: Iterable[Dated], *, zone: str) -> list[tuple[Month, tuple[HistoryLine, ...]]]:
    """Gather lines of every kind into the months of a store's calendar, newest first."""
    gathered: dict[Month, list[HistoryLine]] = {}
    for at, line in sorted(lines, key=lambda one: one[0], reverse=True):
        local = at.astimezone(ZoneInfo(zone))
        gathered.setdefault((local.year, local.month), []).append(line)
    return [(month, tuple(told)) for month, told in gathered.items()]
