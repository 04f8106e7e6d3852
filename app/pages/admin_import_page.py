"""What the pages of an import show: the choice of a file, and its preview."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import request, url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import ngettext
from app.pages.admin_amounts import text_from_share
from app.pages.admin_frame import Frame, frame_of
from app.pages.admin_import_words import column_word, part_text, reason_text
from app.text import money_text, whole_text
from loyalty.catalog.import_plan import Change, ImportPlan
from loyalty.catalog.import_rules import ReadList
from loyalty.catalog.usual import usual_of
from loyalty.kernel.decimal_marks import DecimalMark
from loyalty.programs.queries import StoreFacts

SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the owner said about the list: the decimal mark, and the tax where it names none."""

    list_id: UUID
    mark: DecimalMark | None
    tax: str
    tax_bp: int


@dataclass(frozen=True, slots=True)
class ChoosePage:
    """The page that asks for a file; `wrong` says why the last one was refused."""

    frame: Frame
    store_id: str
    store_name: str
    tax: str
    wrong: str


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A cell that was refused."""

    line: str
    column: str
    reason: str
    value: str


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A product that is new, changes or is missing, and how."""

    name: str
    detail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """Everything the preview shows; `save` is the button's text, "" when nothing can be kept."""

    frame: Frame
    store_id: str
    store_name: str
    address: str
    mark: str
    tax: str
    is_mark_asked: bool
    ignored: str
    figures: tuple[tuple[str, str], ...]
    new: tuple[ListedRow, ...]
    changed: tuple[ListedRow, ...]
    errors: tuple[ErrorRow, ...]
    missing: tuple[ListedRow, ...]
    counts: dict[str, int]
    shown: int
    is_retiring: bool
    save: str


def choose_page(
    session: Session, principal: StaffPrincipal, store: StoreFacts, wrong: str
) -> ChoosePage:
    """Lay out the choice of a file."""
    usual = usual_of(session, principal.program_id, store.store_id)
    return ChoosePage(
        frame=frame_of(session, principal, section="products", store=store),
        store_id=str(store.store_id),
        store_name=store.name,
        tax=text_from_share(usual.tax_bp),
        wrong=wrong,
    )


def preview_page(
    session: Session,
    principal: StaffPrincipal,
    store: StoreFacts,
    chosen: Chosen,
    read: ReadList,
    plan: ImportPlan,
    *,
    is_mark_asked: bool,
) -> PreviewPage:
    """Lay out what a list would do; of long parts the first rows are shown."""
    count = len(plan.rows)
    counts = {
        "new": len(plan.new),
        "changed": len(plan.changed),
        "same": plan.same,
        "errors": len({error.line for error in read.errors}),
        "slips": len(read.errors),
        "missing": len(plan.missing),
    }
    save = ngettext(
        "Guardar %(count)s producto", "Guardar %(count)s productos", count, count=whole_text(count)
    )
    return PreviewPage(
        frame=frame_of(session, principal, section="products", store=store),
        store_id=str(store.store_id),
        store_name=store.name,
        address=url_for("admin_import.preview", store_id=store.store_id, list_id=chosen.list_id),
        mark=chosen.mark or read.mark or "",
        tax=chosen.tax,
        is_mark_asked=is_mark_asked,
        ignored=", ".join(read.ignored),
        figures=tuple((name, whole_text(number)) for name, number in counts.items()),
        new=tuple(
            ListedRow(row.draft.name, (money_text(row.draft.price_minor, store.currency),))
            for row in plan.new[:SHOWN]
        ),
        changed=tuple(_changed(change) for change in plan.changed[:SHOWN]),
        errors=tuple(
            ErrorRow(
                whole_text(error.line),
                column_word(error.column),
                reason_text(error.reason),
                error.value,
            )
            for error in read.errors[:SHOWN]
        ),
        missing=tuple(ListedRow(product.name, ()) for product in plan.missing[:SHOWN]),
        counts=counts,
        shown=SHOWN,
        is_retiring=request.args.get("retire") == "1",
        save=save if (count or plan.missing) and not is_mark_asked else "",
    )


def _changed(change: Change) -> ListedRow:
    return ListedRow(change.before.name, tuple(part_text(part, change) for part in change.parts))
