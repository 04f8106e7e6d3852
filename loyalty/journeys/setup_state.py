"""How far a shop has come before its first sale, told from what is there."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from loyalty.identity.queries import has_members
from loyalty.orders.queries import policy_of
from loyalty.points.queries import rewards_of
from loyalty.programs.queries import StoreFacts, tills_of

# What `StoreDraft` begins with; a test holds them together.
DEFAULT_COLOR: Final = "#2F6B4F"


@dataclass(frozen=True, slots=True)
class SetupState:
    """What a store has, each step by itself."""

    has_look: bool
    has_rewards: bool
    has_till: bool
    has_hours: bool
    has_members: bool
    has_pickup: bool


def setup_state(session: Session, program_id: int, store: StoreFacts) -> SetupState:
    """Look at what a store has; a street or a color of its own counts as a look."""
    policy = policy_of(session, program_id, store.store_id)
    return SetupState(
        has_look=bool(store.street) or store.color.upper() != DEFAULT_COLOR,
        has_rewards=bool(rewards_of(session, program_id)),
        has_till=any(
            till.store_id == store.store_id and till.revoked_at is None
            for till in tills_of(session, program_id)
        ),
        has_hours=bool(store.hours),
        has_members=has_members(session, program_id, store.store_id),
        has_pickup=policy is not None and policy.is_open,
    )
