"""What the pages of opening balances show: the choice of a file, its preview, and the report."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Final
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext, ngettext
from app.pages.admin_frame import Frame, frame_of
from app.pages.admin_opening_words import opening_column, opening_reason
from app.pages.admin_points_tabs import PointsTab, points_tabs
from app.text import points_text, whole_text
from loyalty.kernel.decimal_marks import DecimalMark
from loyalty.kernel.sheets import safe_cell
from loyalty.points.opening_list import OpeningList
from loyalty.points.opening_plan import OpeningPlan

SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """How the owner wants a list read; `is_mark_asked` when it does not say so itself."""

    mark: DecimalMark | None
    is_mark_asked: bool
    is_again: bool


@dataclass(frozen=True, slots=True)
class OpeningsPage:
    """The page that asks for a file; `wrong` says why the last one was refused."""

    frame: Frame
    tabs: tuple[PointsTab, ...]
    wrong: str


@dataclass(frozen=True, slots=True)
class SlipRow:
    """A cell that keeps its row from being given."""

    line: str
    column: str
    reason: str
    value: str


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A balance that would be given."""

    who: str
    points: str


@dataclass(frozen=True, slots=True)
class OpeningsPreview:
    """Everything the preview shows; `save` is the button's text, "" when nothing is to be given."""

    frame: Frame
    address: str
    report_url: str
    mark: str
    is_mark_asked: bool
    is_again: bool
    ignored: str
    figures: tuple[tuple[str, str], ...]
    slips: tuple[SlipRow, ...]
    slips_count: str
    is_cut: bool
    rows: tuple[GivenRow, ...]
    shown: str
    is_done: bool
    save: str


def openings_page(session: Session, principal: StaffPrincipal, wrong: str) -> OpeningsPage:
    """Lay out the choice of a file."""
    return OpeningsPage(
        frame=frame_of(session, principal, section="points"),
        tabs=points_tabs("openings"),
        wrong=wrong,
    )


def openings_preview(
    session: Session,
    principal: StaffPrincipal,
    list_id: UUID,
    read: OpeningList,
    plan: OpeningPlan,
    *,
    chosen: Chosen,
) -> OpeningsPreview:
    """Lay out what a list would give; of long parts the first rows are shown."""
    slips = tuple(slips_of(read, plan))
    count = len(plan.give)
    save = ngettext(
        "Dar %(points)s a %(count)s persona",
        "Dar %(points)s en %(count)s filas",
        count,
        count=whole_text(count),
        points=points_text(plan.points),
    )
    again = "1" if chosen.is_again else None
    return OpeningsPreview(
        frame=frame_of(session, principal, section="points"),
        address=url_for("admin_openings.preview", list_id=list_id),
        report_url=url_for("admin_openings.report", list_id=list_id, mark=chosen.mark, again=again),
        mark=chosen.mark or read.mark or "",
        is_mark_asked=chosen.is_mark_asked,
        is_again=chosen.is_again,
        ignored=", ".join(read.ignored),
        figures=(
            (gettext("Se dan"), whole_text(count)),
            (gettext("Puntos"), whole_text(plan.points)),
            (gettext("Ya dados"), whole_text(plan.done)),
            (gettext("Filas con errores"), whole_text(len({one.line for one in slips}))),
        ),
        slips=slips[:SHOWN],
        slips_count=whole_text(len(slips)),
        is_cut=len(slips) > SHOWN,
        rows=tuple(
            GivenRow(one.row.card.upper() or one.row.email, points_text(one.row.points))
            for one in plan.give[:SHOWN]
        ),
        shown=whole_text(SHOWN),
        is_done=plan.done > 0 and count == 0,
        save=save if count and not chosen.is_mark_asked else "",
    )


def slips_of(read: OpeningList, plan: OpeningPlan) -> Iterator[SlipRow]:
    """List what is wrong, row after row: what cannot be read, then whose it is or was."""
    return (slip for _line, slip in sorted(_slips(read, plan), key=itemgetter(0)))


def _slips(read: OpeningList, plan: OpeningPlan) -> Iterator[tuple[int, SlipRow]]:
    for error in read.errors:
        yield (
            error.line,
            SlipRow(
                whole_text(error.line),
                opening_column(error.column),
                opening_reason(error.reason),
                error.value,
            ),
        )
    for slip in plan.slips:
        row = slip.row
        value = {"card": row.card, "email": row.email, "reference": row.reference}
        day = row.expires_on.isoformat() if row.expires_on else ""
        yield (
            row.line,
            SlipRow(
                whole_text(row.line),
                opening_column(slip.column),
                opening_reason(slip.slip),
                value.get(slip.column, day),
            ),
        )


def report_rows(read: OpeningList, plan: OpeningPlan) -> Iterator[list[str]]:
    """Write what became of each row, for a spreadsheet; nothing in it runs as a formula."""
    yield [
        gettext("Fila"),
        gettext("Tarjeta"),
        gettext("Correo"),
        gettext("Puntos"),
        gettext("Referencia"),
        gettext("Qué pasó"),
    ]
    waiting = {one.row.line for one in plan.give}
    slips = {one.row.line: opening_reason(one.slip) for one in plan.slips}
    told: list[tuple[int, list[str]]] = []
    for row in read.rows:
        result = gettext("dado")
        if row.line in slips:
            result = slips[row.line]
        elif row.line in waiting:
            result = gettext("por dar")
        elif row.points == 0:
            result = gettext("sin puntos que dar")
        cells = [str(row.line), row.card, row.email, str(row.points), row.reference, result]
        told.append((row.line, [safe_cell(cell) for cell in cells]))
    for error in read.errors:
        what = f"{opening_column(error.column)}: {opening_reason(error.reason)}"
        told.append((error.line, [str(error.line), "", "", safe_cell(error.value), "", what]))
    yield from (cells for _, cells in sorted(told, key=lambda one: one[0]))
