"""Why somebody has so many points: for themselves, the shop's staff, and the till after a scan."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from app import auth
from app.api.doors import by_shopper, by_staff, by_till, store_here
from app.api.persons import READERS
from app.language import prefer_language
from app.points_words import Count, act_title, act_when, hold_text, lot_line, sum_text
from app.schemas.points import (
    PointsActOut,
    PointsDayOut,
    PointsDaysOut,
    PointsHoldOut,
    PointsLotOut,
    PointsQuery,
    PointsSumOut,
    PointsThenOut,
    PointsUsedOut,
    PointsWhyOut,
    StampsWhyOut,
)
from app.schemas.settlements import SettlementQuery
from app.text import points_text, signed_text, stamps_text
from app.wiring import services
from loyalty.identity.looks import note_look
from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.explain_points import (
    ActTold,
    HoldTold,
    LotTold,
    PointsTold,
    Reader,
    UsedPage,
    explain_points,
    explain_scan,
)
from loyalty.journeys.explain_stamps import StampsTold, explain_stamps
from loyalty.journeys.tell_person import tell_person
from loyalty.points.as_of import AsOf, balance_as_of
from loyalty.points.queries import wallet_of_member
from loyalty.points.seals.audit import last_sealed_at
from loyalty.points.seals.rollups import points_by_day
from loyalty.programs.queries import store_or_first, stores_of
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("points_api", __name__, url_prefix="/api/v1", tag="Points")


@bp.get("/persons/<person:person_id>/points")
@by_staff(*READERS, refuses=(Refusal.NOT_FOUND, Refusal.MALFORMED_REQUEST))
@bp.input(PointsQuery, location="query")
@bp.output(PointsWhyOut)
def get_points(person_id: str, query_data: PointsQuery) -> PointsWhyOut:
    """Say why a person has so many points: each lot, what it paid for, what ends or waits.

    Sales of stores where the reader has no role are told by their points and moment alone.
    With `as_of` or `known_at` it says too what they had at a moment, as it was known at one.
    """
    principal, parts = auth.staff(), services()
    mine = frozenset(each for each in principal.roles if principal.may(each, *READERS))
    with parts.database.unit_of_work(principal.program_id) as session:
        story = tell_person(session, principal.program_id, person_id)
        note_look(
            session,
            principal.program_id,
            story.person_id,
            actor=f"staff:{principal.staff_id}",
            seen="points",
            at=parts.tools.clock.now(),
        )
        whose = (story.wallet_id, story.open_member_id)
        told, stamps, then = _told(
            session, principal.program_id, whose, query_data, reader=Reader(stores=mine)
        )
        zone = stores_of(session, principal.program_id)[0].time_zone
    told = replace(told, member_id=story.open_member_id, person_id=story.person_id)
    return why_out(told, stamps, zone=zone, then=then)


@bp.get("/card/points")
@by_shopper(Refusal.CARD_UNKNOWN, Refusal.MALFORMED_REQUEST)
@bp.input(PointsQuery, location="query")
@bp.output(PointsWhyOut)
def get_points_of_card(query_data: PointsQuery) -> PointsWhyOut:
    """Say to shoppers why they have so many points: each lot, what it paid for, what ends or waits.

    For the phone that holds the card, as its page does: sales of every store are told in full.
    """
    mine, parts = auth.shopper(), services()
    assert mine is not None, "the door lets only phones with a card in"
    with parts.database.reading(mine.program_id) as session:
        owner = owner_of(session, mine.browser)
        wallet_id = wallet_of_member(session, mine.program_id, owner.member_id)
        whose = (wallet_id, owner.member_id)
        told, stamps, then = _told(session, mine.program_id, whose, query_data, reader=Reader())
        store = store_or_first(session, mine.program_id, mine.store_id)
    prefer_language(store.language)
    told = replace(told, member_id=owner.member_id, person_id=owner.person.person_id)
    return why_out(told, stamps, zone=store.time_zone, then=then)


def _told(
    session: Session,
    program_id: int,
    whose: tuple[UUID | None, UUID | None],
    asked: PointsQuery,
    *,
    reader: Reader,
) -> tuple[PointsTold, Sequence[StampsTold], PointsThenOut | None]:
    """Gather why a wallet and its member's stamp cards hold what they hold, now and then."""
    now, (wallet_id, member_id) = services().tools.clock.now(), whose
    used = UsedPage(asked.limit, asked.used_after)
    told = explain_points(session, program_id, wallet_id, reader=reader, at=now, used=used)
    stamps = explain_stamps(session, program_id, member_id, reader=reader, at=now)
    return told, stamps, _then(session, program_id, wallet_id, asked)


def _then(
    session: Session, program_id: int, wallet_id: UUID | None, asked: PointsQuery
) -> PointsThenOut | None:
    """Say what a wallet held at the moments that were asked for; nothing when none was."""
    if asked.as_of is None and asked.known_at is None:
        return None
    now = services().tools.clock.now()
    as_of, known_at = asked.as_of or now, asked.known_at or now
    held = AsOf(0, 0)
    if wallet_id is not None:
        held = balance_as_of(
            session, program_id, wallet_id, occurred_until=as_of, recorded_until=known_at
        )
    return PointsThenOut(as_of=as_of, known_at=known_at, points=held.points, debt=held.debt)


@bp.get("/scans/<uuid:scan_id>/points")
@by_till(Refusal.NOT_FOUND, Refusal.PIN_NEEDED)
@bp.output(PointsWhyOut)
def get_points_of_scan(scan_id: UUID) -> PointsWhyOut:
    """Say why the person whose card this till has just read has so many points.

    The scan stands for the person's presence: it answers for a quarter of an hour, at its till.
    """
    auth.need_cashier()
    principal, parts, store = auth.till(), services(), store_here()
    now, reader = parts.tools.clock.now(), Reader(stores=frozenset({principal.store_id}))
    with parts.database.unit_of_work(principal.program_id) as session:
        told = explain_scan(
            session,
            principal.program_id,
            scan_id,
            till_id=principal.till_id,
            reader=reader,
            at=now,
        )
        assert told.person_id is not None, "a scan that answers is of somebody"
        stamps = explain_stamps(
            session, principal.program_id, told.member_id, reader=reader, at=now
        )
        note_look(
            session,
            principal.program_id,
            told.person_id,
            actor=_looks(principal),
            seen="points",
            at=now,
        )
    return why_out(told, stamps, zone=store.time_zone)


@bp.get("/points/days")
@by_staff(*READERS, refuses=(Refusal.MALFORMED_REQUEST,))
@bp.input(SettlementQuery, location="query")
@bp.output(PointsDaysOut)
def get_days(query_data: SettlementQuery) -> PointsDaysOut:
    """Add up what each day did to the points of the program, by store, account and kind of act.

    From sums that are kept, so a year costs as much as its days. Whoever has a role in some
    stores only reads those.
    """
    principal, parts = auth.staff(), services()
    with parts.database.reading(principal.program_id) as session:
        mine = {each for each in principal.roles if principal.may(each, *READERS)}
        is_whole = mine >= {store.store_id for store in stores_of(session, principal.program_id)}
        found = points_by_day(
            session,
            principal.program_id,
            since=query_data.first,
            until=query_data.last,
            store_ids=None if is_whole else sorted(mine),
        )
        sealed_at = last_sealed_at(session, principal.program_id)
    days = [PointsDayOut(**asdict(each)) for each in found]
    return PointsDaysOut(days=days, sealed_at=sealed_at)


def _looks(principal: auth.TillPrincipal) -> str:
    """Say who looks: whoever is signed in at the till, or the till."""
    by = principal.staff_id
    return f"till:{principal.till_id}" if by is None else f"staff:{by}"


def why_out(
    told: PointsTold,
    stamps: Sequence[StampsTold],
    *,
    zone: str,
    then: PointsThenOut | None = None,
) -> PointsWhyOut:
    """Write the whole answer."""
    return PointsWhyOut(
        then=then,
        identifier_id=told.member_id,
        person_id=told.person_id,
        points=told.free,
        expiring_at=told.expiring_at,
        expiring_points=told.expiring_points,
        stamps=[_stamps_out(each, zone) for each in stamps],
        **_why(told, zone, points_text),
    )


def _stamps_out(one: StampsTold, zone: str) -> StampsWhyOut:
    return StampsWhyOut(
        reward_id=one.reward.reward_id,
        name=one.reward.name,
        needed=one.reward.points,
        offered=not one.is_over,
        stamps=one.told.free,
        **_why(one.told, zone, stamps_text),
    )


def _why(told: PointsTold, zone: str, count: Count) -> dict[str, Any]:
    """Tell what explains points and stamps alike, counted in their words."""
    return {
        "held": told.held,
        "pending": told.pending,
        "past": told.past,
        "debt": told.debt,
        "sums": [PointsSumOut(kind=kind, points=points) for kind, points in told.by_kind.items()],
        "holds": [_hold_out(each, zone, count) for each in told.holds],
        "lots": [_lot_out(each, zone, count) for each in told.lots],
        "used": [_lot_out(each, zone, count) for each in told.used],
        "older": PointsUsedOut(lots=told.older.lots, points=told.older.points),
        "debts": [_act_out(each, zone) for each in told.debts],
        "text": sum_text(told, count),
    }


def _hold_out(hold: HoldTold, zone: str, count: Count) -> PointsHoldOut:
    return PointsHoldOut(
        points=hold.points,
        reward_name=hold.reward_name,
        store_name=hold.store_name,
        opened_at=hold.opened_at,
        ends_at=hold.ends_at,
        text=hold_text(hold, zone, count),
    )


def _lot_out(lot: LotTold, zone: str, count: Count) -> PointsLotOut:
    line = lot_line(lot, zone=zone, count=count)
    return PointsLotOut(
        lot_id=lot.lot_id,
        state=lot.state,
        earned=lot.earned,
        came=lot.came,
        remaining=lot.remaining,
        held=lot.held,
        expires_at=lot.expires_at,
        available_at=lot.available_at,
        source=_act_out(lot.source, zone),
        moves=[_act_out(each, zone) for each in lot.moves],
        title=line.title,
        when_text=line.when,
        text=" ".join(each for each in (line.why, *line.states) if each),
    )


def _act_out(act: ActTold, zone: str) -> PointsActOut:
    return PointsActOut(
        kind=act.kind,
        points=act.points,
        at=act.at,
        recorded_at=act.recorded_at,
        store_name=act.store_name,
        till_name=act.till_name,
        sale_id=act.sale_id,
        total_minor=act.total_minor,
        currency=act.currency,
        elsewhere=act.is_elsewhere,
        text=f"{signed_text(act.points)} · {act_title(act)} · {act_when(act, zone)}",
    )
