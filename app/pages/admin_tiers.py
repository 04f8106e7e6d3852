"""Tiers as the owner sets them: what reaches each, what it is worth, and when one moves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.gain_words import times_number
from app.language import gettext
from app.pages.admin_amounts import minor_from_text, text_from_minor
from app.pages.admin_frame import Frame, frame_of, owner, say, to_the_door
from app.pages.admin_points_tabs import PointsTab, Slips, points_tabs
from app.pages.admin_rule_form import times_of_text
from app.pages.admin_rule_words import error_text
from app.pages.admin_rulebook import Rulebook, rulebook_of
from app.pages.admin_rules_page import TIMES
from app.wiring import services
from loyalty.points.earning.check import Fault
from loyalty.points.earning.document import to_json
from loyalty.points.earning.ladder import BYS, DOWNGRADES, UPGRADES, WINDOWS, Ladder
from loyalty.points.earning.rulesets import set_rules

bp = Blueprint("admin_tiers", __name__, url_prefix="/admin/points/tiers")
bp.register_error_handler(SignInNeededError, to_the_door)

ROWS: Final = range(1, 5)
DIGITS_MAX: Final = 9
_STEP: Final = re.compile(r"tiers\.steps\[(\d+)\]\.(\w+)")
_SHOWN_AT: Final = {"name": "name", "at_least": "least", "times": "times"}


@dataclass(frozen=True, slots=True)
class TierField:
    """One tier of the form."""

    row: str
    id_value: str
    name: str
    least: str
    times: tuple[tuple[str, str, bool], ...]
    name_wrong: str
    least_wrong: str


@dataclass(frozen=True, slots=True)
class TiersPage:
    """Everything the page shows; each choice is a value, its words, and whether it is chosen."""

    frame: Frame
    tabs: tuple[PointsTab, ...]
    rows: tuple[TierField, ...]
    choices: tuple[tuple[str, str, tuple[tuple[str, str, bool], ...]], ...]
    months: str
    slips: Slips
    currency: str


@bp.get("")
def tiers() -> Response:
    """Show the tiers as they stand."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        book = rulebook_of(session, principal)
        ladder = book.document.ladder if book.document else None
        return _show(session, principal, book, _form_of(ladder, book.store.currency), {})


@bp.post("")
def save() -> Response | Redirect:
    """Keep the tiers as a version of the rules; undone by the version before it."""
    principal, parts = owner(), services()
    form = {name: text.strip() for name, text in request.form.items()}
    with parts.database.unit_of_work(principal.program_id) as session:
        book = rulebook_of(session, principal)
        raw = to_json(book.document) if book.document else {"rules": []}
        ladder, rows = _raw(form, book.store.currency)
        raw = {name: part for name, part in raw.items() if name != "tiers"} | ladder
        version, checked = set_rules(
            session,
            principal.program_id,
            raw,
            currency=book.store.currency,
            made_by=f"staff:{principal.staff_id}",
            at=parts.tools.clock.now(),
        )
        if version is None:
            return _show(session, principal, book, form, _wrong(checked.errors, rows), status=422)
    undo = url_for("admin_points.again", version=book.version) if book.version else ""
    say(gettext("Niveles guardados. Valen desde la próxima compra."), undo=undo)
    return redirect(url_for("admin_tiers.tiers"), 303)


def _raw(form: Mapping[str, str], currency: str) -> tuple[dict[str, Any], list[int]]:
    """Write the form as JSON, empty rows left out; says besides which row each step is of."""
    steps: list[dict[str, Any]] = []
    rows: list[int] = []
    for row in ROWS:
        name, least = form.get(f"name_{row}", ""), form.get(f"least_{row}", "")
        if not name and not least:
            continue
        times = times_of_text(form.get(f"times_{row}", "1"))
        rows.append(row)
        steps.append(
            {
                "id": form.get(f"id_{row}") or token_hex(4),
                "name": name,
                "at_least": _least(least, form.get("by", ""), currency),
                "times": [times.numerator, times.denominator] if times else None,
            }
        )
    if not steps:
        return {}, rows
    chosen = {name: form.get(name, "") for name in ("by", "window", "upgrade", "downgrade")}
    return {"tiers": {**chosen, "months": _whole(form.get("months", "")), "steps": steps}}, rows


def _least(text: str, by: str, currency: str) -> int | str | None:
    if by == "spend" and text:
        minor = minor_from_text(text, currency)
        return text if minor is None else minor
    return _whole(text)


def _whole(text: str) -> int | str | None:
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else text


def _wrong(errors: tuple[Fault, ...], rows: list[int]) -> dict[str, str]:
    told: dict[str, str] = {}
    for error in errors:
        match = _STEP.match(error.field)
        if match and int(match[1]) < len(rows):
            field = f"{_SHOWN_AT.get(match[2], 'name')}_{rows[int(match[1])]}"
        else:
            field = "months" if error.field.endswith("months") else "ladder"
        text = {
            "not_above_the_one_before": gettext("Cada nivel pide más que el anterior."),
            "not_a_part_of_a_year": gettext("Con el año natural: 1, 2, 3, 4, 6 o 12 meses."),
            "unknown_tier": gettext("Una regla nombra un nivel que quitas: cámbiala antes."),
        }.get(error.code) or error_text(error.code)
        told.setdefault(field, text)
    return told


def _form_of(ladder: Ladder | None, currency: str) -> dict[str, str]:
    if ladder is None:
        return {
            "by": "points",
            "window": "rolling",
            "months": "12",
            "upgrade": "at_once",
            "downgrade": "period_end",
        }
    form = {
        "by": ladder.by,
        "window": ladder.window,
        "months": str(ladder.months),
        "upgrade": ladder.upgrade,
        "downgrade": ladder.downgrade,
    }
    for row, tier in zip(ROWS, ladder.tiers, strict=False):
        is_money = ladder.by == "spend"
        least = text_from_minor(tier.at_least, currency) if is_money else str(tier.at_least)
        form |= {f"id_{row}": tier.tier_id, f"name_{row}": tier.name, f"least_{row}": least}
        form[f"times_{row}"] = str(tier.times)
    return form


def _show(
    session: Session,
    principal: StaffPrincipal,
    book: Rulebook,
    form: Mapping[str, str],
    wrong: Mapping[str, str],
    *,
    status: int = 200,
) -> Response:
    page = TiersPage(
        frame=frame_of(session, principal, section="points"),
        tabs=points_tabs("tiers"),
        rows=tuple(_row(row, form, wrong) for row in ROWS),
        choices=_choices(form),
        months=form.get("months", ""),
        slips=Slips(wrong),
        currency=book.store.currency,
    )
    return make_response(render_template("admin/tiers.html", page=page), status)


def _row(row: int, form: Mapping[str, str], wrong: Mapping[str, str]) -> TierField:
    chosen = form.get(f"times_{row}", "1")
    return TierField(
        row=str(row),
        id_value=form.get(f"id_{row}", ""),
        name=form.get(f"name_{row}", ""),
        least=form.get(f"least_{row}", ""),
        times=tuple(
            (
                str(times),
                gettext("× %(number)s", number=times_number(times)),
                str(times) == chosen,
            )
            for times in TIMES
        ),
        name_wrong=wrong.get(f"name_{row}", ""),
        least_wrong=wrong.get(f"least_{row}", "") or wrong.get(f"times_{row}", ""),
    )


def _choices(
    form: Mapping[str, str],
) -> tuple[tuple[str, str, tuple[tuple[str, str, bool], ...]], ...]:
    words = {
        "points": gettext("los puntos que gana"),
        "spend": gettext("el dinero que gasta"),
        "rolling": gettext("los últimos meses, contando este"),
        "calendar": gettext("el trozo de año en que estamos"),
        "at_once": gettext("enseguida"),
        "period_end": gettext("cuando acaba el periodo"),
        "one_step": gettext("un nivel cada vez, cuando acaba el periodo"),
        "never": gettext("nunca"),
    }
    parts = (
        ("by", gettext("Se sube por"), BYS),
        ("window", gettext("Cuenta"), WINDOWS),
        ("upgrade", gettext("Se sube"), UPGRADES),
        ("downgrade", gettext("Se baja"), DOWNGRADES),
    )
    return tuple(
        (name, label, tuple((one, words[one], form.get(name) == one) for one in values))
        for name, label, values in parts
    )
