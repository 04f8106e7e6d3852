"""A shopper opens the code on a receipt: the purchase counts for their card, once and for one."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.claims import (
    ClaimFacts,
    ClaimTerms,
    IssuedClaim,
    claim_by_id,
    give_claim_back,
    issue_claims,
    name_sale,
    take_claim,
)
from loyalty.codes.judge import judge_code
from loyalty.journeys.card_owner import CardOwner, cards_of_members, owner_of
from loyalty.journeys.consents import SHOPPER
from loyalty.journeys.contract_links import link_receipt, unlink_receipt
from loyalty.journeys.give_sale import Given, give_sale
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.points.policy import policy_in_force
from loyalty.programs.queries import till_at_store
from loyalty.programs.sessions import BrowserFacts
from loyalty.sales.queries import (
    CLAIM_PREFIX,
    SaleFacts,
    TurnFacts,
    current_turn,
    lock_sale,
    refunded_minor,
    sale_by_id,
)
from loyalty.wire.codes import CodeKind, CodeOutcome

# So long a shopper may take back that a receipt is theirs, as if they had never said so.
UNDO_LASTS: Final = timedelta(hours=1)

State = Literal[
    "free",  # it counts for nobody yet
    "waiting",  # nobody's, and the till has not told us of the sale yet
    "own",  # it counts for this person already
    "taken",  # another card has it, or had a code of its own
    "late",  # too long ago
    "refunded",  # nothing of the purchase is left
    "refused",  # no code of ours, or one that ran out
]


@dataclass(frozen=True, slots=True)
class ReceiptPeek:
    """What the page behind a receipt's code may tell; amounts only of what is free or one's own.

    Unit: `total_minor` in minor units of `currency`.
    """

    state: State
    outcome: CodeOutcome
    claim_id: str | None = None
    store_id: UUID | None = None
    total_minor: int | None = None
    currency: str | None = None
    sold_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReceiptClaimed:
    """What became of a claim; `points` came to the card just now, `balance` after it.

    `peek` tells why it was refused; claimed again by the same person it is "own" with 0 points.
    """

    peek: ReceiptPeek
    points: int = 0
    balance: int | None = None
    is_new: bool = False


def sign_receipts(
    session: Session, program_id: int, till_id: UUID, count: int, *, tools: Tools
) -> tuple[IssuedClaim, ...]:
    """Sign receipt codes in advance for one till, on the terms that its owner decided."""
    at = tools.clock.now()
    policy = policy_in_force(session, program_id, at=at)
    terms = ClaimTerms(policy.claim_code_days, policy.claim_days)
    return issue_claims(session, program_id, till_id, count, at=at, keys=tools.keys, terms=terms)


def peek_receipt(
    session: Session, program_id: int, text: str, *, shopper: BrowserFacts | None, tools: Tools
) -> ReceiptPeek:
    """Say what a receipt's code is worth to whoever opened it; changes nothing."""
    outcome, claim = _read(session, program_id, text, tools=tools)
    if claim is None:
        return ReceiptPeek("refused", outcome)
    owner = None if shopper is None else owner_of(session, shopper)
    return _peek(session, program_id, claim, owner, tools=tools)


def claim_receipt(
    session: Session, program_id: int, text: str, *, shopper: BrowserFacts, tools: Tools
) -> ReceiptClaimed:
    """Let a purchase count for the card on this phone, with its points; the first phone has it.

    A receipt whose till is still without a line is noted, and counts when its sale arrives.
    Claimed again by the same person nothing happens; anybody else is told that it is taken.
    """
    outcome, claim = _read(session, program_id, text, tools=tools)
    if claim is None:
        return ReceiptClaimed(ReceiptPeek("refused", outcome))
    owner = owner_of(session, shopper)
    peek = _peek(session, program_id, claim, owner, tools=tools)
    if peek.state not in {"free", "waiting"} or owner.card_state == "void":
        return ReceiptClaimed(peek)
    taken = take_claim(
        session, program_id, claim.claim_id, card_id=owner.card_id, at=tools.clock.now()
    )
    if not taken:
        now = claim_by_id(session, program_id, claim.claim_id) or claim
        return ReceiptClaimed(_peek(session, program_id, now, owner, tools=tools))
    given = settle_claim(session, program_id, claim.claim_id, tools=tools)
    if given is None:
        return ReceiptClaimed(replace(peek, state="waiting"), is_new=True)
    return ReceiptClaimed(replace(peek, state="own"), given.points, given.balance, is_new=True)


def unclaim_receipt(session: Session, shopper: BrowserFacts, claim_id: str, *, tools: Tools) -> int:
    """Take back a claim made a moment ago: the purchase is nobody's again; say the points.

    Whoever it belongs to can claim it then.
    Errors: `NotFoundError` when this person has no such claim, or had it for longer.
    """
    program_id, now = shopper.program_id, tools.clock.now()
    owner = owner_of(session, shopper)
    cards = {each.card_id for each in cards_of_members(session, program_id, owner.member_ids)}
    claim = claim_by_id(session, program_id, claim_id)
    if claim is None or claim.card_id not in cards or claim.claimed_at is None:
        raise NotFoundError
    if claim.claimed_at + UNDO_LASTS < now:
        raise NotFoundError
    if not give_claim_back(session, program_id, claim_id, card_id=claim.card_id):
        raise NotFoundError
    sale = None if claim.sale_id is None else lock_sale(session, program_id, claim.sale_id)
    if sale is None:
        return 0
    turn = current_turn(session, program_id, sale.sale_id)
    if turn.card_id not in cards or turn.reassignment_id is None:
        return 0
    unlink_receipt(session, program_id, turn.reassignment_id, tools=tools)
    given = give_sale(
        session,
        sale,
        card_id=None,
        reassignment_id=_act(claim_id, turn),
        actor=SHOPPER,
        tools=tools,
    )
    return 0 if given is None else given.back


@dataclass(frozen=True, slots=True)
class DueClaim:
    """A sale that is nobody's yet, and the card that claimed its receipt; `act` gives it."""

    sale: SaleFacts
    claim_id: str
    card_id: str
    act: str


def note_receipt(
    session: Session, program_id: int, claim_id: str, *, till_id: UUID, sale_id: str
) -> DueClaim | None:
    """Bind a receipt's code to the sale it was given for; say who was quicker than the till.

    A code of another till, of another sale or of nobody is left alone: a sale is a fact, and
    never lost to what was printed under it. What is due then is linked by `link_claim` and
    given by `give_claimed`.
    """
    if not name_sale(session, program_id, claim_id, till_id=till_id, sale_id=sale_id):
        return None
    return _due(session, program_id, claim_id)


def settle_claim(session: Session, program_id: int, claim_id: str, *, tools: Tools) -> Given | None:
    """Give a sale to the card that claimed its receipt, once both are here.

    None while one of them is missing, or when the sale counts for a card already.
    """
    due = _due(session, program_id, claim_id)
    if due is None:
        return None
    link_claim(session, due, tools=tools)
    return give_claimed(session, due, tools=tools)


def link_claim(session: Session, due: DueClaim, *, tools: Tools) -> None:
    """Keep the evidence of a claim; before any wallet is taken."""
    link_receipt(
        session, due.sale.program_id, due.claim_id, due.card_id, event=due.act, tools=tools
    )


def give_claimed(session: Session, due: DueClaim, *, tools: Tools) -> Given | None:
    """Let a sale count for the card that claimed its receipt."""
    return give_sale(
        session,
        due.sale,
        card_id=due.card_id,
        reassignment_id=due.act,
        actor=SHOPPER,
        tools=tools,
    )


def _due(session: Session, program_id: int, claim_id: str) -> DueClaim | None:
    claim = claim_by_id(session, program_id, claim_id)
    if claim is None or claim.sale_id is None or claim.card_id is None:
        return None
    sale = lock_sale(session, program_id, claim.sale_id)
    assert sale is not None, "a receipt's code is bound to a sale that is kept"
    before = current_turn(session, program_id, sale.sale_id)
    if before.card_id is not None:
        return None
    return DueClaim(sale, claim_id, claim.card_id, _act(claim_id, before))


def _act(claim_id: str, before: TurnFacts) -> str:
    """Name what a claim does to a sale; claimed, taken back and claimed again are three acts."""
    return f"{CLAIM_PREFIX}{claim_id}:{before.turn + 1}"


def _read(
    session: Session, program_id: int, text: str, *, tools: Tools
) -> tuple[CodeOutcome, ClaimFacts | None]:
    at = tools.clock.now()
    verdict = judge_code(
        session,
        program_id,
        text,
        scanned_at=at,
        received_at=at,
        clock_sure=True,
        keys=tools.keys,
        kinds={CodeKind.CLAIM},
    )
    if verdict.outcome is not CodeOutcome.OK or verdict.subject_id is None:
        return verdict.outcome, None
    claim = claim_by_id(session, program_id, verdict.subject_id)
    return (CodeOutcome.OK, claim) if claim else (CodeOutcome.EXPIRED, None)


def _peek(
    session: Session, program_id: int, claim: ClaimFacts, owner: CardOwner | None, *, tools: Tools
) -> ReceiptPeek:
    cards = set() if owner is None else _cards(session, owner)
    sale = None if claim.sale_id is None else sale_by_id(session, program_id, claim.sale_id)
    till = till_at_store(session, program_id, claim.till_id)
    told = ReceiptPeek(
        "waiting", CodeOutcome.OK, claim.claim_id, till.store.store_id if till else None
    )
    if sale is None:
        return told if claim.card_id is None else replace(told, state=_whose(claim.card_id, cards))
    state = _state(session, claim, sale, cards, tools=tools)
    told = replace(told, state=state, store_id=sale.store_id)
    if state not in {"free", "own"}:
        return told
    return replace(told, total_minor=sale.total_minor, currency=sale.currency, sold_at=sale.sold_at)


def _state(
    session: Session, claim: ClaimFacts, sale: SaleFacts, cards: set[str], *, tools: Tools
) -> State:
    """Say how a receipt stands whose sale is here; the sale's own word goes before the code's."""
    holder = current_turn(session, sale.program_id, sale.sale_id).card_id
    if holder is not None:
        return _whose(holder, cards)
    if claim.card_id is not None:
        return "taken"
    now = tools.clock.now()
    window = timedelta(days=policy_in_force(session, sale.program_id, at=now).claim_days)
    if sale.sold_at + window < now:
        return "late"
    left = sale.total_minor - refunded_minor(session, sale.program_id, sale.sale_id)
    return "refunded" if left <= 0 < sale.total_minor else "free"


def _whose(card_id: str, cards: set[str]) -> State:
    return "own" if card_id in cards else "taken"


def _cards(session: Session, owner: CardOwner) -> set[str]:
    return {each.card_id for each in cards_of_members(session, owner.program_id, owner.member_ids)}
