"""Orders this till knows by itself: a copy of the store's list, and what was handed over here.

The copy names orders by the SHA-256 of what their codes carry, holds no code that collects, and
is forgotten with the store's day. What this till has given since the copy came is given.
"""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from loyalty.wire.codes import CodeHeader, CodeKind, CodeOutcome, Reading, check
from loyalty.wire.messages import moment_text, read_moment
from pos_plugin.agent import Agent
from pos_plugin.words import Speaker, texts, verdict

Json = dict[str, Any]

ORDER_KINDS: Final = frozenset({CodeKind.PICKUP, CodeKind.DELEGATE})
# The order's own deadline counts, not the time in its code, which may be an older one.
SOUND: Final = frozenset({CodeOutcome.OK, CodeOutcome.EXPIRED, CodeOutcome.TIME_UNSURE})
PIECE_MILLI: Final = 1000
# A copy that was under way while an order was given may still show it.
UNDER_WAY: Final = timedelta(seconds=30)
COPY: Final = "orders"
_GIVEN: Final = "given"
_KINDS: Final = {"pickup": CodeKind.PICKUP, "delegate": CodeKind.DELEGATE}
_OUTCOMES: Final = {
    "collected": CodeOutcome.ALREADY_USED,
    "canceled": CodeOutcome.REVOKED,
    "missed": CodeOutcome.EXPIRED,
}


def copied_orders(agent: Agent) -> list[Json]:
    """Give the orders of the copy as they stand here; none for a till that was taken off."""
    kept = agent.books.last(COPY)
    if kept is None or agent.line.state == "refused" or kept[1] < agent.books.day_start():
        return []
    return [
        {**listed, "order": {**listed["order"], "standing": _standing(agent, listed["order"])}}
        for listed in kept[0]["orders"]
    ]


def waiting_here(agent: Agent, told: list[Json] | None, speaker: Speaker) -> list[Json]:
    """List what still waits: by the service, or by the copy; without what waits to be sent."""
    if told is not None:
        given = _unsent(agent)
        return [one for one in told if one["order"]["order_id"] not in given]
    return [
        {**one, "order": retold(one["order"], speaker)}
        for one in copied_orders(agent)
        if one["order"]["standing"] in {"ready", "not_ready"}
    ]


def read_code(agent: Agent, scanned: str) -> Reading | None:
    """Judge the signature of an order's code; none for everything else, and without a list."""
    trust = agent.books.trust()
    if trust is None:
        return None
    reading = check(
        scanned,
        trust=trust,
        program_id=agent.paired.program_id,
        at=agent.clock.now(),
        clock_sure=agent.clock.is_sure(),
    )
    is_orders = reading.header is not None and reading.header.kind in ORDER_KINDS
    return reading if is_orders and reading.outcome in SOUND else None


def vouched(agent: Agent, code: object) -> Json | None:
    """Find the order that a good code collects and that may be given without asking anybody."""
    reading = read_code(agent, code) if isinstance(code, str) else None
    if reading is None or reading.header is None:
        return None
    found = _found(agent, reading.header)
    if found is None or found[1] != reading.header.epoch or found[0]["standing"] != "ready":
        return None
    return found[0]


def scan_order(agent: Agent, reading: Reading, speaker: Speaker) -> tuple[CodeOutcome, Json, Json]:
    """Say what an order's code is worth by the copy: outcome, display, and what else is told."""
    header = reading.header
    assert header is not None, "the code was read"
    kept = agent.books.last(COPY)
    more: Json = {
        "code": reading.text,
        "kind": header.kind.name.lower(),
        "copy": {"at": moment_text(kept[1]) if kept else None},
    }
    found = _found(agent, header)
    if found is None:
        title, detail = speaker.say("order_unknown"), speaker.say("order_unknown_detail")
        return CodeOutcome.OK, verdict("attention", title, detail), more
    order, epoch = found
    if epoch != header.epoch:
        return CodeOutcome.REVOKED, dict(texts(speaker.language)["called_back"]), more
    standing = str(order["standing"])
    proof = header.kind.name.lower() if standing == "ready" else None
    more["orders"] = [{**retold(order, speaker), "proof": proof}]
    outcome = _OUTCOMES.get(standing, CodeOutcome.OK)
    return outcome, _display(order, standing, speaker), more


def note_given(agent: Agent, order_id: object) -> None:
    """Remember that the service let this till give an order: the copy may still show it."""
    kept = agent.books.last(_GIVEN)
    given = dict(kept[0]) if kept is not None and kept[1] >= agent.books.day_start() else {}
    agent.books.keep(_GIVEN, {**given, str(order_id): moment_text(agent.clock.now())})


def retold(order: Mapping[str, Any], speaker: Speaker) -> Json:
    """Write an order of the copy in the language of the page."""
    due = speaker.money(order["due_minor"])
    begins, ends = (read_moment(order[f"slot_{name}_at"]) for name in ("starts", "ends"))
    slot = f"{speaker.hour(begins)}–{speaker.hour(ends)}"
    is_ready = order["standing"] == "ready"
    facts = {"due": due} if is_ready else {"slot": slot}
    return {
        **order,
        "due_text": due,
        "slot_text": slot,
        "items_text": _items(order["lines"], speaker),
        "text": speaker.say("order_ready" if is_ready else "order_later", **facts),
        "lines": [
            {**line, "total_text": speaker.money(line["total_minor"])} for line in order["lines"]
        ],
    }


def _found(agent: Agent, header: CodeHeader) -> tuple[Json, int] | None:
    digest = sha256(header.subject_id.encode()).hexdigest()
    for listed in copied_orders(agent):
        for code in listed["codes"]:
            if code["subject_sha256"] == digest and _KINDS.get(code["kind"]) is header.kind:
                return listed["order"], int(code["epoch"])
    return None


def _standing(agent: Agent, order: Mapping[str, Any]) -> str:
    """Say how an order stands here: given since the copy, past its time, or as it was copied."""
    if _is_given(agent, str(order["order_id"])):
        return "collected"
    if agent.clock.is_sure() and agent.clock.now() >= read_moment(order["collect_by"]):
        return "missed"
    return str(order["standing"])


def _is_given(agent: Agent, order_id: str) -> bool:
    kept = agent.books.last(COPY)
    copied_at = kept[1] if kept else agent.books.day_start()
    for state in agent.queue.handoffs():
        if state.act.body.get("order_id") == order_id and (
            state.ended_at is None or read_moment(state.ended_at) >= copied_at
        ):
            return True
    given = agent.books.last(_GIVEN)
    at = None if given is None else given[0].get(order_id)
    return at is not None and read_moment(at) >= copied_at - UNDER_WAY


def _unsent(agent: Agent) -> set[str]:
    return {
        str(state.act.body.get("order_id"))
        for state in agent.queue.handoffs()
        if state.state == "waiting"
    }


def _items(lines: list[Json], speaker: Speaker) -> str:
    count = sum(
        line["quantity_milli"] // PIECE_MILLI if line["unit"] == "piece" else 1 for line in lines
    )
    return speaker.say("items_one" if count == 1 else "items_other", n=count)


def _display(order: Mapping[str, Any], standing: str, speaker: Speaker) -> Json:
    told = texts(speaker.language)["standings"][standing]
    begins, ends = (read_moment(order[f"slot_{name}_at"]) for name in ("starts", "ends"))
    facts = {
        "number": order["number"],
        "name": order["name"],
        "slot": f"{speaker.hour(begins)}–{speaker.hour(ends)}",
        "store": order["store_name"],
        "when": speaker.say("given_here"),
    }
    return {**told, "title": told["title"] % facts, "detail": told["detail"] % facts}
