"""Shoppers who saved their card hear once of points that end soon; nobody else is written to."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.links import LinkSigner
from app.outbound import mail_text
from app.settings import Settings
from app.wiring import Services
from loyalty.db.session import Database
from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.links import LinkDraft, add_link
from loyalty.journeys.tools import Tools
from loyalty.journeys.warn_of_expiry import warn_of_expiry
from loyalty.outbox.queries import Message, messages_about
from loyalty.points.add_reward import RewardDraft, add_reward
from loyalty.points.create_wallet import create_wallet
from loyalty.points.policy import PointsPolicy
from loyalty.points.queries import owner_of_wallet
from loyalty.points.retire_reward import retire_reward
from tests.support.ledger import Ledger, open_ledger


@pytest.fixture
def ledger(database: Database, tools: Tools) -> Ledger:
    return open_ledger(database, tools)


def member_of(ledger: Ledger, wallet: UUID) -> UUID:
    with ledger.database.reading(ledger.program_id) as session:
        return owner_of_wallet(session, ledger.program_id, wallet)[0]


def save_address(ledger: Ledger, wallet: UUID, address: str) -> None:
    """Let a member save the card with an address."""
    program_id, now, keys = ledger.program_id, ledger.advance(), ledger.tools.keys
    member_id = member_of(ledger, wallet)
    with ledger.database.unit_of_work(program_id) as session:
        email = ensure_identifier(session, program_id, "email", address, at=now, keys=keys)
        draft = LinkDraft(
            program_id=program_id,
            kind="email",
            a=email.identifier_id,
            b=member_id,
            event="save:1",
            occurred_at=now,
            actor="shopper",
        )
        add_link(session, draft, at=now)


def mails(ledger: Ledger, wallet: UUID) -> list[Message]:
    member_id = member_of(ledger, wallet)
    with ledger.database.reading(ledger.program_id) as session:
        return list(messages_about(session, ledger.program_id, "member", str(member_id)))


def warn(ledger: Ledger) -> int:
    return warn_of_expiry(ledger.database, tools=ledger.tools)


def test_each_day_on_which_points_end_is_told_once_and_in_time(ledger: Ledger) -> None:
    wallet, stranger = ledger.new_wallet(), ledger.new_wallet()
    save_address(ledger, wallet, "ana@panaderia-sol.es")
    now = ledger.advance()
    for each in (wallet, stranger):
        for days, points in ((20, 10), (20, 5), (25, 7)):
            act = f"sale:{each}:{days}:{points}"
            ledger.credit(act, each, points, expires_at=now + timedelta(days=days))
        ledger.earn(f"sale:{each}", each, 9)
    ledger.advance(days=5)
    assert warn(ledger) == 0
    ledger.advance(days=2)
    assert (warn(ledger), warn(ledger)) == (1, 0)
    ledger.advance(days=10)
    assert (warn(ledger), warn(ledger)) == (1, 0)
    told = sorted(int(mail.facts["points"]) for mail in mails(ledger, wallet))
    assert told == [7, 15]
    assert mails(ledger, stranger) == []
    ledger.advance(days=60)
    assert warn(ledger) == 0


def test_points_that_are_spent_or_held_are_not_warned_of(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    save_address(ledger, wallet, "ana@panaderia-sol.es")
    ledger.credit("sale:1", wallet, 10, expires_at=ledger.advance() + timedelta(days=5))
    ledger.hold("order:1", wallet, 10, purpose="order")
    assert warn(ledger) == 0


def test_a_program_that_wants_no_warnings_sends_none(ledger: Ledger) -> None:
    ledger.decide(PointsPolicy(expiry_warning_days=0))
    wallet = ledger.new_wallet()
    save_address(ledger, wallet, "ana@panaderia-sol.es")
    ledger.credit("sale:1", wallet, 10, expires_at=ledger.advance() + timedelta(days=5))
    assert warn(ledger) == 0


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_the_mail_says_how_many_and_until_when(ledger: Ledger, tmp_path: Path) -> None:
    wallet = ledger.new_wallet()
    save_address(ledger, wallet, "ana@panaderia-sol.es")
    ledger.credit("sale:1", wallet, 12, expires_at=ledger.advance() + timedelta(days=5))
    warn(ledger)
    links = LinkSigner(ledger.tools.keys.link_secrets)
    parts = Services(Settings(home=tmp_path, demo=True), ledger.database, ledger.tools, links)
    subject, text = mail_text(mails(ledger, wallet)[0], parts)
    assert subject.startswith("12 puntos caducan el sábado 7 de marzo en ")
    assert "Te quedan 12 puntos que caducan el sábado 7 de marzo." in text


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_stamps_that_end_are_told_with_the_name_of_their_card(
    ledger: Ledger, tmp_path: Path
) -> None:
    wallet, program_id = ledger.new_wallet(), ledger.program_id
    save_address(ledger, wallet, "ana@panaderia-sol.es")
    now = ledger.advance()
    draft = RewardDraft("Café gratis", 9, "stamps", {"per": "visit"})
    with ledger.database.unit_of_work(program_id) as session:
        reward_id = add_reward(session, program_id, draft, at=now)
        unit, member_id = str(reward_id), owner_of_wallet(session, program_id, wallet)[0]
        stamps = create_wallet(session, program_id, member_id, at=now, unit=unit)
    ledger.credit("stamp:1", stamps, 3, expires_at=now + timedelta(days=5))
    assert (warn(ledger), warn(ledger)) == (1, 0)
    links = LinkSigner(ledger.tools.keys.link_secrets)
    parts = Services(Settings(home=tmp_path, demo=True), ledger.database, ledger.tools, links)
    subject, text = mail_text(mails(ledger, wallet)[0], parts)
    assert subject.startswith("3 sellos caducan el sábado 7 de marzo en ")
    assert "Te quedan 3 sellos de «Café gratis» que caducan el sábado 7 de marzo." in text
    assert "puntos" not in subject + text
    with ledger.database.unit_of_work(program_id) as session:
        retire_reward(session, program_id, reward_id, at=now)
    ledger.credit("stamp:2", stamps, 3, expires_at=now + timedelta(days=6))
    assert warn(ledger) == 0, "it cannot be used any more"
