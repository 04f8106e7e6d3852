"""Why a balance is what it is: the sum behind it, each lot and what became of it."""

from datetime import date
from uuid import UUID

from pydantic import Field

from app.schemas.base import MessageIn, MessageOut, Moment, MomentIn
from loyalty.journeys.explain_points import USED_MOST, USED_TOLD


class PointsActOut(MessageOut):
    """One act that moved points; of another store's only the points and the moment."""

    kind: str
    points: int
    at: Moment
    recorded_at: Moment
    store_name: str | None
    till_name: str | None
    sale_id: str | None
    total_minor: int | None
    currency: str | None
    elsewhere: bool
    text: str


class PointsLotOut(MessageOut):
    """Points that came together: `came` and the moves add up to `remaining`.

    `earned` counts too what repaid a debt at once; `state` is free, pending, past or used.
    """

    lot_id: UUID
    state: str
    earned: int
    came: int
    remaining: int
    held: int
    expires_at: Moment | None
    available_at: Moment | None
    source: PointsActOut
    moves: list[PointsActOut]
    title: str
    when_text: str
    text: str


class PointsSumOut(MessageOut):
    """What one kind of act brought (+) or took (−) in all."""

    kind: str
    points: int


class PointsHoldOut(MessageOut):
    """Points that are reserved now; `ends_at` is null for what waits until it is used."""

    points: int
    reward_name: str
    store_name: str | None
    opened_at: Moment
    ends_at: Moment | None
    text: str


class PointsUsedOut(MessageOut):
    """Lots that were used up before those in `used`, added up."""

    lots: int
    points: int


class PointsQuery(MessageIn):
    """What had happened by `as_of`, of what we knew by `known_at`; either alone leaves now.

    Of lots that are used up `limit` are told, the last used first; `used_after` names the last
    lot of the page before.
    """

    as_of: MomentIn | None = None
    known_at: MomentIn | None = None
    used_after: UUID | None = None
    limit: int = Field(default=USED_TOLD, ge=1, le=USED_MOST)


class PointsThenOut(MessageOut):
    """What the postings up to two moments add up to; `points` with what was held or waited."""

    as_of: Moment
    known_at: Moment
    points: int
    debt: int


class _WhyOut(MessageOut):
    """What explains points and stamps alike: what cannot be used now, and where all is from."""

    held: int
    pending: int
    past: int
    debt: int
    sums: list[PointsSumOut]
    holds: list[PointsHoldOut]
    lots: list[PointsLotOut]
    used: list[PointsLotOut]
    older: PointsUsedOut
    debts: list[PointsActOut]
    text: str


class StampsWhyOut(_WhyOut):
    """Why a stamp card holds what it holds, told as points are; all figures count stamps.

    `needed` fill it. One that is not `offered` any more keeps what it has.
    """

    reward_id: UUID
    name: str
    needed: int
    offered: bool
    stamps: int


class PointsWhyOut(_WhyOut):
    """Why a balance is what it is.

    `points` can be used now; with `held`, `pending` and `past` they are what is left of `lots`.
    The `sums` add up to that less `debt`. `text` says it in one sentence. All acts are those of the
    membership `identifier_id`, whose person is `person_id` at the time of asking. `then` is what
    it held at the moments that were asked for, null without any. `expiring_points` of those that
    can be used end at `expiring_at`, the next end there is. `stamps` says why of each stamp card
    that ever held one.
    """

    identifier_id: UUID | None
    person_id: str | None
    points: int
    expiring_at: Moment | None
    expiring_points: int
    stamps: list[StampsWhyOut]
    then: PointsThenOut | None


class PointsDayOut(MessageOut):
    """What one kind of act did to one account on a day in a store; null: in no store.

    `account` is wallet, debt, issued, redeemed, expired or forgiven; `points` signed as it sees
    them, by so many `acts`.
    """

    day: date
    store_id: UUID | None
    account: str
    kind: str
    points: int
    acts: int


class PointsDaysOut(MessageOut):
    """The days of some stores, as far as the ledger is sealed: what is newer comes in a minute."""

    days: list[PointsDayOut]
    sealed_at: Moment | None
