"""How an answer leaves for the server: whole where it is whole."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Reply(Response):
    """An answer whose body, when all of it is there, is handed over at once.

    The server streams any iterable that is not a list: a channel, a thread to be woken and
    another turn of the interpreter for the one part that most answers have.
    """

    def get_app_iter(self, environ: "WSGIEnvironment") -> Iterable[bytes]:
        """Give the parts of the body, as a list unless they are still to be made."""
        parts = super().get_app_iter(environ)
        if not self.is_sequence:
            return parts
        whole = [*parts]
        self.close()
        return whole
