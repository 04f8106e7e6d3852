"""When and where a reward can be had; pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal

from loyalty.kernel.ids import first_id_at
from loyalty.points.rules import POINTS, RewardFacts

Channel = Literal["till", "web"]
# Their discount follows from the bill alone.
OFFLINE_KINDS: Final = frozenset({"fixed", "money"})
WhyNot = Literal["retired", "not_yet", "over", "channel"]


def why_not_offered(reward: RewardFacts, *, at: datetime, channel: Channel) -> WhyNot | None:
    """Say why a reward cannot be had now and here, whoever asks; none when it can."""
    if reward.retired_at is not None:
        return "retired"
    if reward.valid_from is not None and at < reward.valid_from:
        return "not_yet"
    if reward.valid_until is not None and at >= reward.valid_until:
        return "over"
    is_here = reward.at_till if channel == "till" else reward.on_web
    return None if is_here else "channel"


def was_offered(reward: RewardFacts, *, at: datetime) -> bool:
    """Say whether a reward could be had at a moment that is past, at the till or on the web."""
    if reward.reward_id >= first_id_at(at + timedelta(milliseconds=1)):  # ids tell when
        return False
    is_retired = reward.retired_at is not None and reward.retired_at <= at
    then = replace(reward, retired_at=reward.retired_at if is_retired else None)
    return bool(offered([then], at=at))


def fits_offline(reward: RewardFacts) -> bool:
    """Say whether a till can give it by itself: an amount for points, of which nothing is counted.

    What has a stock or a limit, or looks at the goods, needs the service.
    """
    limits = (reward.stock, reward.per_member, reward.per_member_day)
    return (
        reward.unit == POINTS
        and reward.kind in OFFLINE_KINDS
        and all(limit is None for limit in limits)
    )


def offered_for_points(rewards: Iterable[RewardFacts], *, at: datetime) -> tuple[RewardFacts, ...]:
    """List those that cost points and can be had now, at the till or on the web."""
    return tuple(reward for reward in offered(rewards, at=at) if reward.unit == POINTS)


def offered(
    rewards: Iterable[RewardFacts], *, at: datetime, channel: Channel | None = None
) -> tuple[RewardFacts, ...]:
    """List those that can be had now, in one channel or in any."""
    channels: tuple[Channel, ...] = ("till", "web") if channel is None else (channel,)
    return tuple(
        reward
        for reward in rewards
        if any(why_not_offered(reward, at=at, channel=each) is None for each in channels)
    )
