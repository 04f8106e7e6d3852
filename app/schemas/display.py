"""What a till shows a cashier, made by the service: the till adds no words of its own."""

from typing import Literal

from app.schemas.base import MessageOut, Moment

Tone = Literal["success", "attention", "refusal"]


class StepOut(MessageOut):
    """One thing to do, in order."""

    title: str
    detail: str


class DisplayOut(MessageOut):
    """A verdict: how it looks, what it says and what to do."""

    tone: Tone
    title: str
    detail: str
    steps: list[StepOut]


class PersonOut(MessageOut):
    """Whose card it is; `display_name` is null for an anonymous card."""

    person_id: str
    display_name: str | None
    since: Moment
    since_text: str


class NextRewardOut(MessageOut):
    """The next reward and the points that are missing."""

    name: str
    points: int
    missing: int
    text: str


class RewardOut(MessageOut):
    """A reward that can be asked for now, and how many points may be used for it.

    `unit` is points, or stamps of its own card. From `least` to `most` in steps of `step`; of
    points as money, `per_points` are worth `per_minor` minor units. What `needs_total` is
    worked out for the bill.
    """

    reward_id: str
    name: str
    kind: str
    unit: str
    points: int
    least: int
    most: int
    step: int
    per_points: int | None
    per_minor: int | None
    needs_total: bool
    text: str
