"""Hold the rewards on offer against the newest version of each that was kept and sealed."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.db.raw import in_order, raw, raw_columns, stream
from loyalty.points.difference import LedgerDifference
from loyalty.points.keep_reward import REWARD_VERSION, TERMS
from loyalty.points.queries import REWARD

_RULE = "a reward is as its newest version says"


def audit_rewards(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """List rewards that are other than they were kept, and versions that miss one before them."""
    kept: dict[str, tuple[object, ...]] = {}
    count: dict[str, int] = {}
    versions = stream(
        session,
        select(*raw_columns(session, REWARD_VERSION))
        .where(REWARD_VERSION.c.program_id == program_id)
        .order_by(in_order(session, REWARD_VERSION.c.reward_id), REWARD_VERSION.c.version),
    )
    for row in versions:
        count[row.reward_id] = count.get(row.reward_id, 0) + 1
        kept[row.reward_id] = tuple(getattr(row, name) for name in TERMS)
        if row.version != count[row.reward_id]:
            yield LedgerDifference(
                "versions of a reward are counted one by one",
                f"reward {row.reward_id}",
                str(row.version),
                str(count[row.reward_id]),
            )
    rows = stream(
        session,
        select(
            raw(session, REWARD.c.reward_id).label("reward_id"),
            *(raw(session, REWARD.c[name]).label(name) for name in TERMS),
        ).where(REWARD.c.program_id == program_id),
    )
    for row in rows:
        told, found = tuple(getattr(row, name) for name in TERMS), kept.pop(row.reward_id, None)
        if told != found:
            yield _differs(row.reward_id, told, found)
    for reward_id, found in sorted(kept.items()):
        yield _differs(reward_id, None, found)


def _differs(
    reward_id: str, told: tuple[object, ...] | None, found: tuple[object, ...] | None
) -> LedgerDifference:
    """Name what differs only: a reward has many terms."""
    if told is None or found is None:
        texts = ["none" if each is None else "a reward" for each in (told, found)]
        return LedgerDifference(_RULE, f"reward {reward_id}", texts[0], texts[1])
    other = [
        (f"{name} {one}", f"{name} {two}")
        for name, one, two in zip(TERMS, told, found, strict=True)
        if one != two
    ]
    return LedgerDifference(
        _RULE,
        f"reward {reward_id}",
        ", ".join(one for one, _ in other),
        ", ".join(two for _, two in other),
    )
