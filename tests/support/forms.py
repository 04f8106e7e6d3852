"""A browser without a screen: keeps its cookies and sends the forms it was shown."""

import html
import re
from dataclasses import dataclass, field

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.service import Service, Shop

UNDO = re.compile(r'<form method="post" action="([^"]+)">(?:(?!</form>).)*toast-undo', re.DOTALL)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Visitor:
    """One browser; `text` is the page it shows."""

    client: FlaskClient
    text: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"Accept-Language": "es"})

    def open(self, path: str) -> TestResponse:
        """Go to a page, wherever it leads."""
        return self._show(self.client.get(path, headers=self.headers, follow_redirects=True))

    def send(self, path: str, **fields: str) -> TestResponse:
        """Send a form with the token of the page, and go where it leads."""
        return self._show(
            self.client.post(
                path,
                data={"csrf_token": self.token, **fields},
                headers=self.headers,
                follow_redirects=True,
            )
        )

    def undo(self) -> TestResponse:
        """Press "Deshacer" in the toast."""
        form = UNDO.search(self.text)
        assert form, "the page offers no undo"
        inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
        fields = {name: html.unescape(value) for name, value in inputs if name != "csrf_token"}
        return self.send(form[1], **fields)

    def _show(self, answer: TestResponse) -> TestResponse:
        self.text = answer.get_data(as_text=True)
        found = TOKEN.search(self.text)
        self.token = found[1] if found else self.token
        return answer


def way_out(one: Visitor) -> str:
    """Give the address of another server that a page leads to, by a press of one's own."""
    found = re.search(r'href="(http[^"]+/oauth/authorize[^"]+)"', one.text)
    assert found, one.text
    return html.unescape(found[1])


def visitor(service: Service) -> Visitor:
    """Open a browser that nobody is signed in with."""
    return Visitor(service.app.test_client())


def staff_visitor(service: Service, shop: Shop, role: str) -> Visitor:
    """Open a browser with a member of staff signed in."""
    one = visitor(service)
    one.client.set_cookie("enlaza-staff", shop.staff[role])
    return one
