"""The one quiet line at the counter: what this person liked last."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.accounts import live_accounts_of_card
from loyalty.journeys.take_engagement import is_linked
from loyalty.social.queries import EngagementFacts, LikeFacts, engagements_of, last_like_of


def last_like(session: Session, program_id: int, card_id: str) -> LikeFacts | None:
    """Find what a card's person liked last and still likes, of the accounts that are linked now.

    Asked at each scan: one look for whoever has linked nothing, which is nearly everybody.
    """
    accounts = live_accounts_of_card(session, program_id, card_id)
    likes = [last_like_of(session, program_id, account) for account in accounts]
    return max((like for like in likes if like), key=lambda like: like.at, default=None)


def linked_engagements(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> tuple[EngagementFacts, ...]:
    """List what accounts did, of those that are linked now with a consent that lives."""
    linked = [each for each in identifier_ids if is_linked(session, program_id, each)]
    return engagements_of(session, program_id, linked) if linked else ()
