"""What a shopper sees: points, what comes next, every act and its reason, what is linked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.cards import card_by_id
from loyalty.codes.errors import CardUnknownError
from loyalty.codes.models import Card
from loyalty.identity.consents import ConsentFacts, consents_of
from loyalty.identity.queries import (
    LinkFacts,
    identifiers_of_person,
    members_of_person,
    open_member_of_card,
)
from loyalty.journeys.card_owner import CardOwner, cards_of_members, own_links, owner_of
from loyalty.journeys.card_points import CardPoints, card_points
from loyalty.journeys.consents import SHOPPER
from loyalty.journeys.contract_links import PHONE
from loyalty.journeys.history import ROWS_MOST, HistoryRow, history_of
from loyalty.journeys.history_months import HistoryMonth, months_of
from loyalty.journeys.linked import SaleLink, masked_ends, sale_links
from loyalty.orders.of_members import open_orders_sign
from loyalty.points.figures import sums_of_wallets, wallets_of_members
from loyalty.points.queries import BalanceFacts, balance_of, wallet_of_member
from loyalty.points.spendable import wallets_version
from loyalty.programs.queries import store_by_id
from loyalty.programs.sessions import BrowserFacts
from loyalty.sales.figures import purchases_by_card, turns_of_card
from loyalty.social.accounts import AccountFacts, accounts_by_id

# A month and more of a regular; the whole history has a page of its own.
RECENT: Final = 30


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """One carrier of the person's card: a phone or a printed card."""

    card_id: str
    kind: str
    state: str
    is_this_phone: bool
    created_at: datetime
    claimed_at: datetime | None
    voided_at: datetime | None
    void_reason: str | None


@dataclass(frozen=True, slots=True)
class LinkedThing:
    """Something that is linked to the card, for the privacy page.

    `kind` is "session", "email", "social" or "join"; `link` is the latest evidence and `links` how
    much of it there is; `masked` an e-mail that only its owner recognizes; `account` how a linked
    account is shown, as long as that is kept. `removable` by `unlink_own` (or by `undo_join` for
    joins); a retracted one can be put back when the shopper took it off.
    """

    kind: str
    link: LinkFacts
    links: int
    masked: str
    account: AccountFacts | None
    sale_at: datetime | None
    till_name: str | None
    channel: str | None
    landing: str | None
    consent_given_at: datetime | None
    removable: bool
    restorable: bool


@dataclass(frozen=True, slots=True)
class CardView:
    """A shopper's card as its page shows it.

    `earned` and `used` are all points that ever came in and went out (`used` is not negative);
    `display_name` is none for an anonymous card; `version` changes when anything here does.
    """

    program_id: int
    card_id: str
    card_state: str
    person_id: str
    member_id: UUID
    display_name: str | None
    member_since: datetime
    points: CardPoints
    earned: int
    used: int
    last_act: HistoryRow | None
    last_sale: HistoryRow | None
    purchases: int
    version: str


@dataclass(frozen=True, slots=True)
class CardHistory:
    """Every act of a card, month by month, newest first."""

    points: int
    debt: int
    earned: int
    used: int
    months: tuple[HistoryMonth, ...]


@dataclass(frozen=True, slots=True)
class CardPrivacy:
    """What is linked to a card and why, what was accepted and refused, and the carriers."""

    person_id: str
    created_at: datetime
    purchases: int
    carriers: tuple[CarrierFacts, ...]
    linked: tuple[LinkedThing, ...]
    consents: tuple[ConsentFacts, ...]
    emails: tuple[str, ...]


def card_version(session: Session, shopper: BrowserFacts) -> str:
    """Give a short text that changes when the card page would; cheap enough for each second.

    It follows the card's state, the membership it earns for, its points and stamps, each sale
    that comes to the card, also one below a point, and the orders that wait.
    Errors: `CardUnknownError`.
    """
    card = card_by_id(session, shopper.program_id, shopper.subject)
    if card is None:
        raise CardUnknownError
    stands = open_member_of_card(session, shopper.program_id, card.card_id) or card.member_id
    return _version(session, card, stands)


def card_view(session: Session, shopper: BrowserFacts, *, at: datetime) -> CardView:
    """Tell what the card page shows, by the reader's clock.

    Errors: `CardUnknownError` when the card is gone; a void one is told as `card_state`.
    """
    owner = owner_of(session, shopper)
    program_id = owner.program_id
    points = card_points(session, program_id, owner.member_id, at=at)
    cards = cards_of_members(session, program_id, owner.member_ids)
    this_phone = next(card for card in cards if card.card_id == owner.card_id)
    rows = _rows(session, owner, cards, limit=RECENT)
    members = members_of_person(session, program_id, owner.person.cluster_id)
    stands = next(each for each in members if each.member_id == owner.member_id)
    wallets = wallets_of_members(session, program_id, owner.member_ids)
    sums = sums_of_wallets(session, program_id, list(wallets.values()))
    return CardView(
        program_id=program_id,
        card_id=owner.card_id,
        card_state=owner.card_state,
        person_id=owner.person.person_id,
        member_id=owner.member_id,
        display_name=stands.display_name,
        member_since=min(each.joined_at for each in members),
        points=points,
        earned=sums.earned,
        used=sums.used,
        last_act=rows[0] if rows else None,
        last_sale=next((row for row in rows if _stands(row)), None),
        purchases=_purchases(session, owner, cards),
        version=_version(session, this_phone, owner.member_id),
    )


def _stands(row: HistoryRow) -> bool:
    """Tell a purchase that still counts: neither moved to somebody else nor given back."""
    return row.kind in {"sale", "moved_here"} and row.sale_state not in {"moved", "refunded"}


def card_history(session: Session, shopper: BrowserFacts) -> CardHistory:
    """Tell every act of the card, month by month of the store's calendar."""
    owner = owner_of(session, shopper)
    balance = _balance(session, owner)
    cards = cards_of_members(session, owner.program_id, owner.member_ids)
    wallets = wallets_of_members(session, owner.program_id, owner.member_ids)
    sums = sums_of_wallets(session, owner.program_id, list(wallets.values()))
    store_id = shopper.store_id or cards[0].store_id
    store = store_by_id(session, owner.program_id, store_id)
    assert store is not None, "a card was issued by a store"
    return CardHistory(
        points=balance.points if balance else 0,
        debt=balance.debt if balance else 0,
        earned=sums.earned,
        used=sums.used,
        months=months_of(_rows(session, owner, cards), time_zone=store.time_zone),
    )


def card_privacy(session: Session, shopper: BrowserFacts) -> CardPrivacy:
    """Tell what is linked to the card, why, and what of it the shopper can take off."""
    owner = owner_of(session, shopper)
    program_id = owner.program_id
    cards = cards_of_members(session, program_id, owner.member_ids)
    links = own_links(session, owner)
    members = members_of_person(session, program_id, owner.person.cluster_id)
    masked = masked_ends(session, program_id, links)
    holding = [link for link in links if link.active and link.refused_rule is None]
    proofs = {
        each.link.link_id: each
        for each in sale_links(session, program_id, links, member_ids=owner.member_ids)
    }
    return CardPrivacy(
        person_id=owner.person.person_id,
        created_at=min(each.joined_at for each in members),
        purchases=_purchases(session, owner, cards),
        carriers=carriers_of(cards, this_phone=owner.card_id),
        linked=_linked_things(session, program_id, links, masked, proofs),
        consents=consents_of(session, program_id, owner.member_ids),
        emails=tuple(
            sorted(
                {
                    masked[end]
                    for link in holding
                    for end in (link.a, link.b)
                    if link.kind == "email" and end in masked
                }
            )
        ),
    )


def carriers_of(
    cards: Collection[Card], *, this_phone: str | None = None
) -> tuple[CarrierFacts, ...]:
    """Tell the carriers of a person's card, the oldest first."""
    return tuple(
        CarrierFacts(
            card_id=card.card_id,
            kind=card.kind,
            state=card.state,
            is_this_phone=card.card_id == this_phone,
            created_at=card.created_at,
            claimed_at=card.claimed_at,
            voided_at=card.voided_at,
            void_reason=card.void_reason,
        )
        for card in cards
    )


def _balance(session: Session, owner: CardOwner) -> BalanceFacts | None:
    wallet_id = wallet_of_member(session, owner.program_id, owner.member_id)
    return None if wallet_id is None else balance_of(session, owner.program_id, wallet_id)


def _version(session: Session, card: Card, member_id: UUID) -> str:
    turns = turns_of_card(session, card.program_id, card.card_id)
    version = wallets_version(session, card.program_id, member_id)
    waiting = open_orders_sign(session, card.program_id, member_id)
    return f"{card.state}-{card.epoch}-{member_id.hex[-12:]}-{version}-{turns}{waiting}"


def _rows(
    session: Session, owner: CardOwner, cards: Collection[Card], *, limit: int = ROWS_MOST
) -> tuple[HistoryRow, ...]:
    known = identifiers_of_person(session, owner.program_id, owner.person.cluster_id)
    return history_of(
        session,
        owner.program_id,
        member_ids=owner.member_ids,
        card_ids=[card.card_id for card in cards],
        customer_ids=[each.identifier_id for each in known if each.kind == "vendor"],
        limit=limit,
    )


def _purchases(session: Session, owner: CardOwner, cards: Collection[Card]) -> int:
    by_card = purchases_by_card(session, owner.program_id, [card.card_id for card in cards])
    return sum(each.purchases for each in by_card.values())


def _grouped(links: Collection[LinkFacts]) -> list[list[LinkFacts]]:
    """Gather the evidence that says the same of the same two; a card's own link is no news.

    What a rule refused joins nothing here and may speak of somebody else: of that only a number
    is told, which they gave themselves and the shop keeps.
    """
    groups: dict[tuple[str, UUID, UUID], list[LinkFacts]] = {}
    for link in links:
        if link.kind != "card" and (link.refused_rule is None or link.kind == PHONE):
            groups.setdefault((link.kind, link.a, link.b), []).append(link)
    return list(groups.values())


def _linked_things(
    session: Session,
    program_id: int,
    links: Collection[LinkFacts],
    masked: dict[UUID, str],
    proofs: dict[str, SaleLink],
) -> tuple[LinkedThing, ...]:
    """Tell what is linked; an account that was unlinked and forgotten is not told any more."""
    ends = {end for link in links if link.kind == "social" for end in (link.a, link.b)}
    accounts = accounts_by_id(session, program_id, ends) if ends else {}
    told = (_linked(group, masked, accounts, proofs) for group in _grouped(links))
    return tuple(each for each in told if each.kind != "social" or each.account is not None)


def _linked(
    group: list[LinkFacts],
    masked: dict[UUID, str],
    accounts: dict[UUID, AccountFacts],
    proofs: dict[str, SaleLink],
) -> LinkedThing:
    active = [link for link in group if link.active]
    link = (active or group)[-1]
    proof = proofs.get(link.link_id)
    visit = proof.visit if proof else None
    return LinkedThing(
        kind=link.kind,
        link=link,
        links=len(active),
        masked=masked.get(link.a, masked.get(link.b, "")),
        account=accounts.get(link.a) or accounts.get(link.b),
        sale_at=proof.sold_at if proof else None,
        till_name=proof.till_name if proof else None,
        channel=visit.channel if visit else None,
        landing=visit.landing if visit else None,
        consent_given_at=proof.consent_given_at if proof else None,
        removable=link.active,
        restorable=not link.active and link.retracted_by == SHOPPER and link.kind != "join",
    )
