"""What is linked to a person and why, in facts a page can put into a sentence."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.consents import consents_of
from loyalty.identity.queries import LinkFacts, readable_values
from loyalty.programs.queries import stores_of, tills_of
from loyalty.sales.queries import SaleFacts, sales_by_id, turn_of_reassignment
from loyalty.visits.queries import VisitFacts, visits_by_id

# Kinds of links whose other end has a readable value.
MASKED: Final = frozenset({"email", "phone", "social"})


@dataclass(frozen=True, slots=True)
class SaleLink:
    """Why a sale and a web session are one person: which code, which till, which channel.

    The phone that opened the visit showed a live code, and this till read it at `scanned_at`.
    """

    link: LinkFacts
    sale_id: str | None
    sold_at: datetime | None
    scanned_at: datetime
    till_name: str | None
    store_name: str | None
    visit: VisitFacts | None
    consent_given_at: datetime | None


def masked_email(email: str) -> str:
    """Show an address so that only its owner recognizes it: l•••a@correo.example."""
    mailbox, _, domain = email.rpartition("@")
    if len(mailbox) <= 2:  # noqa: PLR2004  nothing would be left to hide
        return f"{mailbox[:1]}•••@{domain}"
    return f"{mailbox[0]}•••{mailbox[-1]}@{domain}"


def masked_phone(number: str) -> str:
    """Show the last three digits of a number, which its owner recognizes."""
    return f"•••{number[-3:]}" if number else "•••"


def masked_value(value: str) -> str:
    """Mask an address or a number; of an account ("mastodon:ana@social.example") name the network.

    Of a number ("+34612345678") the last digits are shown.
    """
    if value.startswith("+") and value[1:].isdecimal():
        return masked_phone(value)
    network, colon, account = value.partition(":")
    return f"{network} · {masked_email(account)}" if colon else masked_email(value)


def session_of(link: LinkFacts) -> UUID | None:
    """Say which visit a link speaks of; none when it speaks of no visit."""
    if link.a_kind == "session":
        return link.a
    return link.b if link.b_kind == "session" else None


def sale_links(
    session: Session,
    program_id: int,
    links: Collection[LinkFacts],
    *,
    member_ids: Collection[UUID],
) -> tuple[SaleLink, ...]:
    """Tell of each link of a web session what proved it; newest first, retracted ones too."""
    of_visits = [link for link in links if link.kind == "session"]
    sales = _sales_of_events(session, program_id, [link.event for link in of_visits])
    visit_ids = [each for link in of_visits if (each := session_of(link)) is not None]
    visits = visits_by_id(session, program_id, visit_ids)
    given = {
        consent.consent_id: consent.given_at
        for consent in consents_of(session, program_id, member_ids)
    }
    stores = {store.store_id: store.name for store in stores_of(session, program_id)}
    tills = {f"till:{till.till_id}": till.name for till in tills_of(session, program_id)}
    told = []
    for link in of_visits:
        sale = sales.get(link.event)
        visit_id = session_of(link)
        told.append(
            SaleLink(
                link=link,
                sale_id=sale.sale_id if sale else None,
                sold_at=sale.sold_at if sale else None,
                scanned_at=link.occurred_at,
                till_name=tills.get(link.actor),
                store_name=stores.get(sale.store_id) if sale else None,
                visit=visits.get(visit_id) if visit_id else None,
                consent_given_at=given.get(link.consent_id) if link.consent_id else None,
            )
        )
    return tuple(sorted(told, key=lambda each: each.scanned_at, reverse=True))


def _sales_of_events(
    session: Session, program_id: int, events: Collection[str]
) -> Mapping[str, SaleFacts]:
    """Find the sale that each event speaks of: its own, or the one that was moved by it."""
    sale_of: dict[str, str] = {}
    for event in events:
        what, _, subject = event.partition(":")
        if what == "sale":
            sale_of[event] = subject
        elif what == "reassign":
            turn = turn_of_reassignment(session, program_id, subject)
            if turn is not None:
                sale_of[event] = turn.sale_id
    sales = sales_by_id(session, program_id, sorted(set(sale_of.values())))
    return {event: sales[sale_id] for event, sale_id in sale_of.items() if sale_id in sales}


def masked_ends(session: Session, program_id: int, links: Collection[LinkFacts]) -> dict[UUID, str]:
    """Mask the addresses at the ends of some links, also of those that came off."""
    ends = {end for link in links if link.kind in MASKED for end in (link.a, link.b)}
    values = readable_values(session, program_id, ends)
    return {identifier_id: masked_value(value) for identifier_id, value in values.items()}
