"""Rewards this till gives by itself while it has no line, within the owner's allowance.

Only on the live code of a phone, shown just now by a clock that is sure: a printed card needs a
PIN, and PINs are the service's. What is promised here goes into the queue with its sale.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from loyalty.wire.codes import CodeKind, CodeOutcome, Reading, SignedCode, check, take_apart
from loyalty.wire.messages import moment_text, read_moment
from pos_plugin.acts import Act
from pos_plugin.agent import Agent
from pos_plugin.words import Speaker

Json = dict[str, Any]

SHOWN_WITHIN: Final = timedelta(minutes=15)
MINUS: Final = "−"
_PROMISED: Final = "promised"


@dataclass(frozen=True, slots=True)
class _Offer:
    """A reward as the service told it; `minor` comes off for every `per_points`."""

    reward_id: str
    name: str
    kind: str
    points: int
    minor: int
    per_points: int
    minimum_minor: int

    def worth(self, points: int | None, bill_minor: int, *, most: int) -> tuple[int, int]:
        """Say what comes off a bill and what it costs; nothing, when so few points buy nothing."""
        if bill_minor < self.minimum_minor:
            return 0, 0
        if self.kind == "fixed":
            return min(self.minor, bill_minor), self.points
        points = most if points is None else points
        if points < self.points:
            return 0, 0
        minor = min(points * self.minor // self.per_points, bill_minor)
        return minor, -(-minor * self.per_points // self.minor)


def rewards_alone(agent: Agent, scanned: str, speaker: Speaker) -> list[Json]:
    """List what a code that is shown now may have, in the form the service tells rewards."""
    now = agent.clock.now()
    card_id = _spender(agent, scanned, at=now)
    if card_id is None:
        return []
    left = _left(agent, card_id)
    return [
        {
            "reward_id": offer.reward_id,
            "name": offer.name,
            "kind": offer.kind,
            "unit": "points",
            "points": offer.points,
            "least": offer.points,
            "most": left if offer.kind == "money" else offer.points,
            "step": 1 if offer.kind == "money" else offer.points,
            "per_points": offer.per_points if offer.kind == "money" else None,
            "per_minor": offer.minor if offer.kind == "money" else None,
            "needs_total": True,
            "text": speaker.say("alone_reward", reward=offer.name),
        }
        for offer in _offers(agent).values()
        if offer.points <= left
    ]


def promise(agent: Agent, body: Mapping[str, Any], speaker: Speaker) -> Json | None:
    """Promise a reward before payment, once; none when it needs the service."""
    known = _promises(agent).get(str(body.get("hold_id")))
    if known is not None:
        return known["told"] if known["asked"] == dict(body) else None
    given = _worked_out(agent, body)
    if given is None:
        return None
    offer, minor, points = given
    now = agent.clock.now()
    told = _told(offer, body, minor, points, speaker, ends_at=now + SHOWN_WITHIN)
    kept = {"asked": dict(body), "told": told, "at": moment_text(now)}
    _keep(agent, {**_promises(agent), str(body["hold_id"]): kept})
    return told


def take_back(agent: Agent, hold_id: str) -> Json | None:
    """Let a promise go; none when this till made none, or its sale has taken it."""
    promises = _promises(agent)
    kept = promises.pop(hold_id, None)
    if kept is None or agent.queue.act(hold_id) is not None:
        return None
    _keep(agent, promises)
    told: Json = kept["told"]
    return {**told, "state": "let_go"}


def redemption_of(agent: Agent, sale: Act, speaker: Speaker) -> Act | None:
    """Write the redemption that a sale takes along; none when the service holds its points."""
    hold_id = sale.body.get("hold_id")
    kept = _promises(agent).get(str(hold_id)) if sale.kind == "sale" else None
    if kept is None:
        return None
    asked, told = kept["asked"], kept["told"]
    names = ("hold_id", "code", "scanned_at", "reward_id", "basket_minor", "lines")
    body = {name: asked[name] for name in names if name in asked}
    return Act(
        act_id=str(hold_id),
        kind="redemption",
        sale_id=sale.sale_id,
        body={**body, "points": told["points"], "taken_at": kept["at"]},
        staff_id=sale.staff_id,
        made_at=sale.made_at,
        shown={"total": f"{MINUS}{speaker.money(told['discount_minor'])}"},
    )


def _worked_out(agent: Agent, body: Mapping[str, Any]) -> tuple[_Offer, int, int] | None:
    """Find what is asked for, what comes off and what it costs."""
    scanned_at = _shown_at(agent, body)
    code, bill, points = body.get("code"), body.get("basket_minor"), body.get("points")
    offer = _offers(agent).get(str(body.get("reward_id")))
    is_well = isinstance(code, str) and type(bill) is int and bill > 0
    if scanned_at is None or offer is None or not is_well or not _is_points(points):
        return None
    card_id = _spender(agent, str(code), at=scanned_at)
    if card_id is None:
        return None
    left = _left(agent, card_id)
    minor, cost = offer.worth(points, int(str(bill)), most=left)
    return (offer, minor, cost) if minor > 0 and cost <= left else None


def _is_points(points: object) -> bool:
    return points is None or (type(points) is int and points > 0)


def _shown_at(agent: Agent, body: Mapping[str, Any]) -> datetime | None:
    """Read when the code was shown, if that was just now."""
    if body.get("clock", "sure") != "sure" or body.get("proof"):
        return None
    try:
        scanned_at = read_moment(str(body.get("scanned_at")))
    except ValueError:
        return None
    return scanned_at if abs(agent.clock.now() - scanned_at) <= SHOWN_WITHIN else None


def _spender(agent: Agent, scanned: str, *, at: datetime) -> str | None:
    """Say whose points a live code may spend here, without asking anybody."""
    trust = agent.books.trust()
    if trust is None or not agent.clock.is_sure() or agent.line.state == "refused":
        return None
    reading: Reading = check(scanned, trust=trust, program_id=agent.paired.program_id, at=at)
    header = reading.header
    if header is None or reading.outcome is not CodeOutcome.OK or header.kind is not CodeKind.LIVE:
        return None
    # A code spends once; shown again it waits for the next one on the phone.
    used = {_bare(state.act.body["code"]) for state in agent.queue.redemptions()}
    return None if _bare(scanned) in used else header.subject_id


def _bare(code: object) -> str:
    return "".join(str(code).split()).upper()


def _left(agent: Agent, card_id: str) -> int:
    """Say what a card may still spend here today; never more than the copy knows it to have."""
    spent = _spent(agent, card_id, since=agent.books.day_start())
    left = _allowance(agent) - spent
    copy = agent.books.card(card_id)
    if copy is not None and copy.points is not None:
        left = min(left, copy.points - _spent(agent, card_id, since=copy.at))
    return max(0, left)


def _spent(agent: Agent, card_id: str, *, since: datetime) -> int:
    """Add up what a card was given here, and what was promised and is not paid yet."""
    acts = [state.act for state in agent.queue.redemptions()]
    given = [(act.body["taken_at"], act.body["code"], act.body["points"]) for act in acts]
    paid = {act.act_id for act in acts}
    promised = [
        (one["at"], one["asked"]["code"], one["told"]["points"])
        for hold_id, one in _promises(agent).items()
        if hold_id not in paid
    ]
    return sum(
        int(points)
        for at, code, points in [*given, *promised]
        if read_moment(str(at)) >= since and _card_of(code) == card_id
    )


def _card_of(code: object) -> str | None:
    signed = take_apart(str(code))
    return signed.header.subject_id if isinstance(signed, SignedCode) else None


def _offline(agent: Agent) -> Json:
    kept = agent.books.last("session")
    told = None if kept is None else kept[0].get("offline")
    return told if isinstance(told, dict) else {"allowance": 0, "rewards": []}


def _allowance(agent: Agent) -> int:
    return int(_offline(agent)["allowance"])


def _offers(agent: Agent) -> dict[str, _Offer]:
    now = agent.clock.now()
    return {
        one["reward_id"]: _Offer(**{name: one[name] for name in _Offer.__slots__})
        for one in _offline(agent)["rewards"]
        if one["valid_until"] is None or now < read_moment(one["valid_until"])
    }


def _promises(agent: Agent) -> dict[str, Json]:
    """List what was promised here and may still be paid, by its hold."""
    kept = agent.books.last(_PROMISED)
    if kept is None:
        return {}
    oldest = agent.clock.now() - SHOWN_WITHIN
    return {hold_id: one for hold_id, one in kept[0].items() if read_moment(one["at"]) >= oldest}


def _keep(agent: Agent, promises: dict[str, Json]) -> None:
    agent.books.keep(_PROMISED, promises)


def _told(
    offer: _Offer,
    body: Mapping[str, Any],
    minor: int,
    points: int,
    speaker: Speaker,
    *,
    ends_at: datetime,
) -> Json:
    """Answer as the service answers a hold; nobody knows here what is left after it."""
    to_pay = int(body["basket_minor"]) - minor
    return {
        "kept": True,
        "hold_id": body["hold_id"],
        "state": "held",
        "replayed": False,
        "reward": {
            "reward_id": offer.reward_id,
            "name": offer.name,
            "kind": offer.kind,
            "unit": "points",
        },
        "person": None,
        "points": points,
        "discount_minor": minor,
        "to_pay_minor": to_pay,
        "proof": "offline",
        "ends_at": moment_text(ends_at),
        "free": None,
        "display": {
            "tone": "attention",
            "title": speaker.say("alone_title", reward=offer.name),
            "detail": speaker.say("alone_detail", points=speaker.points(points)),
            "points_text": speaker.points(points),
            "discount_text": f"{MINUS}{speaker.money(minor)}",
            "to_pay_text": speaker.money(to_pay),
            "free_text": "",
        },
    }
