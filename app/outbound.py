"""Mail on its way out: the text in the reader's language, and the mail server."""

import logging
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from jinja2 import TemplateError

from app.addresses import save_card_address, staff_sign_in_address
from app.calendar_file import calendar_file
from app.language import LANGUAGES
from app.mail_texts import mail_template
from app.order_mail import ORDER_TOPICS, OrderMail, event_of_mail, order_mail
from app.points_mail import PointsMail, points_mail
from app.settings import is_loopback
from app.wiring import Services
from loyalty.outbox.errors import NotSentError
from loyalty.outbox.queries import Message
from loyalty.outbox.rules import Topic
from loyalty.programs.queries import program_by_id

log = logging.getLogger("enlaza.mail")

SMTP_S_MAX: Final = 15
# RFC 5321: 4xx may pass, 5xx stays.
REFUSED_FOR_EVER: Final = 500
NO_SERVER: Final = "no mail server is set"
PORTS: Final = {"smtp": 587, "smtps": 465}
# Where a mail's link leads; the page shows a button, because mail programs open links themselves.
LINKS: Final = {
    Topic.SIGN_IN: staff_sign_in_address,
    Topic.SAVE_CARD: save_card_address,
}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in."""

    host: str
    port: int
    is_tls_from_start: bool
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailPage:
    """What the text of a mail may show."""

    shop: str
    home: str
    code: str
    link: str
    minutes: int


@dataclass(frozen=True, slots=True)
class HeadMail:
    """What the mail with the head of the points ledger may show; `rows` up to it, in all."""

    shop: str
    home: str
    program: int
    block: int
    rows: int
    words: str
    hash: str


def mail_server(mail_url: str) -> MailServer:
    """Read `smtp://user:password@host:port` (STARTTLS when offered) or `smtps://…`."""
    parts = urlsplit(mail_url)
    return MailServer(
        host=parts.hostname or "localhost",
        port=parts.port or PORTS[parts.scheme],
        is_tls_from_start=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def sender(parts: Services) -> Callable[[Message], None]:
    """Give what sends one message, by the mail server that the settings name.

    Without one nothing is sent, and nothing of a mail stands in the log: its code is a key.
    """
    server = mail_server(parts.settings.mail_url) if parts.settings.mail_url else None

    def send(message: Message) -> None:
        mail = compose(message, parts)
        if server is not None:
            hand_in(server, mail)
        elif not parts.settings.demo:  # the demo's mail is read on its outbox page
            raise NotSentError(NO_SERVER, is_final=False)

    return send


def compose(message: Message, parts: Services) -> EmailMessage:
    """Write the mail of a message.

    Errors: `NotSentError`, final, when the message cannot be written.
    """
    subject, text = mail_text(message, parts)
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"] = parts.settings.mail_from
        mail["To"] = message.recipient
        mail["Subject"] = subject
    except ValueError as error:
        reason = "the address cannot stand in a mail"
        raise NotSentError(reason, is_final=True) from error
    mail["Date"] = message.created_at
    # The same message sent twice is recognised by it.
    home = urlsplit(parts.settings.base_url).hostname
    mail["Message-ID"] = f"<{message.message_id}@{home}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    if message.topic in ORDER_TOPICS:
        _attach_calendar(mail, message, parts)
    return mail


def _attach_calendar(mail: EmailMessage, message: Message, parts: Services) -> None:
    """Attach the pickup for a calendar, if the mail changes one."""
    event = event_of_mail(message, parts, language=_language(message))
    if event is not None:
        name = f"pickup-{message.facts['number']}.ics"
        data = calendar_file(event)
        mail.add_attachment(data, maintype="text", subtype="calendar", filename=name)


def mail_text(message: Message, parts: Services) -> tuple[str, str]:
    """Render the subject and the text of a message (the demo shows them on its outbox page).

    Errors: `NotSentError`, final, when the text does not fit what the message knows.
    """
    language = _language(message)
    try:
        page = _page_of(message, parts, language=language)
        text = mail_template(language, message.topic).render(page=page)
    except (TemplateError, KeyError) as error:
        reason = f"the text of {message.topic} could not be written: {type(error).__name__}"
        raise NotSentError(reason, is_final=True) from error
    subject, _, body = text.partition("\n")
    return " ".join(subject.split()), body.lstrip("\n")


def _language(message: Message) -> str:
    return message.language if message.language in LANGUAGES else LANGUAGES[0]


def _page_of(
    message: Message, parts: Services, *, language: str
) -> MailPage | OrderMail | PointsMail | HeadMail:
    if message.topic is Topic.LEDGER_HEAD:
        return _head_mail(message, parts)
    if message.topic in ORDER_TOPICS:
        return order_mail(message, parts, language=language)
    if message.topic is Topic.POINTS_EXPIRE:
        return points_mail(message, parts, language=language)
    return _code_mail(message, parts)


def _head_mail(message: Message, parts: Services) -> HeadMail:
    """Gather what the mail with the ledger's head tells."""
    facts = message.facts
    return HeadMail(
        shop=str(facts["shop"]),
        home=parts.settings.base_url,
        program=message.program_id,
        block=int(facts["block"]),
        rows=int(facts["rows"]),
        words=str(facts["words"]),
        hash=str(facts["hash"]),
    )


def _code_mail(message: Message, parts: Services) -> MailPage:
    """Gather what a mail with a code tells."""
    with parts.database.reading(message.program_id) as session:
        program = program_by_id(session, message.program_id)
    return MailPage(
        shop=str(message.facts.get("store_name") or (program.name if program else "Enlaza")),
        home=parts.settings.base_url,
        code=str(message.facts.get("code", "")),
        link=_link(message, parts),
        minutes=int(message.facts.get("minutes", 10)),
    )


def _link(message: Message, parts: Services) -> str:
    if message.topic is Topic.RECEIPT:
        return str(message.facts["address"])
    challenge_id = message.facts.get("challenge_id")
    if challenge_id is None:
        return ""
    address = LINKS[message.topic]
    return address(parts.settings, parts.links, message.program_id, UUID(str(challenge_id)))


def hand_in(server: MailServer, mail: EmailMessage) -> None:
    """Hand a mail to the mail server.

    Errors: `NotSentError`, final when the server says that it will never take it.
    """
    try:
        with _connected(server) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
            smtp.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code = max((code for code, _ in error.recipients.values()), default=0)
        reason = f"the recipient was refused ({code})"
        raise NotSentError(reason, is_final=code >= REFUSED_FOR_EVER) from error
    except smtplib.SMTPAuthenticationError as error:
        reason = f"the sign-in at the mail server was refused ({error.smtp_code})"
        raise NotSentError(reason, is_final=False) from error
    except smtplib.SMTPResponseException as error:
        reason = f"the mail server refused ({error.smtp_code})"
        raise NotSentError(reason, is_final=error.smtp_code >= REFUSED_FOR_EVER) from error
    except (smtplib.SMTPException, OSError) as error:
        reason = f"the mail server was not reached: {type(error).__name__}"
        raise NotSentError(reason, is_final=False) from error


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.is_tls_from_start:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=SMTP_S_MAX, context=context)
    smtp = smtplib.SMTP(server.host, server.port, timeout=SMTP_S_MAX)
    try:
        _secure(smtp, server, context)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _secure(smtp: smtplib.SMTP, server: MailServer, context: ssl.SSLContext) -> None:
    smtp.ehlo_or_helo_if_needed()
    if smtp.has_extn("starttls"):
        smtp.starttls(context=context)
        smtp.ehlo()
    elif server.user and not is_loopback(server.host):
        reason = "the mail server offers no TLS, and a password is not sent in the open"
        raise NotSentError(reason, is_final=False)
