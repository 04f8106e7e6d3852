"""In which tier a card stands, and what is missing for the next."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from loyalty.points.earning.ladder import By, Tier
from loyalty.points.earning.rulesets import rules_in_force
from loyalty.points.earning.tiers import progress_of, tier_at
from loyalty.programs.queries import StoreFacts


@dataclass(frozen=True, slots=True)
class CardTier:
    """Where a member stands on the ladder; no `ahead` at the top, no `held` below it.

    Units: `progress` and `missing` in points, or in minor units when the ladder goes `by` spend.
    """

    held: Tier | None
    ahead: Tier | None
    by: By
    progress: int
    missing: int
    months: int


def card_tier(
    session: Session, store: StoreFacts, wallet_id: UUID | None, *, at: datetime
) -> CardTier | None:
    """Say in which tier a wallet's member stands today; none where there is no ladder."""
    rules = rules_in_force(session, store.program_id, currency=store.currency, at=at)
    ladder = rules.document.ladder if rules else None
    if ladder is None or wallet_id is None:
        return None
    today = at.astimezone(ZoneInfo(store.time_zone)).date()
    held = ladder.find(tier_at(session, store.program_id, wallet_id, at))
    progress = progress_of(session, store.program_id, wallet_id, ladder, day=today)
    reached = held.at_least if held else -1
    ahead = next(
        (tier for tier in ladder.tiers if tier.at_least > max(reached, progress)),
        None,
    )
    return CardTier(
        held=held,
        ahead=ahead,
        by=ladder.by,
        progress=progress,
        missing=ahead.at_least - progress if ahead else 0,
        months=ladder.months,
    )
