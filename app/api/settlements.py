"""Who owes whom between the stores of a program, and the entries behind each figure."""

from uuid import UUID

from apiflask import APIBlueprint

from app import auth
from app.api.doors import by_staff
from app.api.persons import READERS
from app.schemas.settlements import (
    SettlementEntriesOut,
    SettlementEntriesQuery,
    SettlementEntryOut,
    SettlementFigureOut,
    SettlementOut,
    SettlementQuery,
    SettlementStoreOut,
    SettlementTotalOut,
)
from app.wiring import services
from loyalty.journeys.tell_settlement import SettlementTold, open_figure, tell_settlement
from loyalty.points.settlement import Page, SettlementEntry
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("settlements", __name__, url_prefix="/api/v1/settlements", tag="Settlements")


@bp.get("")
@by_staff(*READERS, refuses=(Refusal.MALFORMED_REQUEST,))
@bp.input(SettlementQuery, location="query")
@bp.output(SettlementOut)
def get_settlement(query_data: SettlementQuery) -> SettlementOut:
    """Say who owes whom for some days: points one store gave and another took for a reward.

    Whoever has a role in some stores only reads what those owe and get.
    """
    principal, parts = auth.staff(), services()
    with parts.database.reading(principal.program_id) as session:
        told = tell_settlement(
            session,
            principal.program_id,
            _mine(principal),
            first=query_data.first,
            last=query_data.last,
        )
    return _settlement_out(told)


@bp.get("/entries")
@by_staff(*READERS, refuses=(Refusal.MALFORMED_REQUEST, Refusal.NOT_FOUND))
@bp.input(SettlementEntriesQuery, location="query")
@bp.output(SettlementEntriesOut)
def get_settlement_entries(query_data: SettlementEntriesQuery) -> SettlementEntriesOut:
    """Open a figure into its lines: their worth adds up to it.

    What was sold in stores where the reader has no role comes without its subject.
    """
    principal, parts, asked = auth.staff(), services(), query_data
    after = None
    if asked.after_posting is not None:
        after = (asked.after_posting, asked.after_line or 0)
    with parts.database.reading(principal.program_id) as session:
        found = open_figure(
            session,
            principal.program_id,
            _mine(principal),
            between=(asked.one, asked.other),
            first=asked.first,
            last=asked.last,
            page=Page(asked.limit, after),
        )
    return SettlementEntriesOut(entries=[_entry_out(each) for each in found])


def _mine(principal: auth.StaffPrincipal) -> frozenset[UUID]:
    return frozenset(each for each in principal.roles if principal.may(each, *READERS))


def _settlement_out(told: SettlementTold) -> SettlementOut:
    return SettlementOut(
        first=told.first,
        last=told.last,
        currency=told.settlement.currency,
        is_whole=told.is_whole,
        stores=[
            SettlementStoreOut(store_id=store_id, name=name)
            for store_id, name in told.names.items()
        ],
        figures=[
            SettlementFigureOut(
                debtor_store_id=figure.debtor,
                creditor_store_id=figure.creditor,
                amount_minor=figure.amount_minor,
                worth_milli=figure.worth_milli,
                points=figure.points,
                entries=figure.entries,
            )
            for figure in told.settlement.figures
        ],
        totals=[
            SettlementTotalOut(store_id=total.party, amount_minor=total.amount_minor)
            for total in told.settlement.totals
        ],
    )


def _entry_out(entry: SettlementEntry) -> SettlementEntryOut:
    return SettlementEntryOut(
        posting_id=entry.posting_id,
        line=entry.line,
        kind=entry.kind,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        debtor_store_id=entry.debtor,
        creditor_store_id=entry.creditor,
        points=entry.points,
        worth_milli=entry.worth_milli,
        subject=entry.subject,
    )
