"""What earns points at a shop, in the words of its rules, for the shopper."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.pages.admin_rule_words import rule_sentence
from loyalty.catalog.queries import products_by_id, products_by_reference
from loyalty.points.earning.document import Rule
from loyalty.points.earning.rulesets import rules_in_force
from loyalty.programs.queries import StoreFacts


def what_counts(session: Session, store: StoreFacts, *, at: datetime) -> tuple[str, ...]:
    """Say each rule that holds today, or will, in one line; the best one counts."""
    held = rules_in_force(session, store.program_id, currency=store.currency, at=at)
    if held is None:
        return ()
    day = at.date()
    rules = [
        rule for rule in held.document.rules if rule.valid_until is None or rule.valid_until >= day
    ]
    names = _names(session, store, rules)
    ladder = held.document.ladder
    tiers = {tier.tier_id: tier.name for tier in ladder.tiers} if ladder else {}
    return tuple(rule_sentence(rule, store.currency, products=names, tiers=tiers) for rule in rules)


def _names(session: Session, store: StoreFacts, rules: list[Rule]) -> dict[str, str]:
    wanted = {
        reference
        for rule in rules
        for goods in (rule.include, rule.exclude)
        for reference in goods.products
    }
    if not wanted:
        return {}
    ids = products_by_reference(session, store.program_id, store.store_id, wanted)
    products = products_by_id(session, store.program_id, set(ids.values()))
    return {reference: products[product_id].name for reference, product_id in ids.items()}
