"""Once a day the owners are told the head of their ledger, in words and in hex."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from app.cli import enlaza
from app.keyfiles import create_keys
from app.links import LinkSigner
from app.outbound import mail_text
from app.settings import Settings
from app.wiring import Services
from loyalty.db.session import Database
from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.journeys.tell_head import tell_heads
from loyalty.journeys.tools import Tools
from loyalty.outbox.queries import Message, latest_messages
from loyalty.outbox.rules import Topic
from loyalty.points.queries import POSTING
from loyalty.points.seals.find import last_seal
from loyalty.points.seals.rules import SealFacts, in_words
from tests.support.clock import ManualClock
from tests.support.ledger import Ledger, open_ledger
from tests.support.places import Place
from tests.support.tamper import change_behind_our_back


@pytest.fixture
def ledger(database: Database, tools: Tools) -> Ledger:
    return open_ledger(database, tools)


def a_day(ledger: Ledger, clock: ManualClock) -> int:
    """Seal, let midnight pass, and say how many programs were told of."""
    seal_ledger(ledger.database, ledger.program_id, tools=ledger.tools)
    clock.advance(days=1)
    told = tell_heads(ledger.database, tools=ledger.tools)
    assert tell_heads(ledger.database, tools=ledger.tools) == 0, "once a day"
    return told


def mails(ledger: Ledger) -> list[Message]:
    with ledger.database.reading(ledger.program_id) as session:
        found = latest_messages(session, ledger.program_id)
    return [one for one in found if one.topic is Topic.LEDGER_HEAD]


def head(ledger: Ledger) -> SealFacts:
    with ledger.database.reading(ledger.program_id) as session:
        found = last_seal(session, ledger.program_id)
    assert found is not None
    return found


def test_a_head_is_told_once_a_day_and_only_when_something_moved(
    ledger: Ledger, clock: ManualClock
) -> None:
    ledger.earn("a1", ledger.new_wallet(), 5)
    seal_ledger(ledger.database, ledger.program_id, tools=ledger.tools)
    assert tell_heads(ledger.database, tools=ledger.tools) == 0, "the day is not over"
    assert a_day(ledger, clock) == 1
    assert a_day(ledger, clock) == 0, "only the head itself was sealed since"
    assert a_day(ledger, clock) == 0
    ledger.earn("a2", ledger.new_wallet(), 5)
    assert a_day(ledger, clock) == 1
    assert [(one.recipient, one.facts["block"]) for one in mails(ledger)] == [
        ("amparo@panaderia.example", 3),
        ("amparo@panaderia.example", 1),
    ]


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_mail_says_the_head_in_words_and_in_hex(
    ledger: Ledger, clock: ManualClock, tmp_path: Path, language: str
) -> None:
    ledger.earn("a1", ledger.new_wallet(), 5)
    a_day(ledger, clock)
    settings = Settings(home=tmp_path, public_url="https://card.example", proxy_hops=0)
    links = LinkSigner(ledger.tools.keys.link_secrets)
    parts = Services(settings, ledger.database, ledger.tools, links)
    (message,) = mails(ledger)
    object.__setattr__(message, "language", language)
    subject, text = mail_text(message, parts)
    assert "Calle Mayor" in subject
    assert in_words(head(ledger).hash).replace("-", " ") in text
    assert f"enlaza verify --program {ledger.program_id} --head 1:{head(ledger).hash}" in text


@pytest.fixture
def command(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    create_keys(tmp_path)
    monkeypatch.setenv("ENLAZA_HOME", str(tmp_path))
    monkeypatch.setenv("ENLAZA_PUBLIC_URL", "https://card.example")
    monkeypatch.setenv("ENLAZA_PROXY_HOPS", "0")
    monkeypatch.setenv("DATABASE_URL", place.url)
    return CliRunner()


def test_a_kept_head_is_held_against_the_ledger_as_it_is_later(
    ledger: Ledger, clock: ManualClock, place: Place, command: CliRunner
) -> None:
    ledger.earn("a1", ledger.new_wallet(), 5)
    a_day(ledger, clock)
    kept = head(ledger)
    ledger.earn("a2", ledger.new_wallet(), 5)
    seal_ledger(ledger.database, ledger.program_id, tools=ledger.tools)
    ask = ["verify", "--program", str(ledger.program_id), "--head"]
    for told in (kept.hash, in_words(kept.hash)):
        done = command.invoke(enlaza, [*ask, f"{kept.block}:{told}"])
        assert (done.exit_code, "all is well" in done.output) == (0, True), done.output
    wrong = command.invoke(enlaza, [*ask, f"{kept.block}:{'0' * 64}"])
    assert wrong.exit_code == 1
    assert "the head that was kept is in the chain" in wrong.output
    assert command.invoke(enlaza, [*ask, "nonsense"]).exit_code == 2
    assert command.invoke(enlaza, ["verify", "--head", f"1:{kept.hash}"]).exit_code == 2
    change_behind_our_back(place, update(POSTING).values(subject="sale:other"))
    tampered = command.invoke(enlaza, [*ask, f"{kept.block}:{kept.hash}"])
    assert tampered.exit_code == 1
    assert "a row is as it was sealed" in tampered.output
