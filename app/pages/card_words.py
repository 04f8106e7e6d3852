"""The sentences of a shopper's card: what happened, why these points, how we know."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from app.language import gettext
from app.points_words import ICONS as POINTS_ICONS
from app.points_words import SumLine, points_titles
from app.text import (
    clock_text,
    money_text,
    points_text,
    rule_text,
    short_day_text,
    signed_text,
)
from loyalty.journeys.history import HistoryRow

ICONS: Final = {
    **POINTS_ICONS,
    "sale": "bag",
    "refund": "arrow-counterclockwise",
    "moved_away": "arrow-counterclockwise",
    "moved_here": "bag",
    "joined": "link-45deg",
    "joined_away": "link-45deg",
    "join_undone": "arrow-counterclockwise",
    "apart": "scissors",
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One row of the history, as it is read."""

    icon: str
    title: str
    when: str
    points: str
    is_gain: bool
    why_title: str
    sums: tuple[SumLine, ...]
    how_we_know: str
    state: str
    undo_link: str


def history_line(row: HistoryRow, *, zone: str, join_undoable: bool = False) -> HistoryLine:
    """Write a row of the history."""
    return HistoryLine(
        icon=ICONS[row.kind],
        title=row_title(row),
        when=_when(row, zone),
        points=signed_text(row.points) if row.points or row.kind == "sale" else "",
        is_gain=row.points > 0,
        why_title=_why_title(row),
        sums=_sums(row),
        how_we_know=how_we_know(row, zone=zone),
        state=_state(row),
        undo_link=(row.link_id or "") if join_undoable and row.kind == "joined" else "",
    )


def row_title(row: HistoryRow) -> str:
    """Name what happened."""
    if row.kind == "sale" and is_of_order(row):
        return gettext("Pedido recogido en %(store)s", store=row.store_name)
    if row.reason == "receipt":
        return gettext("Compra en %(store)s, sumada con su recibo", store=row.store_name)
    titles = {
        "sale": gettext("Compra en %(store)s", store=row.store_name),
        "refund": gettext("Devolución"),
        "moved_away": gettext("La caja corrigió: esta compra no era tuya"),
        "moved_here": gettext("La caja corrigió: esta compra era tuya"),
        "joined": gettext("Juntaste otra tarjeta con esta"),
        "joined_away": gettext("Los puntos pasaron a la otra tarjeta"),
        "join_undone": gettext("Separaste las dos tarjetas"),
        "apart": gettext("Puntos de una compra que desuniste"),
        **points_titles(row.reward_name, row.basis),
    }
    return titles[row.kind]


def is_of_order(row: HistoryRow) -> bool:
    """Say whether a sale is what an order's handoff recorded."""
    return (row.sale_id or "").startswith("order:")


def why_text(row: HistoryRow) -> str:
    """Say in one sentence why these points: 12 puntos: 12,40 € en Panadería …"""
    if row.total_minor is None or row.currency is None:
        return row_title(row)
    money = _amount(row)
    if row.kind == "refund":
        return gettext(
            "%(points)s: devolución de %(amount)s en %(store)s.",
            points=signed_text(row.points),
            amount=money,
            store=row.store_name,
        )
    if row.kind == "moved_away":
        return gettext(
            "%(points)s: la compra de %(amount)s no era tuya y la caja lo corrigió.",
            points=points_text(row.points),
            amount=money,
        )
    return gettext(
        "%(points)s: %(amount)s en %(store)s.",
        points=points_text(row.points),
        amount=money,
        store=row.store_name,
    )


def rule_words(row: HistoryRow) -> str:
    """Say the rule these points were counted by: its name, or its rate."""
    if row.rule_name:
        return row.rule_name
    if row.rule_points is None or row.rule_per_minor is None or row.currency is None:
        return ""
    return rule_text(row.rule_points, row.rule_per_minor, row.currency)


def how_we_know(row: HistoryRow, *, zone: str) -> str:
    """Say how we know that it was this person."""
    clock = clock_text(row.at, zone)
    till = row.till_name or gettext("la caja")
    if row.kind == "apart":
        return gettext("Desuniste su recibo. Los puntos se quedaron.")
    if row.kind in {"joined", "joined_away", "join_undone"}:
        return gettext("Lo pediste tú, con tu correo y este móvil.")
    if is_of_order(row) and row.reason == "none":
        return gettext("Sabemos que fuiste tú porque lo pediste con esta tarjeta.")
    words = {
        "vendor": gettext(
            "Sabemos que fuiste tú porque la caja dio tu número de cliente. Sin tarjeta no suma."
        ),
        "receipt": gettext("Sabemos que fuiste tú porque abriste el código de su recibo."),
        "live_code": gettext(
            "Sabemos que fuiste tú porque %(till)s leyó el código de tu móvil a las %(time)s.",
            till=till,
            time=clock,
        ),
        "printed_code": gettext(
            "Sabemos que fuiste tú porque %(till)s leyó tu tarjeta impresa a las %(time)s.",
            till=till,
            time=clock,
        ),
        "till": gettext("Lo hizo %(till)s a las %(time)s.", till=till, time=clock),
        "shopper": gettext("Lo pediste tú."),
        "staff": gettext("Lo hizo la tienda."),
    }
    return words.get(row.reason, "")


def _why_title(row: HistoryRow) -> str:
    if row.total_minor is None:
        return gettext("Por qué")
    return gettext("Por qué %(points)s", points=points_text(abs(row.points)))


def _sums(row: HistoryRow) -> tuple[SumLine, ...]:
    if row.total_minor is None or row.currency is None:
        return ()
    if row.kind == "refund":
        bought = money_text(row.total_minor, row.currency)
        return (
            SumLine(gettext("Compra"), bought, is_total=False),
            SumLine(gettext("Devuelto"), _amount(row), is_total=False),
            SumLine(gettext("Se van con lo devuelto"), points_text(-row.points), is_total=True),
        )
    if row.kind not in {"sale", "moved_here"}:
        return ()
    lines = [SumLine(gettext("Compra"), money_text(row.total_minor, row.currency), is_total=False)]
    if rule_words(row):
        lines.append(SumLine(rule_words(row), points_text(row.points), is_total=True))
    else:
        lines.append(SumLine(gettext("No suma"), points_text(row.points), is_total=True))
    return tuple(lines)


def _when(row: HistoryRow, zone: str) -> str:
    parts = [
        f"{short_day_text(row.at.astimezone(ZoneInfo(zone)).date())}, {clock_text(row.at, zone)}"
    ]
    if row.till_name:
        parts.append(row.till_name)
    if row.total_minor is not None:
        parts.append(_amount(row))
    return " · ".join(parts)


def _amount(row: HistoryRow) -> str:
    """Write what this act was about: what was paid, or what was given back."""
    minor = row.refunded_minor if row.kind == "refund" else row.total_minor
    return money_text(minor or 0, row.currency) if row.currency else ""


def _state(row: HistoryRow) -> str:
    if row.kind != "sale":
        return ""
    words = {
        "part_refunded": gettext("Devuelta en parte"),
        "refunded": gettext("Devuelta entera"),
        "moved": gettext("Corregida: ya no cuenta aquí"),
    }
    return words.get(row.sale_state or "", "")
