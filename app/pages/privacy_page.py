"""What the privacy page shows: a thread of what is linked, each with its reason."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import ShopperPrincipal
from app.language import gettext, ngettext
from app.pages.consent_words import consent_questions, social_question
from app.pages.identity_words import ICONS
from app.pages.network_words import network_name
from app.pages.shop_frame import ShopFrame, shop_frame, store_of
from app.text import clock_text, date_text, whole_text
from app.wiring import services
from loyalty.identity.consents import SOCIAL, ConsentFacts
from loyalty.journeys.card_view import (
    CardPrivacy,
    CarrierFacts,
    LinkedThing,
    card_privacy,
    card_view,
)
from loyalty.journeys.own_accounts import shop_networks

FEW: Final = 3
# So many more stand behind one tap, and as many again behind the next.
MORE: Final = 60


@dataclass(frozen=True, slots=True)
class LinkedKnot:
    """One linked thing: what it is, why, and whether it can come off."""

    icon: str
    title: str
    why: str
    line: str  # "solid", "dashed" or "dotted"
    link_id: str
    kind: str
    can_unlink: bool
    can_relink: bool


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One purpose: what it says, and since when it is or is not accepted."""

    purpose: str
    title: str
    text: str
    since: str
    is_given: bool
    change_href: str  # "" for what is accepted on a page of its own


@dataclass(frozen=True, slots=True)
class CarrierLine:
    """One phone or printed card of this person."""

    icon: str
    title: str
    since: str


@dataclass(frozen=True, slots=True)
class PrivacyPage:
    """Everything linked to this card."""

    frame: ShopFrame
    knots: tuple[LinkedKnot, ...]
    more: tuple[LinkedKnot, ...]
    more_label: str
    is_more_open: bool
    even_more_href: str
    history_href: str
    save_href: str
    is_saved: bool
    networks_href: str
    has_account: bool
    consents: tuple[ConsentLine, ...]
    carriers: tuple[CarrierLine, ...]
    name: str


def privacy_page(session: Session, shopper: ShopperPrincipal, *, rows: int = MORE) -> PrivacyPage:
    """Gather the page: the newest few of each kind, and `rows` of the rest, the newest first."""
    store = store_of(session, shopper)
    told = card_privacy(session, shopper.browser)
    view = card_view(session, shopper.browser, at=services().tools.clock.now())
    zone = store.time_zone
    knots = [_card_knot(told, zone)]
    if told.purchases:
        knots.append(_purchases_knot(told.purchases))
    first, rest = _few(told.linked)
    knots += [_linked_knot(each, zone) for each in first]
    return PrivacyPage(
        frame=shop_frame(store, tab="privacy"),
        knots=tuple(knots),
        more=tuple(_linked_knot(each, zone) for each in rest[:rows]),
        more_label=ngettext("%(num)s unión más", "%(num)s uniones más", len(rest)),
        is_more_open=rows > MORE,
        even_more_href=url_for("privacy.privacy", rows=rows * 2, _anchor="more")
        if len(rest) > rows
        else "",
        history_href=url_for("card.history"),
        save_href=url_for("save.ask", slug=store.slug),
        is_saved=bool(told.emails),
        networks_href=_networks_href(session, shopper),
        has_account=any(each.kind == "social" and each.removable for each in told.linked),
        consents=_consents(told.consents, zone),
        carriers=tuple(_carrier(each, zone) for each in told.carriers),
        name=view.display_name or "",
    )


def _few(
    linked: tuple[LinkedThing, ...],
) -> tuple[list[LinkedThing], list[LinkedThing]]:
    """Show the newest few of each kind; a regular's fifty visits wait behind one tap."""
    shown: Counter[str] = Counter()
    first: list[LinkedThing] = []
    rest: list[LinkedThing] = []
    for each in sorted(linked, key=lambda one: one.link.occurred_at, reverse=True):
        shown[each.kind] += 1
        (first if shown[each.kind] <= FEW else rest).append(each)
    return first, rest


def _networks_href(session: Session, shopper: ShopperPrincipal) -> str:
    """Say where an account is linked; nowhere while the shop is on no network."""
    is_somewhere = bool(shop_networks(session, shopper.program_id))
    return url_for("networks.networks") if is_somewhere else ""


def _card_knot(told: CardPrivacy, zone: str) -> LinkedKnot:
    return LinkedKnot(
        icon="qr-code",
        title=gettext("Tu tarjeta"),
        why=gettext(
            "La creaste el %(date)s. Es el centro: sin ella no hay puntos.",
            date=date_text(told.created_at, zone),
        ),
        line="solid",
        link_id="",
        kind="card",
        can_unlink=False,
        can_relink=False,
    )


def _purchases_knot(purchases: int) -> LinkedKnot:
    return LinkedKnot(
        icon="bag",
        title=ngettext(
            "%(count)s compra en tienda",
            "%(count)s compras en tienda",
            purchases,
            count=whole_text(purchases),
        ),
        why=gettext("Porque enseñaste tu código en caja."),
        line="solid",
        link_id="",
        kind="sales",
        can_unlink=False,
        can_relink=False,
    )


def _linked_knot(thing: LinkedThing, zone: str) -> LinkedKnot:
    lines = {"session": "dashed", "vendor": "dashed", "device": "dashed"}
    is_off = thing.restorable or not thing.removable
    return LinkedKnot(
        icon=ICONS.get(thing.kind, "link-45deg"),
        title=_linked_title(thing),
        why=_linked_why(thing, zone),
        line="dotted" if is_off or thing.link.refused_rule else lines.get(thing.kind, "solid"),
        link_id=thing.link.link_id,
        kind=thing.kind,
        can_unlink=not is_off,
        can_relink=thing.restorable,
    )


def _linked_title(thing: LinkedThing) -> str:
    if thing.kind == "email":
        return thing.masked or gettext("Tu correo")
    if thing.kind == "phone" and thing.masked:
        return gettext("Tu teléfono %(number)s", number=thing.masked)
    if thing.account is not None:
        return thing.account.display
    return {
        "join": gettext("Otra tarjeta tuya"),
        "receipt": gettext("Una compra, por su recibo"),
        "order": gettext("Un pedido"),
        "vendor": gettext("Tu número de cliente en la caja"),
        "phone": gettext("Tu teléfono"),
        "device": gettext("Un navegador"),
        "staff": gettext("Algo que unió la tienda"),
    }.get(thing.kind, gettext("Una visita a la web"))


def _linked_why(thing: LinkedThing, zone: str) -> str:
    day = date_text(thing.link.occurred_at, zone)
    if thing.restorable:
        return gettext("Lo desuniste tú. Ya no cuenta; puedes volver a unirlo.")
    if not thing.removable:
        return _off_words(thing)
    words = {
        "session": _visit_why,
        "email": _email_why,
        "social": _account_why,
        "join": _join_why,
        "staff": _staff_why,
        "phone": _phone_why,
    }
    if thing.kind in words:
        return words[thing.kind](thing, zone)
    contract = {
        "receipt": gettext("Porque abriste el código de su recibo el %(date)s.", date=day),
        "order": gettext("Porque lo hiciste con esta tarjeta el %(date)s.", date=day),
        "vendor": gettext("Porque la caja lo dio junto a tu código el %(date)s.", date=day),
        "device": gettext("Porque entraste con él el %(date)s.", date=day),
    }
    return contract.get(thing.kind, "")


def _off_words(thing: LinkedThing) -> str:
    if thing.kind == "join":
        return gettext("Las separaste otra vez. Ya no cuenta.")
    if thing.kind == "social":
        return gettext("La separó la tienda. Ya no cuenta.")
    return gettext("Lo separó la tienda. Ya no cuenta.")


def _email_why(thing: LinkedThing, zone: str) -> str:
    return gettext(
        "Porque lo escribiste tú y confirmaste el correo que te mandamos el %(date)s.",
        date=date_text(thing.link.occurred_at, zone),
    )


def _visit_why(thing: LinkedThing, zone: str) -> str:
    """Say which consent and which scan joined a visit."""
    given = date_text(thing.consent_given_at or thing.link.occurred_at, zone)
    at = thing.sale_at or thing.link.occurred_at
    return gettext(
        "Porque lo aceptaste el %(given)s, y el código que abrió esa visita se leyó en "
        "%(till)s el %(date)s a las %(time)s.",
        given=given,
        till=thing.till_name or gettext("la caja"),
        date=date_text(at, zone),
        time=clock_text(at, zone),
    )


def _join_why(thing: LinkedThing, zone: str) -> str:
    """Say who put two cards together."""
    day = date_text(thing.link.occurred_at, zone)
    if not thing.link.actor.startswith("staff:"):
        return gettext("Porque pediste juntarlas el %(date)s.", date=day)
    return gettext(
        "Porque la tienda las juntó el %(date)s: «%(why)s».", date=day, why=_reason(thing)
    )


def _staff_why(thing: LinkedThing, zone: str) -> str:
    day = date_text(thing.link.occurred_at, zone)
    return gettext("Porque la tienda lo dijo el %(date)s: «%(why)s».", date=day, why=_reason(thing))


def _phone_why(thing: LinkedThing, zone: str) -> str:
    """Say who gave a number or wrote it down, and when it joins nothing that it does not."""
    day = date_text(thing.link.occurred_at, zone)
    if thing.link.actor.startswith("staff:"):
        told = gettext(
            "Porque la tienda lo apuntó el %(date)s: «%(why)s».", date=day, why=_reason(thing)
        )
    else:
        told = gettext("Porque diste este número el %(date)s.", date=day)
    return " ".join((told, gettext("No une nada."))) if thing.link.refused_rule else told


def _reason(thing: LinkedThing) -> str:
    return thing.link.reason or gettext("sin decir por qué")


def _account_why(thing: LinkedThing, zone: str) -> str:
    """Say since when an account is linked, how we know that it is theirs, and what for."""
    assert thing.account is not None, "only accounts that are still known are told"
    day = date_text(thing.link.occurred_at, zone)
    ways = {
        "oauth": gettext("entraste en tu servidor"),
        "code": gettext("pusiste nuestro código en tu perfil"),
        "rel_me": gettext("tu web dice que es tuya"),
    }
    return gettext(
        "%(network)s, desde el %(date)s, porque %(way)s y lo aceptaste. "
        "Así la tienda ve tus «me gusta» a lo suyo.",
        network=network_name(thing.account.network),
        date=day,
        way=ways.get(thing.account.proved_by, ""),
    )


def _consents(told: tuple[ConsentFacts, ...], zone: str) -> tuple[ConsentLine, ...]:
    lines = []
    questions = consent_questions()
    if any(each.purpose == SOCIAL for each in told):
        questions += (social_question(),)
    for question in questions:
        answers = [each for each in told if each.purpose == question.purpose]
        live = [each for each in answers if each.is_live]
        last = max(answers, key=lambda each: each.answered_at, default=None)
        lines.append(
            ConsentLine(
                purpose=question.purpose,
                title=question.title,
                text=question.text,
                since=_since(live[0] if live else last, zone),
                is_given=bool(live),
                change_href=_change_href(question.purpose, is_given=bool(live)),
            )
        )
    return tuple(lines)


def _change_href(purpose: str, *, is_given: bool) -> str:
    if is_given:
        return url_for("privacy.withdraw")
    return "" if purpose == SOCIAL else url_for("privacy.accept")


def _since(answer: ConsentFacts | None, zone: str) -> str:
    if answer is None:
        return gettext("No lo has aceptado.")
    if answer.is_live:
        return gettext("Aceptado el %(date)s.", date=date_text(answer.answered_at, zone))
    if answer.withdrawn_at:
        return gettext("Retirado el %(date)s.", date=date_text(answer.withdrawn_at, zone))
    return gettext("Dijiste que no el %(date)s.", date=date_text(answer.answered_at, zone))


def _carrier(carrier: CarrierFacts, zone: str) -> CarrierLine:
    if carrier.is_this_phone:
        title = gettext("Este móvil")
    elif carrier.kind == "phone":
        title = gettext("Otro móvil")
    else:
        title = gettext("Tarjeta impresa")
    if carrier.voided_at:
        since = gettext("Anulada el %(date)s.", date=date_text(carrier.voided_at, zone))
    else:
        since = gettext("Desde el %(date)s.", date=date_text(carrier.created_at, zone))
    return CarrierLine("phone" if carrier.kind == "phone" else "credit-card", title, since)
