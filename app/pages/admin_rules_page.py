"""What the pages of the earning rules show: the rules in sentences, one rule, a tried basket."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.gain_words import times_number
from app.language import gettext
from app.pages.admin_basket import TriedBasket
from app.pages.admin_frame import Frame, frame_of
from app.pages.admin_goods import GoodsChoice, Picked, goods_choice
from app.pages.admin_points_tabs import PointsTab, Slips, points_tabs
from app.pages.admin_rule_form import DAYS, HOURS_ROWS, TypedRule, times_of_text
from app.pages.admin_rule_words import (
    warning_text,
)
from app.pages.admin_rulebook import Rulebook, sentence_of
from app.pages.admin_tried import TryPart, try_part
from app.text import recent_text, weekday_names
from app.wiring import services
from loyalty.points.earning.check import Fault, check_document
from loyalty.points.earning.document import CAPS, ONE, to_json
from loyalty.points.earning.rulesets import RulesetFacts, versions_of
from loyalty.programs.queries import staff_by_id

VERSIONS_SHOWN: Final = 20
TIMES: Final = (
    Fraction(1, 2),
    ONE,
    Fraction(5, 4),
    Fraction(3, 2),
    Fraction(2),
    Fraction(3),
    Fraction(4),
    Fraction(5),
    Fraction(10),
)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of the list, with what may not be meant in it."""

    name: str
    sentence: str
    warnings: tuple[str, ...]
    href: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of the rules; `again_url` is "" for the one in force."""

    title: str
    sentences: tuple[str, ...]
    again_url: str


@dataclass(frozen=True, slots=True)
class RulesPage:
    """Everything the list of rules shows."""

    frame: Frame
    tabs: tuple[PointsTab, ...]
    rows: tuple[RuleRow, ...]
    warnings: tuple[str, ...]
    versions: tuple[VersionRow, ...]
    tried: TryPart
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimesField:
    """A choice of how many times something counts."""

    name: str
    label: str
    options: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class HoursField:
    """A span of hours, and how many times it counts."""

    start_name: str
    start: str
    end_name: str
    end: str
    times: TimesField


@dataclass(frozen=True, slots=True)
class RulePage:
    """Everything the form of a rule shows."""

    frame: Frame
    title: str
    is_new: bool
    save_url: str
    try_url: str
    form: TypedRule
    slips: Slips
    currency: str
    days: tuple[TimesField, ...]
    hours: tuple[HoursField, ...]
    tiers: tuple[TimesField, ...]
    goods: tuple[GoodsChoice, ...]
    open_parts: frozenset[str]
    suggestions: tuple[str, ...]
    tried: TryPart


def rules_page(
    session: Session, principal: StaffPrincipal, book: Rulebook, tried: TriedBasket
) -> RulesPage:
    """Lay out the rules, a basket to try them with, and their versions."""
    checked = check_document(
        to_json(book.document) if book.document else {"rules": []},
        products=set(book.shelf.names),
        categories=set(book.shelf.categories),
        tiers=set(book.tiers),
    )
    rules = book.document.rules if book.document else ()
    return RulesPage(
        frame=frame_of(session, principal, section="points"),
        tabs=points_tabs("rules"),
        rows=tuple(
            RuleRow(
                name=rule.name,
                sentence=sentence_of(rule, book),
                warnings=_said(checked.warnings, f"rules[{place}]"),
                href=url_for("admin_points.edit", rule_id=rule.rule_id),
                remove_url=url_for("admin_points.remove", rule_id=rule.rule_id),
            )
            for place, rule in enumerate(rules)
        ),
        warnings=_said(checked.warnings, "rules") if rules else (),
        versions=_versions(session, principal, book),
        tried=try_part(book, book.document, tried),
        suggestions=book.shelf.suggestions,
    )


def _said(warnings: Sequence[Fault], path: str) -> tuple[str, ...]:
    """Say the doubts about one rule, or with "rules" those about all of them together."""
    own = [one for one in warnings if one.field == path or one.field.startswith(f"{path}.")]
    return tuple(dict.fromkeys(text for text in (warning_text(one.code) for one in own) if text))


def _versions(
    session: Session, principal: StaffPrincipal, book: Rulebook
) -> tuple[VersionRow, ...]:
    now, zone = services().tools.clock.now(), book.store.time_zone
    found = versions_of(session, principal.program_id, book.store.currency)[:VERSIONS_SHOWN]

    def row(one: RulesetFacts) -> VersionRow:
        is_now = one.version == book.version
        again = url_for("admin_points.again", version=one.version)
        return VersionRow(
            title=gettext(
                "%(when)s · %(who)s",
                when=recent_text(one.in_force_from, zone, now=now),
                who=maker_name(session, principal.program_id, one.made_by),
            ),
            sentences=tuple(sentence_of(rule, book) for rule in one.document.rules),
            again_url="" if is_now else again,
        )

    return tuple(row(one) for one in found)


def maker_name(session: Session, program_id: int, made_by: str) -> str:
    """Name who made a version: a person of the team, or nobody when the shop began."""
    kind, _, staff_id = made_by.partition(":")
    person = staff_by_id(session, program_id, UUID(staff_id)) if kind == "staff" else None
    return person.display_name if person else gettext("al empezar")


def rule_page(
    session: Session,
    principal: StaffPrincipal,
    book: Rulebook,
    form: TypedRule,
    tried: TryPart,
) -> RulePage:
    """Lay out the form of one rule, known or new, with a basket to try it."""
    known = {rule.rule_id for rule in book.document.rules} if book.document else set()
    is_new = form.rule_id not in known
    legends = {"include": gettext("Solo cuentan"), "exclude": gettext("No cuentan")}
    here: dict[str, Any] = {"rule_id": form.rule_id}
    return RulePage(
        frame=frame_of(session, principal, section="points"),
        title=gettext("Una regla nueva") if is_new else gettext("Cambiar la regla"),
        is_new=is_new,
        save_url=url_for("admin_points.save", **here),
        try_url=url_for("admin_points.try_rule", **here),
        form=form,
        slips=Slips(form.wrong),
        currency=book.store.currency,
        days=tuple(
            _times_field(form, f"day_{day}", name)
            for day, name in zip(DAYS, weekday_names(), strict=True)
        ),
        hours=tuple(_hours_field(form, row) for row in HOURS_ROWS),
        tiers=tuple(
            _times_field(form, f"tier_{key}", name, empty=True) for key, name in book.tiers.items()
        ),
        goods=tuple(
            goods_choice(side, legend, form.picked.get(side, Picked()), book.shelf)
            for side, legend in legends.items()
        ),
        open_parts=_open_parts(form),
        suggestions=book.shelf.suggestions,
        tried=tried,
    )


def _times_field(form: TypedRule, name: str, label: str, *, empty: bool = False) -> TimesField:
    text = form.value(name) or ("" if empty else "1")
    known = {str(times): times for times in TIMES}
    typed = times_of_text(text)
    if typed is not None:
        known.setdefault(text, typed)
    options = [("", gettext("lo suyo"), not text)] if empty else []
    options += [
        (key, gettext("× %(number)s", number=times_number(times)), key == text)
        for key, times in sorted(known.items(), key=lambda pair: pair[1])
    ]
    return TimesField(name, label, tuple(options))


def _hours_field(form: TypedRule, row: int) -> HoursField:
    start, end = f"hours_start_{row}", f"hours_end_{row}"
    label = gettext("Cuenta")
    times = _times_field(form, f"hours_times_{row}", label)
    return HoursField(start, form.value(start), end, form.value(end), times)


def _open_parts(form: TypedRule) -> frozenset[str]:
    """Say which folded parts of the form have something in them, or something wrong."""
    parts = {
        "goods": any(form.picked.get(side) for side in ("include", "exclude")),
        "when": any(form.value(f"day_{day}") not in {"", "1"} for day in DAYS)
        or any(form.value(f"hours_start_{row}") for row in HOURS_ROWS)
        or any(name.startswith("tier_") and text for name, text in form.texts.items()),
        "limits": any(form.value(f"cap_{name}") for name in CAPS),
        "dates": bool(form.value("valid_from") or form.value("valid_until")),
    }
    fields = {
        "goods": ("include", "exclude"),
        "when": ("days", "hours", "tiers"),
        "limits": tuple(f"cap_{name}" for name in CAPS),
        "dates": ("valid_from", "valid_until"),
    }
    wrong = {part for part, names in fields.items() if any(name in form.wrong for name in names)}
    return frozenset(part for part, is_open in parts.items() if is_open) | wrong
