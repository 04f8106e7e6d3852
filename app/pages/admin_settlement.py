"""Who owes whom between the stores: each figure opens into its entries; a list to take away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from app.auth import SignInNeededError, StaffPrincipal
from app.forms import read_id
from app.language import gettext, language
from app.pages.admin_frame import OWNER, Frame, frame_of, my_stores, owner, to_the_door
from app.pages.admin_goods import plain_day_text
from app.pages.admin_period import Period, PeriodLink, period_of, usual_periods
from app.pages.admin_points_tabs import PointsTab, points_tabs
from app.text import clock_text, locale_name, money_text, points_text, short_date_text, whole_text
from app.wiring import services
from loyalty.journeys.tell_settlement import (
    DAYS_MAX,
    ENTRIES_MAX,
    SettlementTold,
    open_figure,
    tell_settlement,
)
from loyalty.kernel.money import minor_digits
from loyalty.kernel.sheets import DELIMITERS, safe_cell, write_sheet
from loyalty.points.settlement import SettlementEntry
from loyalty.points.settlement_rules import Figure, Party
from loyalty.programs.queries import StoreFacts

bp = Blueprint("admin_settlement", __name__, url_prefix="/admin/points/settlement")
bp.register_error_handler(SignInNeededError, to_the_door)

PROGRAM: Final = "program"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """What one store owes another, and where it opens."""

    debtor: str
    creditor: str
    amount: str
    points: str
    href: str


@dataclass(frozen=True, slots=True)
class TotalRow:
    """What a store gets or pays in all."""

    name: str
    amount: str
    is_gain: bool


@dataclass(frozen=True, slots=True)
class SettlementPage:
    """Everything the report shows."""

    frame: Frame
    tabs: tuple[PointsTab, ...]
    period: Period
    first: str
    last: str
    usual: tuple[PeriodLink, ...]
    rows: tuple[FigureRow, ...]
    totals: tuple[TotalRow, ...]
    is_whole: bool
    csv_url: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line behind a figure."""

    when: str
    what: str
    subject: str
    points: str
    amount: str


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """Everything an opened figure shows."""

    frame: Frame
    back_url: str
    title: str
    days: str
    rows: tuple[EntryRow, ...]
    is_cut: bool
    most: str


@bp.get("")
def settlement() -> str:
    """Show who owes whom for some days."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        page = _settlement_page(session, principal)
    return render_template("admin/settlement.html", page=page)


@bp.get("/entries")
def entries() -> str:
    """Open a figure into its entries."""
    principal = owner()
    pair = (_party("debtor"), _party("creditor"))
    with services().database.reading(principal.program_id) as session:
        page = _entries_page(session, principal, pair)
    return render_template("admin/settlement_entries.html", page=page)


@bp.get("/list.csv")
def export() -> Response:
    """Give the figures for a spreadsheet; no name in it runs as a formula."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        told, period, store = _read(session, principal)
    data = write_sheet(_sheet(told, store), delimiter=DELIMITERS[language()])
    answer = Response(data, mimetype="text/csv")
    name = f"{gettext('cuentas')}-{period.first}-{period.last}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _settlement_page(session: Session, principal: StaffPrincipal) -> SettlementPage:
    told, period, store = _read(session, principal)
    here = url_for("admin_settlement.settlement")
    return SettlementPage(
        frame=frame_of(session, principal, section="points"),
        tabs=points_tabs("settlement"),
        period=period,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        usual=usual_periods(here, period, today=_today(store)),
        rows=tuple(_row(one, told, store) for one in told.settlement.figures),
        totals=tuple(
            TotalRow(
                _name(one.party, told.names),
                money_text(one.amount_minor, store.currency),
                is_gain=one.amount_minor > 0,
            )
            for one in told.settlement.totals
        ),
        is_whole=told.is_whole,
        csv_url=url_for("admin_settlement.export", **period.query),
    )


def _entries_page(
    session: Session, principal: StaffPrincipal, pair: tuple[Party, Party]
) -> EntriesPage:
    told, period, store = _read(session, principal)
    found = open_figure(
        session,
        principal.program_id,
        _mine(session, principal),
        between=pair,
        first=period.first,
        last=period.last,
    )
    names = {"debtor": _name(pair[0], told.names), "creditor": _name(pair[1], told.names)}
    return EntriesPage(
        frame=frame_of(session, principal, section="points"),
        back_url=url_for("admin_settlement.settlement", **period.query),
        title=gettext("Lo que %(debtor)s debe a %(creditor)s", **names),
        days=_days(period),
        rows=tuple(_entry(one, pair, store) for one in found),
        is_cut=len(found) >= ENTRIES_MAX,
        most=whole_text(ENTRIES_MAX),
    )


def _sheet(told: SettlementTold, store: StoreFacts) -> list[list[str]]:
    heads = (
        gettext("Debe"),
        gettext("A"),
        gettext("Importe"),
        gettext("Moneda"),
        gettext("Puntos"),
    )
    rows = [
        [
            safe_cell(_name(one.debtor, told.names)),
            safe_cell(_name(one.creditor, told.names)),
            _plain_amount(one.amount_minor, store.currency),
            store.currency,
            str(one.points),
        ]
        for one in told.settlement.figures
    ]
    return [list(heads), *rows]


def _read(session: Session, principal: StaffPrincipal) -> tuple[SettlementTold, Period, StoreFacts]:
    store = my_stores(session, principal, OWNER)[0]
    period = period_of(request.args, today=_today(store), most=DAYS_MAX)
    mine = _mine(session, principal)
    told = tell_settlement(
        session, principal.program_id, mine, first=period.first, last=period.last
    )
    return told, period, store


def _mine(session: Session, principal: StaffPrincipal) -> tuple[UUID, ...]:
    return tuple(store.store_id for store in my_stores(session, principal, OWNER))


def _today(store: StoreFacts) -> date:
    return services().tools.clock.now().astimezone(ZoneInfo(store.time_zone)).date()


def _party(field: str) -> Party:
    text = request.args.get(field, "")
    return None if text == PROGRAM else read_id(text, field=field)


def _name(party: Party, names: Mapping[UUID, str]) -> str:
    return gettext("el programa") if party is None else names.get(party, gettext("una tienda"))


def _row(one: Figure, told: SettlementTold, store: StoreFacts) -> FigureRow:
    pair: dict[str, Any] = {
        "debtor": PROGRAM if one.debtor is None else one.debtor,
        "creditor": PROGRAM if one.creditor is None else one.creditor,
    }
    days: dict[str, Any] = {"first": told.first.isoformat(), "last": told.last.isoformat()}
    return FigureRow(
        debtor=_name(one.debtor, told.names),
        creditor=_name(one.creditor, told.names),
        amount=money_text(one.amount_minor, store.currency),
        points=points_text(one.points),
        href=url_for("admin_settlement.entries", **pair, **days),
    )


def _entry(one: SettlementEntry, pair: tuple[Party, Party], store: StoreFacts) -> EntryRow:
    """Tell a line as it counts for the figure: what went the other way is taken off."""
    sign = 1 if (one.debtor, one.creditor) == pair else -1
    words = {
        "redeem": gettext("Premio"),
        "give_back": gettext("Premio devuelto"),
        "take_back": gettext("Puntos de una devolución"),
        "earn": gettext("Deuda cubierta con una compra"),
        "adjust": gettext("Cambio a mano"),
    }
    when = one.recorded_at
    return EntryRow(
        when=gettext(
            "%(day)s, %(time)s",
            day=short_date_text(when, store.time_zone),
            time=clock_text(when, store.time_zone),
        ),
        what=words.get(one.kind, gettext("Puntos")),
        subject=one.subject or gettext("de otra tienda"),
        points=points_text(sign * one.points),
        amount=_exact(sign * one.worth_milli, store.currency),
    )


def _exact(milli: int, currency: str) -> str:
    """Write thousandths of a minor unit without rounding them away."""
    digits = minor_digits(currency) + 3
    amount = Decimal(milli).scaleb(-digits)
    return format_decimal(amount, format="#,##0.00###", locale=locale_name())


def _plain_amount(minor: int, currency: str) -> str:
    text = f"{Decimal(minor).scaleb(-minor_digits(currency)):f}"
    return text.replace(".", ",") if language() == "es" else text


def _days(period: Period) -> str:
    first, last = plain_day_text(period.first), plain_day_text(period.last)
    return gettext("del %(start)s al %(end)s", start=first, end=last)
