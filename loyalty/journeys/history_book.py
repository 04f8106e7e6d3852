"""Everything a person's history is made of, read at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import links_of_events
from loyalty.identity.values import own_identifier_id
from loyalty.points.earning.rulesets import RulesetFacts, rules_of_versions
from loyalty.points.figures import wallets_of_members
from loyalty.points.held_rewards import rewards_of_subjects
from loyalty.points.queries import LedgerRow
from loyalty.points.queries import history as ledger_history
from loyalty.programs.queries import stores_of, tills_of
from loyalty.sales.figures import sale_ids_of_cards
from loyalty.sales.queries import (
    RefundFacts,
    SaleFacts,
    TurnFacts,
    refunds_of,
    sales_by_id,
    turns_of,
)


@dataclass(frozen=True, slots=True)
class Book:
    """Everything the rows are made of, read at once."""

    cards: frozenset[str]
    sales: Mapping[str, SaleFacts]
    turns: Sequence[TurnFacts]
    refunds: Sequence[RefundFacts]
    acts: Mapping[str, list[LedgerRow]]
    rulesets: Mapping[int, RulesetFacts]
    store_names: Mapping[UUID, str]
    till_names: Mapping[UUID, str]
    refunded: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, UUID] = field(default_factory=dict)  # sales that name this person, by whom
    apart: frozenset[str] = frozenset()  # claims whose receipt somebody separated again
    rewards: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[UUID, UUID] = field(default_factory=dict)  # whose each wallet is

    def points(self, act_id: str) -> int:
        """What an act did to these wallets together, remainders of others included."""
        rows = (*self.acts.get(act_id, ()), *self.acts.get(f"{act_id}:carry", ()))
        return sum(row.points for row in rows)

    def turn_of(self, refund: RefundFacts) -> TurnFacts:
        """Say whose card a sale counted for when money was given back for it."""
        turns = [each for each in self.turns if each.sale_id == refund.sale_id]
        then = [each for each in turns if each.at <= refund.recorded_at]
        return max(then or turns, key=lambda each: each.turn)


def end_of_turn(turn: TurnFacts | None) -> UUID | None:
    """Name the identifier that a sale came with, or was given to."""
    return None if turn is None or turn.card_id is None else own_identifier_id("card", turn.card_id)


def read_book(
    session: Session,
    program_id: int,
    *,
    member_ids: Collection[UUID],
    card_ids: Collection[str],
    named: Mapping[str, UUID],
    limit: int,
) -> Book:
    """Read what the rows of some memberships and cards are made of."""
    wallets = wallets_of_members(session, program_id, member_ids)
    ledger = ledger_history(session, program_id, list(wallets.values()), limit=limit * 2)
    acts: dict[str, list[LedgerRow]] = {}
    for row in ledger:
        acts.setdefault(row.posting.act_id, []).append(row)
    sale_ids = sorted(
        {
            *sale_ids_of_cards(session, program_id, card_ids, limit=limit),
            *_sales_told(ledger),
            *named,
        }
    )
    versions = {row.posting.rule_version for row in ledger} - {None}
    turns = turns_of(session, program_id, sale_ids)
    rulesets = rules_of_versions(session, program_id, [each for each in versions if each])
    refunds = refunds_of(session, program_id, sale_ids)
    refunded: dict[str, int] = {}
    for refund in refunds:
        refunded[refund.sale_id] = refunded.get(refund.sale_id, 0) + refund.amount_minor
    return Book(
        cards=frozenset(card_ids),
        sales=sales_by_id(session, program_id, sale_ids),
        turns=turns,
        refunds=refunds,
        acts=acts,
        rulesets=rulesets,
        store_names={store.store_id: store.name for store in stores_of(session, program_id)},
        till_names={till.till_id: till.name for till in tills_of(session, program_id)},
        refunded=refunded,
        named=named,
        apart=_apart(session, program_id, turns),
        members={wallet_id: member_id for member_id, wallet_id in wallets.items()},
        rewards=rewards_of_subjects(session, program_id, {row.posting.subject for row in ledger}),
    )


def _sales_told(ledger: Sequence[LedgerRow]) -> set[str]:
    """Say which sales the ledger speaks of; of a join that was undone some came by other cards."""
    told = (row.posting.subject.partition(":") for row in ledger)
    return {subject for what, _, subject in told if what == "sale"}


def _apart(session: Session, program_id: int, turns: Sequence[TurnFacts]) -> frozenset[str]:
    """Say which claims somebody separated again: their purchase is nobody's, its points stay."""
    claims = [turn.reassignment_id for turn in turns if turn.is_claim and turn.reassignment_id]
    links = links_of_events(session, program_id, claims) if claims else ()
    return frozenset(link.event for link in links if not link.active)
