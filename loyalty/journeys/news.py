"""The shop's news as programs follow them: persons that changed, and what moved points.

Two lists, each in an order that nothing enters late, and one place in both. An item names
identifiers and members, which keep their ids, and says beside each whose it is when asked.
"""

import heapq
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.session import Database
from loyalty.identity.lookup import persons_of_identifiers
from loyalty.kernel.errors import LoyaltyError, MalformedRequestError
from loyalty.outbox.feed import (
    FeedItem,
    FeedTopic,
    has_unplaced,
    last_place,
    oldest_place,
    place_feed,
    read_feed,
)
from loyalty.points.seals.news import PostingNews, last_sealed_place, read_posting_news
from loyalty.wire.messages import moment_text
from loyalty.wire.refusals import Refusal

POINTS_MOVED: Final = "points_moved"
TOPICS: Final = (*map(str, FeedTopic), POINTS_MOVED)
PAGE: Final = 100
PAGE_MAX: Final = 500
# How many sealed rows one page looks through for postings; there are others between them.
LOOKED_MAX: Final = 5000
_CURSOR: Final = re.compile(r"([0-9]{1,15})\.([0-9]{1,15})", re.ASCII)


class FeedPlaceUnknownError(LoyaltyError):
    """What follows a place is not kept any more ("forgotten"), or was never told ("ahead")."""

    code = Refusal.FEED_PLACE_UNKNOWN


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a follower has come: in the news of persons, and in the sealed ledger."""

    place: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened; `after` is where a follower goes on. Ids and amounts, no names."""

    after: Cursor
    news_id: UUID
    topic: str
    at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewsPage:
    """Some news, where to go on, and whether more is there already."""

    items: tuple[News, ...]
    upto: Cursor
    has_more: bool


def place_news(database: Database, program_id: int) -> None:
    """Give what happened to persons its place in the feed; what points did is placed by seals."""
    while True:
        with database.reading(program_id) as session:
            if not has_unplaced(session, program_id):
                return
        with database.unit_of_work(program_id) as session:
            place_feed(session, program_id)


def newest(session: Session, program_id: int) -> Cursor:
    """Say where the feed ends now."""
    return Cursor(last_place(session, program_id), last_sealed_place(session, program_id))


def read_news(
    session: Session, program_id: int, *, after: Cursor, limit: int = PAGE, points: bool = True
) -> NewsPage:
    """Give what is new after a place, at most `limit`; without `points` those are passed over.

    Errors: `FeedPlaceUnknownError` ("forgotten", "ahead").
    """
    end = last_sealed_place(session, program_id)
    _check_kept(session, program_id, after, end)
    upto = min(end, after.points + LOOKED_MAX) if points else end
    persons = read_feed(session, program_id, after=after.place, limit=limit)
    postings: tuple[PostingNews, ...] = ()
    if points:
        postings = read_posting_news(
            session, program_id, after=after.points, upto=upto, limit=limit
        )
    told: list[News] = []
    cursor = after
    lists: tuple[tuple[FeedItem | PostingNews, ...], ...] = (persons, postings)
    for one in heapq.merge(*lists, key=_at):
        if len(told) == limit:
            break
        cursor = _passed(cursor, one)
        told.append(_news(one, cursor))
    if sum(item.topic == POINTS_MOVED for item in told) == len(postings) < limit:
        # What else was sealed up to here is no news; it need not be looked through again.
        cursor = replace(cursor, points=max(cursor.points, upto))
    is_over = cursor.points >= end and last_place(session, program_id) <= cursor.place
    return NewsPage(_with_persons(session, program_id, told), cursor, has_more=not is_over)


def cursor_text(cursor: Cursor) -> str:
    """Write a place for who follows; to them it is a word."""
    return f"{cursor.place}.{cursor.points}"


def read_cursor(text: str) -> Cursor:
    """Read a place; "" is the beginning.

    Errors: `MalformedRequestError`.
    """
    if not text:
        return Cursor()
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise MalformedRequestError(field="after")
    return Cursor(int(found[1]), int(found[2]))


def _check_kept(session: Session, program_id: int, after: Cursor, end: int) -> None:
    if after.points > end or after.place > last_place(session, program_id):
        raise FeedPlaceUnknownError(reason="ahead")
    # The beginning is wherever the feed begins.
    if after.place and after.place < oldest_place(session, program_id) - 1:
        raise FeedPlaceUnknownError(reason="forgotten")


def _at(one: FeedItem | PostingNews) -> datetime:
    return one.at if isinstance(one, FeedItem) else one.recorded_at


def _passed(cursor: Cursor, one: FeedItem | PostingNews) -> Cursor:
    if isinstance(one, FeedItem):
        return replace(cursor, place=one.place)
    return replace(cursor, points=one.place)


def _news(one: FeedItem | PostingNews, after: Cursor) -> News:
    if isinstance(one, FeedItem):
        return News(after, one.item_id, one.topic.value, one.at, one.facts)
    return News(after, one.posting_id, POINTS_MOVED, one.recorded_at, _posting_facts(one))


def _posting_facts(one: PostingNews) -> dict[str, Any]:
    return {
        "posting_id": str(one.posting_id),
        "kind": one.kind,
        "occurred_at": moment_text(one.occurred_at),
        "recorded_at": moment_text(one.recorded_at),
        "store_id": _text(one.store_id),
        "till_id": _text(one.till_id),
        "sale_id": one.sale_id,
        "hold_id": one.hold_id,
        "rule_version": one.rule_version,
        "reverses": _text(one.reverses),
        "why": dict(one.why),
        "wallets": [
            {
                "wallet_id": str(move.wallet_id),
                "member_id": str(move.member_id),
                "unit": move.unit,
                "points": move.points,
                "debt": move.debt,
            }
            for move in one.moves
        ],
    }


def _with_persons(session: Session, program_id: int, items: list[News]) -> tuple[News, ...]:
    """Say beside each identifier and each member whose it is now."""
    asked = {UUID(told[name]) for item in items for _, told, name in _named(item.facts)}
    now = persons_of_identifiers(session, program_id, asked)
    return tuple(
        replace(item, facts={**item.facts, **_told_now(_named(item.facts), now)}) for item in items
    )


def _named(facts: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any], str]]:
    """Give what an item names: in which of its lists, as it stands there, and the id's name."""
    for part, name in (("identifiers", "identifier_id"), ("wallets", "member_id")):
        for told in facts.get(part, ()):
            yield part, told, name


def _told_now(
    named: Iterable[tuple[str, Mapping[str, Any], str]], now: Mapping[UUID, str]
) -> dict[str, list[dict[str, Any]]]:
    parts: dict[str, list[dict[str, Any]]] = {}
    for part, told, name in named:
        whose = {**told, "person_id_now": now.get(UUID(told[name]))}
        parts.setdefault(part, []).append(whose)
    return parts


def _text(found: UUID | None) -> str | None:
    return None if found is None else str(found)
