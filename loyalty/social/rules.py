"""What may never be paid for, and which of two tellings of one engagement holds. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

State = Literal["there", "gone"]
# As long as a network repeats itself; then a number stays and no trace of who.
HASH_KEPT: Final = timedelta(days=14)

# Every cell that was read in a network's own terms; `docs/reference/rewards.md` has the source of
# each. A network or an action that does not stand here gives nothing: nobody has read its terms.
MAY_REWARD: Final[Mapping[tuple[str, str], bool]] = {
    ("facebook", "like"): False,
    ("facebook", "repost"): False,
    ("facebook", "reply"): False,
    ("facebook", "follow"): False,
    ("facebook", "sign_in"): True,
    ("facebook", "check_in"): True,
    ("facebook", "message"): True,
    ("instagram", "like"): False,
    ("instagram", "reply"): False,
    ("x", "like"): False,
    ("x", "repost"): False,
    ("x", "reply"): False,
    ("x", "follow"): False,
    ("google", "review"): False,
    ("youtube", "like"): False,
    ("youtube", "reply"): False,
    ("youtube", "follow"): False,
    ("mastodon", "like"): False,
    ("mastodon", "repost"): False,
    ("mastodon", "reply"): False,
    ("mastodon", "mention"): False,
    ("activitypub", "like"): False,
    ("activitypub", "repost"): False,
    ("activitypub", "reply"): False,
    ("activitypub", "mention"): False,
    ("webmention", "like"): False,
    ("webmention", "repost"): False,
    ("webmention", "reply"): False,
    ("webmention", "mention"): False,
}


def may_reward(network: str, action: str) -> bool:
    """Say whether an action at a network may ever be worth points: no, unless its terms say so."""
    return MAY_REWARD.get((network, action), False)


def there_holds(
    *, gone_at: datetime | None, is_gone_for_ever: bool, occurred_at: datetime | None
) -> bool:
    """Say whether "it is there" holds against an earlier "it is gone", in whatever order.

    Only what happened after the going is a new one; without a time on either side gone is gone.
    """
    if gone_at is None:
        return True
    return occurred_at is not None and not is_gone_for_ever and occurred_at > gone_at


def gone_holds(*, occurred_at: datetime, gone_at: datetime | None) -> bool:
    """Say whether "it is gone" holds against a known "it is there": not if that came later."""
    return gone_at is None or gone_at >= occurred_at
