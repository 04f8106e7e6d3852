"""Rewards at the agent: the service holds and lets go of points; without it an allowance at most.

What is held goes with its sale, through the queue as every sale: a hold that has ended by then
costs the sale nothing.
"""

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, Protocol

from loyalty.wire.refusals import Refusal
from pos_plugin.agent import Agent
from pos_plugin.alone import promise, take_back
from pos_plugin.guard import Holder
from pos_plugin.web import Answer, RefusedHereError, Request, answer_json
from pos_plugin.words import Speaker

Json = dict[str, Any]

# What the page may say of a redemption; everything else is the service's to judge.
FIELDS: Final = frozenset(
    {
        "hold_id",
        "reward_id",
        "points",
        "basket_minor",
        "lines",
        "code",
        "scanned_at",
        "clock",
        "proof",
    }
)


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


class Redeeming:
    """Passes on what a page asks about points; a PIN that is typed is kept nowhere."""

    def __init__(self, agent: Agent, ask: Ask, speaker: Callable[[Request], Speaker]) -> None:
        """Take how the service is asked within the line's patience, and who writes."""
        self._agent = agent
        self._ask = ask
        self._speaker = speaker
        # Two presses at once must not both find the allowance whole.
        self._one_at_a_time = threading.Lock()

    def hold(self, request: Request, _holder: Holder) -> Answer:
        """Hold the points of a reward before payment; without a line, what this till may give."""
        body = request.json()
        if not body.keys() <= FIELDS:
            raise RefusedHereError(Refusal.MALFORMED_REQUEST)
        told = self._ask("POST", "/holds", request, needs=("hold_id", "display"), body=body)
        if told is None:
            with self._one_at_a_time:
                told = promise(self._agent, body, self._speaker(request))
        if told is None:
            raise RefusedHereError(Refusal.POINTS_NEED_LINE)
        replayed = told.get("replayed") is True
        return answer_json(told, HTTPStatus.OK if replayed else HTTPStatus.CREATED)

    def void(self, request: Request, _holder: Holder, hold_id: str) -> Answer:
        """Let points go; what does not arrive ends by itself at the service."""
        with self._one_at_a_time:
            ours = take_back(self._agent, hold_id)
        if ours is not None:
            return answer_json(ours)
        return self._passed("POST", f"/holds/{hold_id}/void", request, needs=("hold_id",))

    def why(self, request: Request, _holder: Holder, scan_id: str) -> Answer:
        """Say why somebody has so many points."""
        return self._passed("GET", f"/scans/{scan_id}/points", request, needs=("points", "lots"))

    def _passed(
        self, method: str, path: str, request: Request, *, needs: tuple[str, ...]
    ) -> Answer:
        body = request.json() if method == "POST" else None
        told = self._ask(method, path, request, needs=needs, body=body)
        if told is None:
            raise RefusedHereError(Refusal.POINTS_NEED_LINE)
        return answer_json(told)
