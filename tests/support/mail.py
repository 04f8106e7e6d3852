"""A real mail server on a port of this machine, for tests."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(slots=True)
class Box:
    """What the server took, and what it is told to answer."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    was_secure: list[bool] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    answer: str = "250 taken"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail, or refuse it as told."""
        if self.answer.startswith("250"):
            content = cast("bytes", envelope.content)
            self.mails.append(message_from_bytes(content, policy=default))
            self.recipients += envelope.rcpt_tos
            self.was_secure.append(session.ssl is not None)
        return self.answer

    def sign_in(
        self, _server: object, _session: object, _envelope: object, _way: str, data: LoginPassword
    ) -> AuthResult:
        """Let `shop` in with the right password."""
        self.users.append(data.login.decode())
        is_right = (data.login, data.password) == (b"shop", b"p@ss:word")
        return AuthResult(success=is_right, handled=False)


class _Controller(Controller):
    """A controller on a port the system chose."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_box(tls: ssl.SSLContext | None = None) -> Iterator[Box]:
    """Run a mail server; with `tls` it insists on STARTTLS and on signing in."""
    box = Box()
    options: dict[str, Any] = {}
    if tls is not None:
        options = {
            "tls_context": tls,
            "require_starttls": True,
            "authenticator": box.sign_in,
            "auth_required": True,
        }
    controller = _Controller(box, hostname="127.0.0.1", port=0, **options)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop(no_assert=True)
