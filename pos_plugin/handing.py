"""Orders at the counter: listed, and given once, with the line or by what the till knows.

A code that the copy vouches for is written down before anything is sent, as every act; the rest
needs the service's word. Without that nothing is given.
"""

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from loyalty.wire.messages import read_moment
from loyalty.wire.refusals import Refusal
from pos_plugin.acts import Act, ActState
from pos_plugin.agent import Agent
from pos_plugin.guard import Holder
from pos_plugin.pickups import note_given, vouched, waiting_here
from pos_plugin.queue import ActConflictError
from pos_plugin.web import Answer, RefusedHereError, Request, answer_json, answer_problem
from pos_plugin.words import Speaker, verdict

Json = dict[str, Any]

FIELDS: Final = frozenset(
    {
        "handoff_id",
        "order_id",
        "order_number",
        "code",
        "lines",
        "handed_at",
        "scanned_at",
        "clock",
        "note",
    }
)
# What makes one handoff another one; when it was pressed does not.
_MEANT: Final = ("code", "lines")


class Handing:
    """Hands over the orders of one till's store."""

    def __init__(
        self,
        agent: Agent,
        ask: Callable[..., Json | None],
        speaker: Callable[[Request], Speaker],
    ) -> None:
        """Take how the service is asked within the line's patience, and who writes."""
        self._agent = agent
        self._ask = ask
        self._speaker = speaker
        # Two presses at once must not both find the order waiting.
        self._one_at_a_time = threading.Lock()

    def orders(self, request: Request, _holder: Holder) -> Answer:
        """List what waits at this store."""
        told = self._ask("GET", "/till/orders", request, needs=("orders",))
        rows = waiting_here(
            self._agent, None if told is None else told["orders"], self._speaker(request)
        )
        return answer_json({"orders": rows})

    def hand_over(self, request: Request, holder: Holder) -> Answer:
        """Give an order to its person, once."""
        body = _checked(request.json())
        with self._one_at_a_time:
            known = self._agent.queue.act(body["handoff_id"])
            if known is not None:
                return self._again(known, body, self._speaker(request))
            order = vouched(self._agent, body.get("code"))
            if order is not None and body.get("order_id") in {None, order["order_id"]}:
                return self._give(request, holder, body, order)
            return self._ask_to_give(request, holder, body)

    def _give(self, request: Request, holder: Holder, body: Json, order: Json) -> Answer:
        speaker = self._speaker(request)
        total = _total_minor(order, body.get("lines"))
        act = Act(
            act_id=body["handoff_id"],
            kind="handoff",
            sale_id=f"order:{body['handoff_id']}",
            body={**body, "order_id": order["order_id"]},
            staff_id=holder.staff_id,
            made_at=self._agent.clock.moment(),
            shown={
                "total": speaker.money(total),
                "total_minor": total,
                "person": order["name"],
                "number": order["number"],
            },
        )
        self._agent.drainer.language = speaker.language
        try:
            state = self._agent.take(act)
        except ActConflictError as error:
            raise RefusedHereError(Refusal.HANDOFF_CONFLICT) from error
        if state.state == "aside":
            # The cashier hears the no before anything was given: nobody has to look again.
            self._agent.queue.dismiss(act.act_id)
            return answer_problem(state.problem or {})
        return self._became(state, speaker)

    def _again(self, known: ActState, body: Json, speaker: Speaker) -> Answer:
        before = known.act
        same = before.kind == "handoff" and all(
            before.body.get(name) == body.get(name) for name in _MEANT
        )
        if not same:
            raise RefusedHereError(Refusal.HANDOFF_CONFLICT)
        if known.state in {"aside", "dismissed"}:
            return answer_problem({**(known.problem or {}), "aside": True})
        return self._became(known, speaker)

    def _became(self, state: ActState, speaker: Speaker) -> Answer:
        if state.state == "done" and state.answer is not None:
            replayed = state.answer.get("replayed") is True
            return answer_json(state.answer, HTTPStatus.OK if replayed else HTTPStatus.CREATED)
        return answer_json(kept_handoff(state.act, speaker), HTTPStatus.ACCEPTED)

    def _ask_to_give(self, request: Request, holder: Holder, body: Json) -> Answer:
        """Let the service decide; what it refuses is the cashier's answer."""
        sent = body if holder.staff_id is None else {**body, "staff_id": holder.staff_id}
        told = self._ask(
            "POST", "/handoffs", request, body=sent, needs=("handoff_id", "order_id", "display")
        )
        if told is None:
            raise RefusedHereError(Refusal.ORDER_NEEDS_LINE)
        note_given(self._agent, told["order_id"])
        replayed = told.get("replayed") is True
        return answer_json(told, HTTPStatus.OK if replayed else HTTPStatus.CREATED)


def kept_handoff(act: Act, speaker: Speaker) -> Json:
    """Answer a handoff that is on the disk here and not yet at the shop."""
    shown = act.shown
    title = speaker.say("handed", number=shown.get("number", ""))
    return {
        "kept": True,
        "handoff_id": act.act_id,
        "order_id": act.body["order_id"],
        "number": shown.get("number", ""),
        "sale_id": act.sale_id,
        "total_minor": shown.get("total_minor"),
        "person": None,
        "points": {"earned": None, "balance": None},
        "next_reward": None,
        "display": {
            **verdict("attention", title, speaker.say("kept_handoff")),
            "total_text": shown.get("total", ""),
            "points_text": "",
        },
    }


def _checked(body: Json) -> Json:
    """Take only what a handoff may say."""
    handoff_id = body.get("handoff_id")
    code, lines = body.get("code"), body.get("lines")
    try:
        read_moment(str(body.get("handed_at")))
    except ValueError as error:
        raise RefusedHereError(Refusal.MALFORMED_REQUEST) from error
    is_well = (
        body.keys() <= FIELDS
        and isinstance(handoff_id, str)
        and _is_uuid(handoff_id)
        and (code is None or isinstance(code, str))
        and (lines is None or (isinstance(lines, list) and all(map(_is_line, lines))))
    )
    if not is_well:
        raise RefusedHereError(Refusal.MALFORMED_REQUEST)
    return body


def _is_uuid(text: str) -> bool:
    parts = text.split("-")
    digits = set("0123456789abcdef")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and digits.issuperset("".join(parts))


def _is_line(line: object) -> bool:
    return (
        isinstance(line, dict)
        and line.keys() == {"line", "quantity_milli"}
        and all(type(value) is int and value > 0 for value in line.values())
    )


def _total_minor(order: Json, lines: list[Json] | None) -> int:
    """Price what is given, for display: whole lines of the copy, as the page chooses them."""
    given = None if lines is None else {one["line"]: one["quantity_milli"] for one in lines}
    total = 0
    for line in order["lines"]:
        quantity = line["quantity_milli"] if given is None else given.get(line["line"], 0)
        total += line["total_minor"] * quantity // line["quantity_milli"]
    return total
