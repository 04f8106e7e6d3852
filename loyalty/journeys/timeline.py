"""Everything that happened with one person, from every room, in one line."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.claims import claims_of_cards
from loyalty.codes.models import Card
from loyalty.codes.scans import ScanFacts, scans_of_cards
from loyalty.identity.consents import ConsentFacts, consents_of
from loyalty.identity.queries import (
    IdentifierFacts,
    LinkFacts,
    PersonFacts,
    identifiers_of_person,
)
from loyalty.identity.values import own_identifier_id
from loyalty.journeys.history import HistoryRow, history_of
from loyalty.journeys.last_like import linked_engagements
from loyalty.journeys.linked import SaleLink, masked_ends, sale_links
from loyalty.journeys.member_orders import MemberOrder, member_orders
from loyalty.journeys.send_receipt import ABOUT as RECEIPT
from loyalty.kernel.errors import Fact
from loyalty.orders.queries import OrderFacts
from loyalty.outbox.queries import Message, messages_about
from loyalty.programs.queries import stores_of, tills_of
from loyalty.social.queries import EngagementFacts
from loyalty.visits.queries import (
    EventFacts,
    NoteFacts,
    VisitFacts,
    events_of,
    notes_of_cards,
    visits_by_id,
)

HappeningKind = Literal[
    "visit",  # a linked web session; facts: channel, source, campaign, landing, pages
    "scan",  # a code read at a till without a sale after it; facts: outcome, till_name
    "sale",
    "refund",
    "moved_away",
    "moved_here",
    "joined",
    "joined_away",
    "join_undone",
    "apart",
    # What moved points and was no sale; see the history.
    "bonus",
    "redeem",
    "give_back",
    "expire",
    "adjust",
    "open",
    "forgive",
    "settle",
    "note",  # facts: text, reply_to, read
    "consent",  # facts: purpose, answer ("given", "refused", "withdrawn"), wording, language
    # a carrier came or went; facts: card_id, card_kind, change ("made", "claimed", "void"), reason
    "card",
    # facts: change ("placed", "ready", "collected", "canceled", "missed"), number, total_minor,
    # currency, by, reason, and of a placed one channel, source and campaign
    "order",
    "message",  # what we told them and what became of it; facts: topic, state, why
    "link",  # evidence joined something; facts: masked
    "unlink",  # … or it was taken back; facts: masked
    # what a linked account did with a post; facts: network, action, target, url, text, post, gone
    "engagement",
]
TOLD_BY_THEIR_ACT: Final = frozenset({"session", "receipt", "order", "vendor"})
# A sale within this time after a scan is what the scan was for.
SCAN_LEADS_TO_SALE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Happening:
    """One row of a person's story; `row` has the amounts and points of sales and the like.

    `identifier_id` is what it came with, and keeps for ever: whose that is today is looked up.
    """

    kind: HappeningKind
    at: datetime
    identifier_id: UUID | None
    row: HistoryRow | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    link: LinkFacts | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """What the rooms know of one person."""

    rows: tuple[HistoryRow, ...]
    visits: Mapping[UUID, VisitFacts]
    events: tuple[EventFacts, ...]
    scans: tuple[ScanFacts, ...]
    notes: tuple[NoteFacts, ...]
    consents: tuple[ConsentFacts, ...]
    messages: tuple[tuple[UUID, Message], ...]  # each with what it was told to
    orders: tuple[MemberOrder, ...]
    cards: tuple[Card, ...]
    links: tuple[LinkFacts, ...]
    identifiers: tuple[IdentifierFacts, ...]
    sale_links: tuple[SaleLink, ...]
    masked: Mapping[UUID, str]
    engagements: tuple[EngagementFacts, ...]
    till_names: Mapping[UUID, str]
    time_zone: str


def read_sources(
    session: Session,
    program_id: int,
    *,
    person: PersonFacts,
    member_ids: tuple[UUID, ...],
    cards: tuple[Card, ...],
    links: tuple[LinkFacts, ...],
) -> Sources:
    """Ask every room once."""
    card_ids = [card.card_id for card in cards]
    identifiers = identifiers_of_person(session, program_id, person.cluster_id)
    visit_ids = [each.identifier_id for each in identifiers if each.kind == "session"]
    claims = claims_of_cards(session, program_id, card_ids)
    told = [(each, ("member", str(each))) for each in member_ids]
    told += [(_card_end(card), (RECEIPT, claim_id)) for claim_id, card in claims.items()]
    messages = [
        (end, message)
        for end, subject in told
        for message in messages_about(session, program_id, *subject)
    ]
    return Sources(
        rows=history_of(
            session,
            program_id,
            member_ids=member_ids,
            card_ids=card_ids,
            customer_ids=[one.identifier_id for one in identifiers if one.kind == "vendor"],
        ),
        visits=visits_by_id(session, program_id, visit_ids),
        events=events_of(session, program_id, visit_ids),
        scans=scans_of_cards(session, program_id, card_ids),
        notes=notes_of_cards(session, program_id, card_ids),
        consents=consents_of(session, program_id, member_ids),
        messages=tuple(messages),
        orders=member_orders(session, program_id, member_ids),
        cards=cards,
        links=links,
        identifiers=identifiers,
        sale_links=sale_links(session, program_id, links, member_ids=member_ids),
        masked=masked_ends(session, program_id, links),
        engagements=linked_engagements(
            session,
            program_id,
            [each.identifier_id for each in identifiers if each.kind == "social"],
        ),
        till_names={till.till_id: till.name for till in tills_of(session, program_id)},
        time_zone=stores_of(session, program_id)[0].time_zone,
    )


def timeline_of(sources: Sources) -> tuple[Happening, ...]:
    """Put everything into one line, newest first."""
    happenings = [
        *(Happening(row.kind, row.at, row.identifier_id, row=row) for row in sources.rows),
        *_visits(sources),
        *_scans(sources),
        *_notes(sources.notes),
        *_consents(sources.consents),
        *_cards(sources.cards),
        *_messages(sources.messages),
        *_orders(sources.orders),
        *_links(sources),
        *_engagements(sources),
    ]
    return tuple(sorted(happenings, key=lambda each: each.at, reverse=True))


def _card_end(card_id: str) -> UUID:
    end = own_identifier_id("card", card_id)
    assert end is not None, "cards are ours"
    return end


def _visits(sources: Sources) -> Iterator[Happening]:
    pages: dict[UUID, int] = {}
    for event in sources.events:
        pages[event.visit_id] = pages.get(event.visit_id, 0) + 1
    why = {link.a: link for link in sources.links if link.a_kind == "session" and link.active}
    why |= {link.b: link for link in sources.links if link.b_kind == "session" and link.active}
    for visit in sources.visits.values():
        facts: dict[str, Fact] = {
            "channel": visit.channel,
            "source": visit.source,
            "campaign": visit.campaign,
            "landing": visit.landing,
            "pages": pages.get(visit.visit_id, 0),
        }
        link = why.get(visit.visit_id)
        yield Happening("visit", visit.started_at, visit.visit_id, facts=facts, link=link)


def _scans(sources: Sources) -> Iterator[Happening]:
    """Tell the readings that led to no sale; those that did are told by their sale."""
    bought = sorted(row.at for row in sources.rows if row.kind in {"sale", "moved_here"})
    for scan in sources.scans:
        if any(scan.scanned_at <= at <= scan.scanned_at + SCAN_LEADS_TO_SALE for at in bought):
            continue
        facts: dict[str, Fact] = {
            "outcome": scan.outcome,
            "till_name": sources.till_names.get(scan.till_id),
            "card_id": scan.card_id,
        }
        yield Happening("scan", scan.scanned_at, _card_end(scan.card_id), facts=facts)


def _notes(notes: Collection[NoteFacts]) -> Iterator[Happening]:
    for note in notes:
        facts: dict[str, Fact] = {
            "note_id": str(note.note_id),
            "text": note.text,
            "reply_to": note.reply_to,
            "read": note.read_at is not None,
        }
        end = None if note.card_id is None else _card_end(note.card_id)
        yield Happening("note", note.left_at, end, facts=facts)


def _consents(consents: Collection[ConsentFacts]) -> Iterator[Happening]:
    for consent in consents:
        facts: dict[str, Fact] = {
            "purpose": consent.purpose,
            "answer": "given" if consent.given_at else "refused",
            "wording": consent.wording,
            "language": consent.language,
        }
        member = consent.member_id
        yield Happening("consent", consent.answered_at, member, facts=facts)
        if consent.withdrawn_at is not None:
            told = facts | {"answer": "withdrawn"}
            yield Happening("consent", consent.withdrawn_at, member, facts=told)


def _cards(cards: Collection[Card]) -> Iterator[Happening]:
    for card in cards:
        facts: dict[str, Fact] = {"card_id": card.card_id, "card_kind": card.kind}
        end = _card_end(card.card_id)
        yield Happening("card", card.created_at, end, facts=facts | {"change": "made"})
        if card.claimed_at is not None:
            yield Happening("card", card.claimed_at, end, facts=facts | {"change": "claimed"})
        if card.voided_at is not None:
            told = facts | {"change": "void", "reason": card.void_reason}
            yield Happening("card", card.voided_at, end, facts=told)


def _messages(messages: Collection[tuple[UUID, Message]]) -> Iterator[Happening]:
    for end, message in messages:
        facts: dict[str, Fact] = {
            "topic": str(message.topic),
            "state": message.state,
            "why": message.last_error if message.state == "failed" else "",
        }
        yield Happening("message", message.sent_at or message.created_at, end, facts=facts)


def _engagements(sources: Sources) -> Iterator[Happening]:
    """Tell what linked accounts did, each with the link that says whose the account is."""
    links = {
        end: link
        for link in sources.links
        if link.kind == "social" and link.active
        for end in (link.a, link.b)
    }
    for told in sources.engagements:
        facts: dict[str, Fact] = {
            "network": told.network,
            "action": told.action,
            "target": told.target,
            "url": told.url,
            "text": told.text,
            "post": told.post_words,
            "gone": told.state == "gone",
        }
        link = links.get(told.identifier_id)
        end = told.identifier_id
        yield Happening("engagement", told.occurred_at, end, facts=facts, link=link)


def end_of_order(order: OrderFacts) -> UUID | None:
    """Name the identifier an order came with: the card of the phone, or the membership."""
    return order.member_id if order.card_id is None else _card_end(order.card_id)


def _orders(orders: Collection[MemberOrder]) -> Iterator[Happening]:
    """Tell when an order was placed and ready, and what became of it."""
    for each in orders:
        order, end = each.order, end_of_order(each.order)
        facts: dict[str, Fact] = {
            "number": order.number,
            "total_minor": order.total_minor,
            "currency": order.currency,
        }
        origin = each.origin
        came: dict[str, Fact] = {
            "channel": origin.channel if origin else None,
            "source": origin.source if origin else "",
            "campaign": origin.campaign if origin else "",
        }
        yield Happening("order", order.placed_at, end, facts=facts | came | {"change": "placed"})
        if order.ready_at is not None:
            yield Happening("order", order.ready_at, end, facts=facts | {"change": "ready"})
        if each.handed_at is not None:
            yield Happening("order", each.handed_at, end, facts=facts | {"change": "collected"})
        elif each.ending is not None:
            told = {
                "change": str(each.state),
                "by": each.ending.actor,
                "reason": each.ending.reason,
            }
            yield Happening("order", each.ending.at, end, facts=facts | told)


def _links(sources: Sources) -> Iterator[Happening]:
    """Tell what was linked and separated; cards tell of themselves, joins by their points.

    What a rule refused was never linked.
    """
    for link in sources.links:
        if link.kind in {"card", "join"} or link.refused_rule is not None:
            continue
        masked = sources.masked.get(link.a, sources.masked.get(link.b, ""))
        facts: dict[str, Fact] = {"masked": masked}
        end = link.b if link.a_kind in {"member", "card"} else link.a
        # What is linked by a sale or an order beside it is told by that.
        if link.kind not in TOLD_BY_THEIR_ACT:
            yield Happening("link", link.occurred_at, end, facts=facts, link=link)
        if link.retracted_at is not None:
            yield Happening("unlink", link.retracted_at, end, facts=facts, link=link)
