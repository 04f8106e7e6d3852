"""How rewards are put into words: what they give, on what terms, and what is wrong with a form."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from app.language import gettext, ngettext
from app.pages.admin_goods import goods_text, plain_day_text
from app.pages.admin_reward_form import last_day
from app.text import even_money_text, points_text, short_date_text, whole_text
from loyalty.points.earning.document import Goods
from loyalty.points.rules import POINTS, RewardFacts

ICONS: Final = {
    "product": "gift",
    "fixed": "dash-lg",
    "percent": "scissors",
    "money": "arrow-left-right",
    "stamps": "check-circle-fill",
}


def kind_word(kind: str) -> str:
    """Name a kind of reward."""
    words = {
        "product": gettext("Un producto gratis"),
        "fixed": gettext("Un descuento fijo"),
        "percent": gettext("Un tanto por ciento"),
        "money": gettext("Puntos como dinero"),
        "stamps": gettext("Tarjeta de sellos"),
    }
    return words[kind]


def kind_hint(kind: str) -> str:
    """Say what a kind is good for, with an example."""
    words = {
        "product": gettext("Un café de la casa por 50 puntos."),
        "fixed": gettext("5 € menos por 200 puntos."),
        "percent": gettext("10 % menos por 150 puntos."),
        "money": gettext("Quien compra elige cuántos puntos usa: cada 100 valen 1 €."),
        "stamps": gettext("El décimo café, gratis. Va por sellos, no por puntos."),
    }
    return words[kind]


def cost_text(reward: RewardFacts) -> str:
    """Say what a reward costs: 50 puntos, 10 sellos, desde 100 puntos."""
    if reward.unit != POINTS:
        count = whole_text(reward.points)
        return ngettext("%(count)s sello", "%(count)s sellos", reward.points, count=count)
    told = points_text(reward.points)
    return gettext("desde %(points)s", points=told) if reward.kind == "money" else told


def gift_text(reward: RewardFacts, products: Mapping[str, str]) -> str:
    """Say what a reward gives: 5 € menos; 10 % menos en Panes."""
    told = reward.parameters
    goods = Goods(_names(told, "products"), _names(told, "categories"))
    where = goods_text(goods, products) if goods else ""
    currency = reward.currency or "EUR"
    match reward.kind:
        case "fixed":
            minor = cast("int", told["minor"])
            return gettext("%(amount)s menos", amount=even_money_text(minor, currency))
        case "percent":
            share = gettext("%(share)s %% menos", share=told["percent"])
            return gettext("%(what)s en %(goods)s", what=share, goods=where) if where else share
        case "money":
            per, minor = cast("int", told["per_points"]), cast("int", told["minor"])
            return gettext(
                "%(points)s valen %(amount)s",
                points=points_text(per),
                amount=even_money_text(minor, currency),
            )
        case "stamps":
            return _stamps(where, per_visit=told.get("per") == "visit")
    if not where:
        return gettext("Se da aparte del tique")
    return gettext("Gratis, de %(goods)s", goods=where)


def _stamps(where: str, *, per_visit: bool) -> str:
    if per_visit:
        return gettext("Un sello por compra")
    return gettext("Un sello por cada uno de %(goods)s", goods=where)


def terms_texts(reward: RewardFacts, zone: str) -> tuple[str, ...]:
    """List on what terms a reward can be had; nothing when always and everywhere."""
    told: list[str] = []
    if reward.minimum_minor:
        least = even_money_text(reward.minimum_minor, reward.currency or "EUR")
        told.append(gettext("compras desde %(amount)s", amount=least))
    if reward.valid_from is not None:
        day = short_date_text(reward.valid_from, zone)
        told.append(gettext("desde el %(start)s", start=day))
    if reward.valid_until is not None:
        last = last_day(reward.valid_until, zone)
        told.append(gettext("hasta el %(end)s", end=plain_day_text(last)))
    if reward.stock is not None:
        told.append(gettext("%(count)s en total", count=whole_text(reward.stock)))
    if reward.per_member is not None:
        told.append(gettext("%(count)s por persona", count=whole_text(reward.per_member)))
    if reward.per_member_day is not None:
        count = whole_text(reward.per_member_day)
        told.append(gettext("%(count)s al día por persona", count=count))
    if not reward.on_web:
        told.append(gettext("solo en caja"))
    if not reward.at_till:
        told.append(gettext("solo en la web"))
    return tuple(told)


def _names(told: Mapping[str, object], name: str) -> tuple[str, ...]:
    return tuple(cast("Sequence[str]", told.get(name, ())))
