"""Why a balance is what it is, in words: for the shopper, the staff and the till alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from app.gain_words import gain_text, terms_text, times_text
from app.language import gettext, ngettext
from app.text import (
    clock_text,
    date_text,
    locale_name,
    money_text,
    points_text,
    short_day_text,
    signed_text,
    whole_text,
)
from loyalty.journeys.card_points import CardPoints
from loyalty.journeys.explain_points import ActTold, HoldTold, LotTold, PointsTold
from loyalty.kernel.errors import Fact
from loyalty.points.earning.document import Rule
from loyalty.points.spendable import Spendable
from loyalty.points.stamped import beside_points

# Writes a number of what is counted: points, or stamps.
Count = Callable[[int], str]
ICONS: Final = {
    "earn": "bag",
    "bonus": "gift",
    "open": "bag-check",
    "adjust": "pencil",
    "take_back": "arrow-counterclockwise",
    "transfer": "link-45deg",
    "transfer_back": "arrow-counterclockwise",
    "redeem": "gift-fill",
    "give_back": "arrow-counterclockwise",
    "expire": "hourglass-split",
    "forgive": "heart",
}


@dataclass(frozen=True, slots=True)
class SumLine:
    """One line of the arithmetic behind some points."""

    label: str
    figure: str
    is_total: bool


@dataclass(frozen=True, slots=True)
class MoveLine:
    """One act in a line: what it was, when, and what it did."""

    title: str
    when: str
    points: str


@dataclass(frozen=True, slots=True)
class LotLine:
    """Points that came together, as they are read."""

    icon: str
    title: str
    when: str
    left: str
    of: str
    why: str
    states: tuple[str, ...]
    moves: tuple[MoveLine, ...]


@dataclass(frozen=True, slots=True)
class WhyPoints:
    """The whole answer: the sum, the lots that are left, those that were used, and the debt."""

    sums: tuple[SumLine, ...]
    holds: tuple[str, ...]
    lots: tuple[LotLine, ...]
    used: tuple[LotLine, ...]
    older: str
    debt: str
    debts: tuple[MoveLine, ...]


def why_points(told: PointsTold, *, zone: str, count: Count = points_text) -> WhyPoints:
    """Write why a balance is what it is; `count` writes so many of what it is of."""
    return WhyPoints(
        sums=_sums(told, count),
        holds=tuple(hold_text(each, zone, count) for each in told.holds),
        lots=tuple(lot_line(each, zone=zone, count=count) for each in told.lots),
        used=tuple(lot_line(each, zone=zone, count=count) for each in told.used),
        older=_older(told, count),
        debt=debt_text(told.debt, count),
        debts=tuple(_move(each, zone) for each in told.debts),
    )


def debt_text(debt: int, count: Count = points_text) -> str:
    """Say in plain words what a debt is and how it ends; nothing when there is none."""
    if not debt:
        return ""
    return gettext(
        "Se devolvieron compras con %(points)s ya usados: los próximos los cubren.",
        points=count(debt),
    )


def ends_text(now: Spendable, zone: str) -> str:
    """Say which points end next: 40 caducan el 31 de enero."""
    if now.expiring_at is None or not now.expiring_points:
        return ""
    return ngettext(
        "%(count)s caduca el %(day)s",
        "%(count)s caducan el %(day)s",
        now.expiring_points,
        count=whole_text(now.expiring_points),
        day=near_day(now.expiring_at, zone),
    )


def waits_texts(points: CardPoints, zone: str) -> tuple[str, ...]:
    """Say which points are there and cannot be used yet, each with its reason."""
    until = points.balance.pending_until if points.balance else None
    return waiting_texts(points.now, until, zone)


def waiting_texts(
    now: Spendable, until: datetime | None, zone: str, count: Count = points_text
) -> tuple[str, ...]:
    """Say how many wait, all of them `until` then, and how many are held for a reward."""
    told = []
    if now.pending and until is not None:
        told.append(
            gettext(
                "%(points)s más en camino: se pueden usar el %(day)s.",
                points=count(now.pending),
                day=near_day(until, zone),
            )
        )
    if now.held:
        told.append(gettext("%(points)s reservados para un premio.", points=count(now.held)))
    return tuple(told)


def near_day(at: datetime, zone: str) -> str:
    """Write a day of this year or the next, without the year."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return format_date(day, gettext("d 'de' MMMM"), locale=locale_name())


def hold_text(hold: HoldTold, zone: str, count: Count = points_text) -> str:
    """Say what some points are reserved for, and until when."""
    points = count(hold.points)
    reward = hold.reward_name or gettext("un premio")
    if hold.ends_at is None:
        return gettext("%(points)s reservados: %(reward)s.", points=points, reward=reward)
    return gettext(
        "%(points)s reservados: %(reward)s, hasta las %(time)s.",
        points=points,
        reward=reward,
        time=clock_text(hold.ends_at, zone),
    )


def lot_line(lot: LotTold, *, zone: str, count: Count = points_text) -> LotLine:
    """Write where points came from, why that many, and what became of them."""
    return LotLine(
        icon=ICONS.get(lot.source.kind, "bag"),
        title=act_title(lot.source),
        when=act_when(lot.source, zone),
        left=whole_text(lot.remaining),
        of=gettext("de %(points)s", points=whole_text(lot.came))
        if lot.remaining != lot.came
        else "",
        why=_why(lot, count),
        states=_states(lot, zone, count),
        moves=tuple(
            _move(each, zone)
            for each in (*_brought(lot), *sorted(lot.moves, key=lambda move: move.recorded_at))
        ),
    )


def act_title(act: ActTold) -> str:
    """Name an act that moved points."""
    if act.is_elsewhere:
        return gettext("En otra tienda del programa")
    store = act.store_name or ""
    is_moved = beside_points(act.act_id).startswith("reassign:")
    if act.kind == "take_back" and is_moved:
        return gettext("La caja lo pasó a otra tarjeta")
    if act.kind == "take_back" and act.basis.get("bonus") == "welcome":
        return gettext("La bienvenida es una por persona")
    if act.kind == "earn" and is_moved:
        return gettext("La caja corrigió: esta compra era de esta tarjeta")
    if act.kind == "earn" and (act.sale_id or "").startswith("order:"):
        return gettext("Pedido recogido en %(store)s", store=store)
    titles = {
        "earn": gettext("Compra en %(store)s", store=store) if store else gettext("Compra"),
        "take_back": gettext("Devolución"),
        "transfer": gettext("De otra tarjeta"),
        "transfer_back": gettext("Al separar las tarjetas"),
        **points_titles(act.reward_name, act.basis),
    }
    return titles.get(act.kind, act.kind)


def points_titles(reward_name: str, basis: Mapping[str, Fact]) -> dict[str, str]:
    """Name each kind of act that moves points and is no sale."""
    reward = reward_name or gettext("Premio")
    reason = str(basis.get("reason") or "")
    gifts = {
        "welcome": gettext("Regalo de bienvenida"),
        "birthday": gettext("Regalo de cumpleaños"),
        "referral": gettext("Regalo por una invitación"),
        "carry": gettext("Lo que faltaba para un punto, al juntar tarjetas"),
    }
    return {
        "bonus": gifts.get(str(basis.get("bonus")), gettext("Regalo de la tienda")),
        "redeem": reward,
        "give_back": gettext("Devuelto: %(reward)s", reward=reward),
        "expire": gettext("Caducaron"),
        "adjust": gettext("Ajuste de la tienda: %(reason)s", reason=reason)
        if reason
        else gettext("Ajuste de la tienda"),
        "open": gettext("Puntos de antes"),
        "forgive": gettext("La tienda los perdonó"),
        "settle": gettext("Cubrieron una devolución"),
    }


def act_when(act: ActTold, zone: str) -> str:
    """Say when and where an act was, and of how much money."""
    parts = [f"{_day(act.at, zone)}, {clock_text(act.at, zone)}"]
    if act.till_name:
        parts.append(act.till_name)
    if act.total_minor is not None and act.currency is not None and act.kind == "earn":
        parts.append(money_text(act.total_minor, act.currency))
    return " · ".join(parts)


def _day(at: datetime, zone: str) -> str:
    day = at.astimezone(ZoneInfo(zone)).date()
    return f"{short_day_text(day)} {format_date(day, 'MMM y', locale=locale_name())}"


def _why(lot: LotTold, count: Count) -> str:
    act = lot.source
    parts = []
    if act.rule is not None and act.rule_currency is not None:
        parts.append(f"{points_text(lot.earned)}: {_rule_text(act, act.rule, act.rule_currency)}.")
    if act.terms is not None:
        parts.append(f"{count(lot.earned)}: {terms_text(act.terms, act.currency)}.")
    repaid = lot.earned - lot.came
    if repaid > 0:
        parts.append(gettext("%(points)s cubrieron una devolución anterior.", points=count(repaid)))
    return " ".join(parts)


def _rule_text(act: ActTold, rule: Rule, currency: str) -> str:
    """Say the rule, and what of the purchase did not count or counted more."""
    told = gain_text(rule, currency)
    times, cut = str(act.basis.get("times") or ""), int(act.basis.get("cut") or 0)
    if times:
        told = f"{told}, {times_text(Fraction(times))}"
    counted = act.basis.get("counted")
    if isinstance(counted, int) and act.total_minor is not None and counted < act.total_minor:
        amount = money_text(counted, currency)
        told = gettext("%(rule)s; cuentan %(amount)s", rule=told, amount=amount)
    if cut > 0:
        told = gettext("%(rule)s; el máximo quita %(points)s", rule=told, points=points_text(cut))
    return told


def _brought(lot: LotTold) -> tuple[ActTold, ...]:
    """Tell of points that were issued elsewhere what brought them into this wallet."""
    return () if lot.brought_by.recorded_at == lot.source.recorded_at else (lot.brought_by,)


def _states(lot: LotTold, zone: str, count: Count) -> tuple[str, ...]:
    told = []
    if lot.held:
        told.append(gettext("%(points)s reservados", points=count(lot.held)))
    if lot.state == "pending" and lot.available_at is not None:
        told.append(gettext("Pendientes hasta el %(day)s", day=date_text(lot.available_at, zone)))
    if lot.state == "past":
        told.append(gettext("Caducados"))
    elif lot.state != "used" and lot.expires_at is not None:
        told.append(gettext("Caducan el %(day)s", day=date_text(lot.expires_at, zone)))
    return tuple(told)


def _move(act: ActTold, zone: str) -> MoveLine:
    return MoveLine(act_title(act), _day(act.at, zone), signed_text(act.points))


def sum_text(told: PointsTold, count: Count = points_text) -> str:
    """Say the whole sum in one sentence: 37 puntos: +120 por compras, −83 usados en premios."""
    parts = [f"{each.figure} {_lower(each.label)}" for each in _sums(told, count)[:-1]]
    total = count(told.free)
    return f"{total}: {', '.join(parts)}." if parts else f"{total}."


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _older(told: PointsTold, count: Count) -> str:
    if not told.older.lots:
        return ""
    return ngettext(
        "Y %(num)s anterior: %(points)s, ya usados.",
        "Y %(num)s anteriores: %(points)s, ya usados.",
        told.older.lots,
        points=count(told.older.points),
    )


def _kinds() -> Mapping[str, str]:
    return {
        "earn": gettext("Por compras"),
        "bonus": gettext("Por regalos de la tienda"),
        "open": gettext("De antes"),
        "take_back": gettext("Por devoluciones y correcciones"),
        "redeem": gettext("En premios"),
        "give_back": gettext("Por premios devueltos"),
        "expire": gettext("Caducados"),
        "adjust": gettext("Por ajustes de la tienda"),
        "forgive": gettext("Perdonados por la tienda"),
        "settle": gettext("Cubrieron una devolución"),
        "transfer": gettext("De otra tarjeta"),
        "transfer_back": gettext("Al separar las tarjetas"),
    }


def _sums(told: PointsTold, count: Count) -> tuple[SumLine, ...]:
    """Write the sum behind the figure: what each kind of act brought or took, then what waits."""
    lines = [
        SumLine(name, signed_text(told.by_kind[kind]), is_total=False)
        for kind, name in _kinds().items()
        if told.by_kind.get(kind)
    ]
    if told.debt:
        lines.append(
            SumLine(
                gettext("Por cubrir con próximas compras"), signed_text(told.debt), is_total=False
            )
        )
    waiting = (
        (gettext("Reservados ahora"), told.held),
        (gettext("Aún pendientes"), told.pending),
        (gettext("Pasados de fecha"), told.past),
    )
    lines += [
        SumLine(name, signed_text(-points), is_total=False) for name, points in waiting if points
    ]
    lines.append(SumLine(gettext("Se pueden usar"), count(told.free), is_total=True))
    return tuple(lines)
