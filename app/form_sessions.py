"""The browser's session for forms: opened and kept only where a page uses it."""

from flask import Flask, Request, Response
from flask.sessions import (
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionMixin,
)


class FormSessions(SecureCookieSessionInterface):
    """Flask's own signed sessions, without their work for calls that bring and touch none.

    Tills call thousands of times an hour and have no form.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the session of a browser that has one."""
        has_cookies = "HTTP_COOKIE" in request.environ
        if not has_cookies or self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep a session that was looked at or changed."""
        if session.accessed or session.modified:
            super().save_session(app, session, response)
