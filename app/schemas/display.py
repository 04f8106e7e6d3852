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
    """A reward that can be asked for now."""

    reward_id: str
    name: str
    points: int
    text: str
