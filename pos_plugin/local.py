"""What the till answers by itself: whose card it is by its copy, and what it has written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from loyalty.wire.codes import (
    IDENTIFYING,
    CodeHeader,
    CodeOutcome,
    Reading,
    check,
    read_letters,
    read_text,
    take_apart,
)
from loyalty.wire.messages import moment_text, read_moment
from pos_plugin.acts import Act, ActState
from pos_plugin.agent import Agent
from pos_plugin.alone import rewards_alone
from pos_plugin.known import KnownCard
from pos_plugin.pickups import read_code, scan_order
from pos_plugin.words import Speaker, outcome_verdict, verdict

Json = dict[str, Any]

ROWS_MAX: Final = 20
RECENT_MAX: Final = 200
MINUS: Final = "−"


@dataclass(frozen=True, slots=True)
class Sight:
    """A code as the till alone sees it."""

    reading: Reading
    card: KnownCard | None
    checked: bool


def scan_here(agent: Agent, body: Mapping[str, Any], speaker: Speaker) -> Json:
    """Answer a scan without the service, in the form the service answers it."""
    scanned = str(body["code"])
    now = agent.clock.now()
    if body.get("source") == "typed" and read_letters(scanned) and not read_text(scanned):
        return _unread(CodeOutcome.NOT_OURS, _letters(speaker))
    orders = read_code(agent, scanned)
    if orders is not None:
        judged, display, more = scan_order(agent, orders, speaker)
        return {**_unread(judged, display), **more}
    sight = look_at(agent, scanned)
    outcome, header = sight.reading.outcome, sight.reading.header
    identifies = outcome in IDENTIFYING
    if sight.checked and not identifies:
        return _unread(outcome, _why_not(outcome, header, speaker, at=now))
    card = sight.card
    return {
        **_unread(outcome, _whose(agent, sight, speaker)),
        "code": sight.reading.text,
        "kind": header.kind.name.lower() if header else None,
        "person": person_here(card),
        "points": card.points if card else None,
        "points_text": None if card is None or card.points is None else speaker.points(card.points),
        "rewards": rewards_alone(agent, scanned, speaker),
        "copy": {"at": moment_text(card.at) if card else None},
    }


def look_at(agent: Agent, scanned: str) -> Sight:
    """Judge a code with the trust list and find its card in the copy.

    Without a trust list a code of ours is only read; whether it is good the service will say.
    """
    trust = agent.books.trust()
    if trust is None:
        code = take_apart(scanned)
        if isinstance(code, CodeOutcome):
            return Sight(Reading(code), None, checked=True)
        return Sight(Reading(CodeOutcome.OK, code.header, code.text), None, checked=False)
    reading = check(
        scanned,
        trust=trust,
        program_id=agent.paired.program_id,
        at=agent.clock.now(),
        clock_sure=agent.clock.is_sure(),
    )
    card = None
    if reading.outcome in IDENTIFYING and reading.header and agent.line.state != "refused":
        card = agent.books.card(reading.header.subject_id)
    return Sight(reading, card, checked=True)


def note_card(agent: Agent, code: object, person: object, points: object) -> None:
    """Keep for the day what the service said of a card."""
    found = take_apart(code) if isinstance(code, str) else None
    if isinstance(found, CodeOutcome) or found is None or not isinstance(person, dict):
        return
    name = person.get("display_name")
    agent.books.remember(
        found.header.subject_id,
        display_name=name if isinstance(name, str) else None,
        points=points if isinstance(points, int) else None,
    )


def person_here(card: KnownCard | None) -> Json | None:
    """Tell whose card it is by the copy; what the copy does not hold is null."""
    if card is None:
        return None
    return {"person_id": None, "display_name": card.display_name, "since": None, "since_text": ""}


# What was written down here.


def shown_of(
    agent: Agent, kind: str, sale_id: str, body: Mapping[str, Any], speaker: Speaker
) -> Json:
    """Describe an act for lists and files that people read."""
    if kind == "sale":
        return {
            "total": speaker.money(body["total_minor"]),
            "person": _holder(agent, body, speaker),
        }
    sale = agent.queue.act(sale_id)
    if kind == "refund":
        return {"total": speaker.money(body["amount_minor"])}
    total = sale.act.shown.get("total", "") if sale else ""
    return {"total": total, "person": _holder(agent, body, speaker)}


def kept_answer(act: Act, card: KnownCard | None, speaker: Speaker) -> Json:
    """Answer an act that is on the disk here and not yet at the shop."""
    total = str(act.shown.get("total", ""))
    has_card = bool(act.body.get("code"))
    name = (card.display_name if card else None) or speaker.say("that_card")
    if act.kind == "sale":
        title = speaker.say("kept_sale", total=total)
        detail = (
            speaker.say("kept_named", name=_opening(name))
            if has_card
            else speaker.say("kept_plain")
        )
    elif act.kind == "refund":
        title = speaker.say("kept_refund", amount=total)
        detail = speaker.say("kept_refund_detail")
    else:
        title = speaker.say("kept_move")
        key = "kept_move_named" if has_card else "kept_move_plain"
        detail = speaker.say(key, name=name) if has_card else speaker.say(key)
    return {
        "kept": True,
        "sale_id": act.sale_id,
        "person": person_here(card),
        "points": {"earned": None, "balance": None},
        "next_reward": None,
        "display": {
            **verdict("attention", title, detail),
            "total_text": total,
            "points_text": "",
        },
    }


def actions_here(agent: Agent, told: list[Json] | None, speaker: Speaker) -> list[Json]:
    """List the last acts: what waits here, then what the service or this till remembers."""
    recent = agent.queue.recent(RECENT_MAX)
    known = {row["sale_id"] for row in told or ()}
    rows = [
        _row(agent, state, speaker)
        for state in recent
        if state.act.kind in {"sale", "handoff"}
        and state.act.sale_id not in known
        and (state.state == "waiting" or (told is None and _is_of_today(agent, state, speaker)))
    ]
    rows += [dict(row) for row in told or ()]
    by_sale = {row["sale_id"]: row for row in rows}
    for state in reversed(recent):
        # What the service already did is in its rows; what waits is not.
        counts = state.state == "waiting" or (told is None and state.state == "done")
        row = by_sale.get(state.act.sale_id)
        if counts and row is not None and state.act.kind in {"refund", "reassignment"}:
            _correct(agent, row, state, speaker)
    return rows[:ROWS_MAX]


def _is_of_today(agent: Agent, state: ActState, speaker: Speaker) -> bool:
    """Say whether an act is done and of the store's day: only those can be undone here."""
    zone = ZoneInfo(speaker.time_zone)
    today = agent.clock.now().astimezone(zone).date()
    return state.state == "done" and read_moment(state.made_at).astimezone(zone).date() == today


def _row(agent: Agent, state: ActState, speaker: Speaker) -> Json:
    if state.act.kind == "handoff":
        return _handoff_row(state, speaker)
    body, waits = state.act.body, state.state == "waiting"
    earned = int(((state.answer or {}).get("points") or {}).get("earned") or 0)
    sold_at = read_moment(str(body["sold_at"]))
    return {
        "sale_id": state.act_id,
        "total_minor": body["total_minor"],
        "left_minor": body["total_minor"],
        "total_text": speaker.money(body["total_minor"]),
        "sold_at": body["sold_at"],
        "time_text": speaker.hour(sold_at),
        "person_text": _name_in_list(agent, state, speaker),
        "points": earned,
        "points_text": "" if waits else _change(earned, speaker),
        "state": "waiting" if waits else ("sold" if body.get("code") else "without_card"),
        "undoable": True,
        "order_number": None,
        "parts": 0,
    }


def _handoff_row(state: ActState, speaker: Speaker) -> Json:
    """Write an order that was given here; what comes back of it is a refund."""
    shown, waits = state.act.shown, state.state == "waiting"
    earned = int(((state.answer or {}).get("points") or {}).get("earned") or 0)
    total = int(shown.get("total_minor") or 0)
    return {
        "sale_id": state.act.sale_id,
        "total_minor": total,
        "left_minor": total,
        "total_text": speaker.money(total),
        "sold_at": state.act.body["handed_at"],
        "time_text": speaker.hour(read_moment(str(state.act.body["handed_at"]))),
        "person_text": shown.get("person") or speaker.say("nameless"),
        "points": earned,
        "points_text": "" if waits else _change(earned, speaker),
        "state": "waiting" if waits else "sold",
        "undoable": True,
        "order_number": shown.get("number"),
        "parts": 0,
    }


def _correct(agent: Agent, row: Json, state: ActState, speaker: Speaker) -> None:
    if state.act.kind == "refund":
        body = state.act.body
        row["left_minor"] = max(0, row["left_minor"] - int(body["amount_minor"]))
        # Of a bill that points paid there is no money to go by: without lines it is all of it.
        is_part = row["left_minor"] > 0 or (row["total_minor"] == 0 and bool(body.get("lines")))
        row["state"] = "part_refunded" if is_part else "refunded"
        row["undoable"] = is_part
        # Which goods are left the shop says, once it knows of this.
        row["parts"] = 0
    else:
        row["state"] = "moved"
        row["person_text"] = _name_in_list(agent, state, speaker)


def _name_in_list(agent: Agent, state: ActState, speaker: Speaker) -> str:
    if not state.act.body.get("code"):
        return speaker.say("no_card")
    # A till that was taken off shows no names any more.
    name = "" if agent.line.state == "refused" else state.act.shown.get("person")
    return name or speaker.say("nameless")


def _holder(agent: Agent, body: Mapping[str, Any], speaker: Speaker) -> str:
    if not body.get("code"):
        return speaker.say("no_card")
    card = look_at(agent, str(body["code"])).card
    return (card.display_name if card else None) or speaker.say("nameless")


def _unread(outcome: CodeOutcome, display: Json) -> Json:
    return {
        "scan_id": None,
        "outcome": str(outcome),
        "code": None,
        "kind": None,
        "person": None,
        "points": None,
        "points_text": None,
        "next_reward": None,
        "rewards": [],
        "held": 0,
        "pending": 0,
        "stamps": [],
        "orders": [],
        "last_like": None,
        "seconds_since_last_scan": None,
        "display": display,
        "copy": {"at": None},
    }


def _letters(speaker: Speaker) -> Json:
    return verdict("refusal", speaker.say("letters_title"), speaker.say("letters_detail"))


def _why_not(
    outcome: CodeOutcome, header: CodeHeader | None, speaker: Speaker, *, at: datetime
) -> Json:
    told = outcome_verdict(outcome, speaker.language)
    if outcome is CodeOutcome.EXPIRED and header is not None:
        ago = speaker.ago(max(0, int((at - header.moment).total_seconds())))
        told["detail"] = speaker.say("expired_ago", ago=ago)
    return told


def _whose(agent: Agent, sight: Sight, speaker: Speaker) -> Json:
    card, outcome = sight.card, sight.reading.outcome
    if not sight.checked:
        return verdict("attention", speaker.say("unchecked_title"), speaker.say("unchecked_detail"))
    steps: list[Json] = []
    if card is None:
        is_revoked = agent.line.state == "refused"
        key = "sound_revoked" if is_revoked else "sound_detail"
        title, detail = speaker.say("sound_title"), speaker.say(key)
    else:
        name = card.display_name
        title = speaker.say("copy_title", name=name) if name else speaker.say("copy_nameless")
        detail = speaker.say("copy_detail", time=speaker.hour(card.at))
    if outcome is CodeOutcome.TIME_UNSURE:
        unsure = outcome_verdict(outcome, speaker.language)
        detail, steps = f"{unsure['title']}. {unsure['detail']}", unsure["steps"]
    return verdict("attention", title, detail, steps)


def _change(points: int, speaker: Speaker) -> str:
    text = speaker.points(abs(points))
    return f"+{text}" if points > 0 else (f"{MINUS}{text}" if points < 0 else text)


def _opening(name: str) -> str:
    return name[:1].upper() + name[1:]
