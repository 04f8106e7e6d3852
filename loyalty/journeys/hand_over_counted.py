"""What memberships count beside points goes over with a join, and their tiers are judged by it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from loyalty.points.earning.handed import Handed, hand_over
from loyalty.points.earning.rulesets import rules_in_force
from loyalty.points.earning.tiers import Climb, judge_tier
from loyalty.programs.queries import stores_of


def hand_over_counted(
    session: Session, program_id: int, handed: Handed, *, act: str, link_id: str, at: datetime
) -> None:
    """Move progress and remainders between two locked wallets, and judge both tiers anew.

    `act` is "join" or "unjoin". Who gains may climb; who loses falls only where the program's
    policy lets refunds do it.
    """
    hand_over(session, program_id, handed, act_id=f"{act}:{link_id}", link_id=link_id, at=at)
    stores = stores_of(session, program_id) if handed.climbs else ()
    if not stores:
        return
    rules = rules_in_force(session, program_id, currency=stores[0].currency, at=at)
    if rules is None or rules.document.ladder is None:
        return
    climb = Climb(rules, at.astimezone(ZoneInfo(stores[0].time_zone)).date(), link_id, at)
    judge_tier(session, program_id, handed.taker, climb, event="earned")
    judge_tier(session, program_id, handed.giver, climb, event="given_back")
