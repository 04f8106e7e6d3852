"""How an earning rule is put into words: one sentence, its doubts, and why it gives nothing."""

from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Final

from babel.dates import get_day_names
from babel.lists import format_list

from app.gain_words import gain_text, times_text
from app.language import gettext
from app.pages.admin_goods import goods_text, plain_day_text
from app.text import even_money_text, locale_name, points_text
from loyalty.points.earning.document import Caps, HoursTimes, Rule, TierTimes, WeekdayTimes

GOODS_SHOWN: Final = 3
WEEK: Final = 7


def rule_sentence(
    rule: Rule, currency: str, *, products: Mapping[str, str], tiers: Mapping[str, str]
) -> str:
    """Say a rule in one line: "1 punto por cada euro · los martes el doble · sin Tabaco".

    `products` gives names for references, `tiers` for tier ids.
    """
    parts = [gain_text(rule, currency)]
    if rule.include:
        parts.append(gettext("solo en %(goods)s", goods=goods_text(rule.include, products)))
    if rule.exclude:
        parts.append(gettext("sin %(goods)s", goods=goods_text(rule.exclude, products)))
    if rule.minimum_minor:
        least = even_money_text(rule.minimum_minor, currency)
        parts.append(gettext("desde %(amount)s", amount=least))
    if rule.tax == "out":
        parts.append(gettext("sin contar el impuesto"))
    parts += [_weekdays(each) for each in rule.weekdays]
    parts += [_hours(each) for each in rule.hours]
    parts += [_tier(each, tiers) for each in rule.tiers]
    parts += _caps(rule.caps)
    parts += _validity(rule.valid_from, rule.valid_until)
    return " · ".join(parts)


def day_words(days: Iterable[int]) -> str:
    """Name days of the week in the plural, 1 being Monday: los martes y jueves."""
    told = sorted(days)
    if told == [6, 7]:
        return gettext("los fines de semana")
    if told == [1, 2, 3, 4, 5]:
        return gettext("de lunes a viernes")
    names = get_day_names("wide", locale=locale_name())
    plural = [_plural(names[day - 1]) for day in told]
    return gettext("los %(days)s", days=format_list(plural, locale=locale_name()))


def _plural(day: str) -> str:
    return day if day.endswith("s") else f"{day}s"


def _weekdays(each: WeekdayTimes) -> str:
    return gettext("%(days)s %(times)s", days=day_words(each.days), times=times_text(each.times))


def _hours(each: HoursTimes) -> str:
    return gettext(
        "de %(start)s a %(end)s %(times)s",
        start=clock_words(each.start),
        end=clock_words(each.end),
        times=times_text(each.times),
    )


def clock_words(clock: time) -> str:
    """Write a time of the day: 17:00."""
    return clock.strftime("%H:%M")


def _tier(each: TierTimes, tiers: Mapping[str, str]) -> str:
    name = tiers.get(each.tier_id, each.tier_id)
    return gettext("nivel %(tier)s %(times)s", tier=name, times=times_text(each.times))


def _caps(caps: Caps) -> list[str]:
    told = (
        (caps.member_day, gettext("hasta %(points)s al día por persona")),
        (caps.member_month, gettext("hasta %(points)s al mes por persona")),
        (caps.member_ever, gettext("hasta %(points)s en total por persona")),
        (caps.total, gettext("hasta %(points)s entre todos")),
    )
    return [text % {"points": points_text(most)} for most, text in told if most is not None]


def _validity(start: date | None, end: date | None) -> list[str]:
    if start and end:
        return [
            gettext(
                "del %(start)s al %(end)s", start=plain_day_text(start), end=plain_day_text(end)
            )
        ]
    if start:
        return [gettext("desde el %(start)s", start=plain_day_text(start))]
    if end:
        return [gettext("hasta el %(end)s", end=plain_day_text(end))]
    return []


def why_not_text(why_not: str) -> str:
    """Say why a rule gives nothing for a basket."""
    words = {
        "not_yet": gettext("Todavía no vale ese día."),
        "over": gettext("Ese día ya no vale."),
        "nothing_paid": gettext("No se paga nada."),
        "no_such_goods": gettext("No hay nada de lo que cuenta en esta regla."),
        "below_minimum": gettext("No llega al mínimo."),
        "below_step": gettext("No llega para un paso entero."),
        "capped": gettext("Ya se ha dado el máximo."),
    }
    return words[why_not]


def warning_text(code: str) -> str:
    """Say what may not be meant in the rules; "" for what nobody has to be told."""
    words = {
        "overlaps": gettext("Coincide con otra regla: en esas compras gana la que más da."),
        "coarse_step": gettext(
            "Da varios puntos de una vez: lo que no llena el paso se pierde, también con más veces."
        ),
        "some_goods_earn_nothing": gettext(
            "Hay cosas con las que no se gana nada: ninguna regla vale para todo."
        ),
        "small_baskets_earn_nothing": gettext(
            "Las compras pequeñas no ganan nada: todas las reglas piden un mínimo."
        ),
        "days_earn_nothing": gettext("Hay días entre dos reglas en los que no se gana nada."),
        "earning_ends": gettext("Después del último día de las reglas no se gana nada."),
        "unknown_product": gettext("Nombra un producto que ya no está en la lista."),
        "unknown_category": gettext("Nombra una categoría que ya no usa ningún producto."),
        "below_a_shorter_cap": gettext("Un límite más largo es menor que uno más corto."),
    }
    return words.get(code, "")


def error_text(code: str) -> str:
    """Say what is wrong with a field of a rule and what would be right."""
    words = {
        "missing": gettext("Falta este dato."),
        "out_of_range": gettext("Ese número no cabe aquí."),
        "not_a_whole_number": gettext("Escribe un número entero, sin decimales."),
        "not_an_amount": gettext("Escribe un importe, por ejemplo 10 o 2,50."),
        "not_a_day": gettext("Escribe un día que exista."),
        "not_a_time": gettext("Escribe una hora, por ejemplo 17:00."),
        "ends_before_it_starts": gettext("El último día va después del primero."),
        "contradicts_include": gettext("Quita justo lo que la regla cuenta: no quedaría nada."),
        "never_wins": gettext(
            "Otra regla con las mismas condiciones da siempre lo mismo o más: no ganaría nunca."
        ),
        "overlaps": gettext("Dos horarios se pisan."),
        "empty": gettext("Empieza y acaba a la misma hora."),
        "too_long": gettext("Es demasiado largo."),
        "too_many": gettext("Son demasiados."),
        "unknown_tier": gettext("Ese nivel ya no existe."),
        "unknown_product": gettext("No encuentro ese producto en tu lista."),
        "not_a_multiplier": gettext("Escribe cuántas veces, por ejemplo 2 o 1,5."),
    }
    return words.get(code, gettext("Revisa este dato."))
