"""What only the service knows: receipt codes for the page to keep, a person in short."""

from typing import Any, Final, Protocol

from loyalty.wire.refusals import Refusal
from pos_plugin.guard import Holder
from pos_plugin.web import Answer, Request, answer_json, refuse

Json = dict[str, Any]
CLAIMS: Final = "/till/claims"


class Ask(Protocol):
    """Asks the service within the line's patience; None when there was no answer."""

    def __call__(
        self,
        method: str,
        path: str,
        request: Request,
        *,
        needs: tuple[str, ...],
        body: Json | None = None,
    ) -> Json | None:
        """Ask once."""
        ...


class Receipts:
    """Passes on what a page asks about receipts and persons; without a line there is no answer."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def person(self, request: Request, _holder: Holder, person_id: str) -> Answer:
        """Tell about a person in short; the till keeps nothing of it."""
        told = self._ask("GET", f"/till/persons/{person_id}", request, needs=("questions",))
        if told is None:
            return refuse(Refusal.STORAGE_UNAVAILABLE, request.language)
        return answer_json(told)

    def claims(self, request: Request, _holder: Holder) -> Answer:
        """Fetch receipt codes for the page to keep."""
        return self._passed(request, CLAIMS, needs=("claims", "pool"))

    def mail(self, request: Request, _holder: Holder, claim_id: str) -> Answer:
        """Let the service mail a receipt's code."""
        return self._passed(request, f"{CLAIMS}/{claim_id}/mails", needs=("posted",))

    def _passed(self, request: Request, path: str, *, needs: tuple[str, ...]) -> Answer:
        told = self._ask("POST", path, request, needs=needs, body=request.json())
        if told is None:
            return refuse(Refusal.STORAGE_UNAVAILABLE, request.language)
        return answer_json(told)
