"""The rules in force, with what is needed to read them aloud."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.pages.admin_frame import OWNER, my_stores
from app.pages.admin_goods import Shelf, shelf_of
from app.pages.admin_rule_words import rule_sentence
from app.wiring import services
from loyalty.points.earning.document import Document, Rule
from loyalty.points.earning.rulesets import rules_in_force
from loyalty.programs.queries import StoreFacts


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules in force and what is needed to read them."""

    store: StoreFacts
    document: Document | None
    version: int
    shelf: Shelf
    tiers: Mapping[str, str]
    tier_times: Mapping[str, Fraction]


def rulebook_of(session: Session, principal: StaffPrincipal) -> Rulebook:
    """Read the rules in force in the currency of an owner's stores."""
    store = my_stores(session, principal, OWNER)[0]
    now = services().tools.clock.now()
    held = rules_in_force(session, principal.program_id, currency=store.currency, at=now)
    ladder = held.document.ladder if held else None
    tiers = ladder.tiers if ladder else ()
    return Rulebook(
        store=store,
        document=held.document if held else None,
        version=held.version if held else 0,
        shelf=shelf_of(session, principal),
        tiers={tier.tier_id: tier.name for tier in tiers},
        tier_times={tier.tier_id: tier.times for tier in tiers},
    )


def sentence_of(rule: Rule, book: Rulebook) -> str:
    """Say a rule in one line."""
    names = book.shelf.names
    return rule_sentence(rule, book.store.currency, products=names, tiers=book.tiers)
