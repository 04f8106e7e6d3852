"""Mail goes out in the reader's language, by a real mail server."""

import logging
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from app.factory import template_folder
from app.lan import make_certificate
from app.language import LANGUAGES
from app.links import LinkPurpose, LinkSigner
from app.order_mail import ORDER_TOPICS
from app.outbound import LINKS, compose, mail_server, mail_text, sender
from app.settings import Settings
from app.wiring import Services
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.kernel.clock import SystemClock
from loyalty.outbox.errors import NotSentError
from loyalty.outbox.queries import Message
from loyalty.outbox.rules import Topic
from tests.support.clock import ManualClock
from tests.support.mail import mail_box
from tests.support.places import Place
from tests.support.town import PROGRAM_ID, build_town

# Mails about orders: test_order_mail.py; of points: tests/journeys/test_warn_of_expiry.py; of the
# ledger: test_head_mail.py.
OTHERS = {Topic.RECEIPT, Topic.POINTS_EXPIRE, Topic.LEDGER_HEAD}
CODE_TOPICS = sorted(set(Topic) - ORDER_TOPICS - OTHERS)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CHALLENGE = UUID(int=5)
MESSAGE = Message(
    program_id=PROGRAM_ID,
    message_id=UUID(int=9),
    topic=Topic.SIGN_IN,
    language="es",
    recipient="ana@example.org",
    facts={"code": "123456", "challenge_id": str(CHALLENGE), "minutes": 10},
    subject_kind="staff",
    subject_id="42",
    state="waiting",
    attempts=1,
    created_at=NOON,
    due_at=NOON,
    sent_at=None,
    last_error="",
)


@pytest.fixture
def parts(
    sqlite_only: Place, clock: ManualClock, tools: Tools, tmp_path: Path
) -> Iterator[Services]:
    """The parts of a service; only the name of the program comes from the database."""
    database = Database(sqlite_only.url)
    build_town(database, clock)
    yield Services(
        settings=Settings(
            home=tmp_path,
            public_url="https://card.example",
            proxy_hops=1,
            mail_from="Panadería Sol <no-reply@card.example>",
        ),
        database=database,
        tools=tools,
        links=LinkSigner(tools.keys.link_secrets),
    )
    database.close()


def served_by(parts: Services, mail_url: str) -> Services:
    return replace(parts, settings=replace(parts.settings, mail_url=mail_url))


@pytest.mark.parametrize("topic", CODE_TOPICS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_its_text_in_every_language(
    parts: Services, topic: Topic, language: str
) -> None:
    subject, text = mail_text(replace(MESSAGE, topic=topic, language=language), parts)
    assert "123456" in subject
    assert "Calle Mayor" in subject
    assert "123456" in text
    assert "10 minut" in text
    assert "https://card.example/" in text
    assert (template_folder() / "mail" / language / f"{topic}.txt").is_file()


def test_the_link_opens_the_same_challenge(parts: Services) -> None:
    _, text = mail_text(MESSAGE, parts)
    (line,) = [line for line in text.splitlines() if "/link/" in line]
    prefix = f"https://card.example/sign-in/{PROGRAM_ID}/link/"
    assert line.startswith(prefix)
    payload, _ = parts.links.read(LinkPurpose.STAFF_SIGN_IN, line.removeprefix(prefix))
    assert payload == {"program_id": PROGRAM_ID, "challenge_id": str(CHALLENGE)}
    assert set(LINKS) == set(CODE_TOPICS)


def test_a_mail_names_the_shop_that_was_asked(parts: Services) -> None:
    facts = {**MESSAGE.facts, "store_name": "Verduras Luz"}
    subject, _ = mail_text(replace(MESSAGE, facts=facts), parts)
    assert subject == "123456 es tu código para entrar en Verduras Luz"


def test_a_message_of_unknown_language_is_written_in_spanish(parts: Services) -> None:
    subject, _ = mail_text(replace(MESSAGE, language="xx"), parts)
    assert subject == "123456 es tu código para entrar en Calle Mayor"


def test_a_mail_says_who_sends_it_and_that_a_machine_did(parts: Services) -> None:
    mail = compose(MESSAGE, parts)
    assert mail["To"] == "ana@example.org"
    assert mail["From"] == "Panadería Sol <no-reply@card.example>"
    assert mail["Message-ID"] == f"<{MESSAGE.message_id}@card.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] is not None


def test_an_address_with_a_line_break_is_never_sent(parts: Services) -> None:
    with pytest.raises(NotSentError) as failure:
        compose(replace(MESSAGE, recipient="ana@example.org\nBcc: all@example.org"), parts)
    assert failure.value.is_final


def test_without_a_mail_server_nothing_is_sent_and_no_code_is_in_the_log(
    parts: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    real = replace(parts.settings, demo=False, public_url="https://card.example", proxy_hops=0)
    with pytest.raises(NotSentError, match="no mail server is set"):
        sender(replace(parts, settings=real))(MESSAGE)
    sender(replace(parts, settings=Settings(demo=True)))(MESSAGE)
    assert "123456" not in caplog.text
    assert "ana@example.org" not in caplog.text


def test_mail_is_handed_to_the_mail_server(parts: Services) -> None:
    with mail_box() as box:
        sender(served_by(parts, f"smtp://127.0.0.1:{box.port}"))(MESSAGE)
    (mail,) = box.mails
    assert mail["Subject"] == "123456 es tu código para entrar en Calle Mayor"
    assert "Este es tu código" in mail.get_content()
    assert box.recipients == ["ana@example.org"]


def test_the_mail_server_is_spoken_to_in_secret_when_it_can(
    parts: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_certificate(tmp_path / "tls", "127.0.0.1", clock=SystemClock())
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    with mail_box(context) as box:
        sender(served_by(parts, f"smtp://shop:p%40ss%3Aword@127.0.0.1:{box.port}"))(MESSAGE)
        with pytest.raises(NotSentError) as failure:
            sender(served_by(parts, f"smtp://shop:wrong@127.0.0.1:{box.port}"))(MESSAGE)
    assert box.was_secure == [True]
    assert set(box.users) == {"shop"}
    assert "sign-in" in failure.value.reason
    assert not failure.value.is_final, "an operator can mend the password"


@pytest.mark.parametrize(
    ("answer", "is_final"), [("451 later", False), ("550 no such mailbox", True)]
)
def test_a_refusal_is_final_when_the_mail_server_says_so(
    parts: Services, answer: str, *, is_final: bool
) -> None:
    with mail_box() as box:
        box.answer = answer
        with pytest.raises(NotSentError) as failure:
            sender(served_by(parts, f"smtp://127.0.0.1:{box.port}"))(MESSAGE)
    assert failure.value.is_final is is_final
    assert "ana" not in failure.value.reason


def test_a_mail_server_that_is_away_is_not_final(parts: Services) -> None:
    with mail_box() as box:
        port = box.port
    with pytest.raises(NotSentError) as failure:
        sender(served_by(parts, f"smtp://127.0.0.1:{port}"))(MESSAGE)
    assert not failure.value.is_final


def test_the_address_of_a_mail_server_is_read_whole() -> None:
    server = mail_server("smtps://ana%40x:p%3A%2F@mail.example")
    assert (server.host, server.port, server.is_tls_from_start) == ("mail.example", 465, True)
    assert (server.user, server.password) == ("ana@x", "p:/")
    assert mail_server("smtp://mail.example").port == 587
    assert "p:/" not in repr(server)
