"""What happened to a person, told in sentences."""

from collections.abc import Mapping
from typing import Final

from app.language import gettext
from app.pages.engagement_words import engagement_detail, engagement_title
from app.points_words import points_titles
from app.text import money_text
from loyalty.journeys.history import HistoryRow
from loyalty.journeys.timeline import Happening
from loyalty.kernel.errors import Fact

ICONS: Final[Mapping[str, str]] = {
    "visit": "globe2",
    "scan": "upc-scan",
    "sale": "bag",
    "refund": "arrow-counterclockwise",
    "moved_away": "arrow-left-right",
    "moved_here": "arrow-left-right",
    "joined": "link-45deg",
    "joined_away": "link-45deg",
    "join_undone": "link-45deg",
    "apart": "scissors",
    "bonus": "gift",
    "redeem": "gift-fill",
    "give_back": "arrow-counterclockwise",
    "expire": "hourglass-split",
    "adjust": "pencil",
    "open": "bag-check",
    "forgive": "heart",
    "settle": "arrow-counterclockwise",
    "note": "chat-left-text",
    "consent": "shield-check",
    "card": "credit-card",
    "order": "bag-check",
    "message": "send",
    "link": "link-45deg",
    "unlink": "link-45deg",
    "engagement": "heart",
}
QUIET: Final = frozenset(
    {"scan", "message", "unlink", "moved_away", "refund", "join_undone", "apart"}
)


def channel_text(channel: str, source: str, campaign: str) -> str:
    """Say where a visit came from: "llegó desde instagram.com, campaña «turron»"."""
    ways = {
        "direct": gettext("abrió la página directamente"),
        "search": gettext("llegó desde un buscador"),
        "social": gettext("llegó desde una red social"),
        "email": gettext("llegó desde un correo"),
        "campaign": gettext("llegó desde una campaña"),
        "referral": gettext("llegó desde otra web"),
        "poster": gettext("llegó desde el cartel"),
    }
    told = ways.get(channel, ways["direct"])
    if source and channel not in {"direct", "poster"}:
        told = gettext("llegó desde %(source)s", source=source)
    if campaign:
        told = gettext("%(way)s, campaña «%(campaign)s»", way=told, campaign=campaign)
    return told


def channel_word(channel: str) -> str:
    """Name a channel in a word or two, for a chip or a column."""
    words = {
        "direct": gettext("Directo"),
        "search": gettext("Buscador"),
        "social": gettext("Red social"),
        "email": gettext("Correo"),
        "campaign": gettext("Campaña"),
        "referral": gettext("Otra web"),
        "poster": gettext("Cartel"),
    }
    return words.get(channel, words["direct"])


def outcome_text(outcome: str) -> str:
    """Say what the till made of a code."""
    words = {
        "ok": gettext("código leído"),
        "malformed": gettext("el código estaba cortado"),
        "not_ours": gettext("no era un código nuestro"),
        "unknown_key": gettext("código firmado con una clave desconocida"),
        "bad_signature": gettext("código falso"),
        "wrong_program": gettext("código de otra tienda"),
        "revoked": gettext("tarjeta anulada"),
        "superseded": gettext("tarjeta sustituida por otra"),
        "expired": gettext("código caducado"),
        "not_yet_valid": gettext("código de un reloj adelantado"),
        "duplicate_scan": gettext("código leído dos veces"),
        "already_used": gettext("código ya usado"),
        "time_unsure": gettext("la caja no sabía bien la hora"),
        "no_code": gettext("sin tarjeta"),
    }
    return words.get(outcome, outcome)


def reason_text(reason: str) -> str:
    """Say how we know that it was this person."""
    words = {
        "live_code": gettext("enseñó el código de su móvil"),
        "printed_code": gettext("enseñó su tarjeta impresa"),
        "till": gettext("lo cambió la caja"),
        "receipt": gettext("abrió el código de su recibo"),
        "vendor": gettext("la caja dio su número de cliente"),
        "shopper": gettext("lo hizo la persona desde su tarjeta"),
        "staff": gettext("lo hizo la tienda"),
        "none": gettext("sin tarjeta"),
    }
    return words.get(reason, "")


def title_of(happening: Happening) -> str:
    """Say in a line what happened."""
    if happening.row is not None:
        return _row_title(happening.row)
    facts = happening.facts
    titles = {
        "visit": gettext("Abrió su tarjeta en la web"),
        "scan": gettext("Enseñó su código en %(till)s", till=facts.get("till_name") or "—"),
        "note": gettext("Dejó una nota"),
        "consent": _consent_title(facts),
        "card": _card_title(facts),
        "order": _order_title(facts),
        "message": gettext("Le escribimos: %(topic)s", topic=topic_text(facts.get("topic"))),
        "link": _link_title(happening),
        "unlink": gettext("Se separó: %(what)s", what=_link_word(happening)),
        "engagement": engagement_title(facts),
    }
    return titles.get(happening.kind, "")


def detail_of(happening: Happening) -> str:
    """Say how we know, in half a line."""
    facts = happening.facts
    if happening.row is not None:
        return _row_detail(happening.row)
    if happening.kind == "order":
        return _order_detail(facts)
    if happening.kind == "visit":
        return channel_text(
            str(facts.get("channel") or "direct"),
            str(facts.get("source") or ""),
            str(facts.get("campaign") or ""),
        )
    words = {
        "scan": lambda: outcome_text(str(facts.get("outcome") or "")),
        "note": lambda: str(facts.get("text") or ""),
        "message": lambda: fate_text(str(facts.get("state") or ""), str(facts.get("why") or "")),
        "card": lambda: _card_detail(facts),
        "engagement": lambda: engagement_detail(facts),
        "unlink": lambda: _who_took_off(happening),
    }
    return words.get(happening.kind, str)()


def _who_took_off(happening: Happening) -> str:
    """Say who separated something, and why when the shop did."""
    link = happening.link
    if link is None or not (link.retracted_by or "").startswith("staff:"):
        return gettext("lo separó la propia persona")
    said = gettext("lo separó la tienda")
    return f"{said} · «{link.retracted_reason}»" if link.retracted_reason else said


def _order_title(facts: Mapping[str, Fact]) -> str:
    number = facts.get("number")
    words = {
        "placed": gettext("Hizo el pedido %(number)s", number=number),
        "ready": gettext("El pedido %(number)s quedó listo", number=number),
        "collected": gettext("Recogió el pedido %(number)s", number=number),
        "canceled": gettext("Se canceló el pedido %(number)s", number=number),
        "missed": gettext("No recogió el pedido %(number)s", number=number),
    }
    return words.get(str(facts.get("change")), "")


def _order_detail(facts: Mapping[str, Fact]) -> str:
    if facts.get("change") == "placed":
        total = facts.get("total_minor")
        parts = [money_text(int(total or 0), str(facts.get("currency") or "EUR"))]
        if facts.get("channel"):
            told = (str(facts.get(name) or "") for name in ("channel", "source", "campaign"))
            parts.append(channel_text(*told))
        return " · ".join(parts)
    if facts.get("change") == "canceled":
        by = str(facts.get("by"))
        words = {
            "shopper": gettext("por su cuenta"),
            "clock": gettext("nadie lo confirmó a tiempo"),
        }
        told_by = words.get(by, gettext("la tienda"))
        reason = str(facts.get("reason") or "") if by not in words else ""
        return f"{told_by}: {reason}" if reason else told_by
    return ""


def fate_text(state: str, why: str = "") -> str:
    """Say what became of a message: told, on its way, or not told and why."""
    words = {
        "sent": gettext("enviado"),
        "waiting": gettext("en camino"),
        "failed": gettext("no salió"),
    }
    told = words.get(state, "")
    return gettext("%(fate)s: %(why)s", fate=told, why=why) if why and state == "failed" else told


def topic_text(topic: Fact) -> str:
    """Name what a message was about."""
    words = {
        "sign_in": gettext("su código para entrar"),
        "save_card": gettext("su código para guardar la tarjeta"),
        "card_saved": gettext("tu tarjeta está guardada"),
        "receipt": gettext("el recibo de una compra"),
        "points_expire": gettext("sus puntos que caducan"),
        "order_placed": gettext("su pedido está hecho"),
        "order_changed": gettext("a su pedido le falta algo"),
        "order_moved": gettext("su pedido cambia de hora"),
        "order_ready": gettext("su pedido está listo"),
        "order_canceled": gettext("su pedido se canceló"),
        "order_missed": gettext("su pedido no se recogió"),
    }
    return words.get(str(topic), str(topic))


def _row_title(row: HistoryRow) -> str:
    amount = money_text(row.total_minor or 0, row.currency or "EUR")
    titles = {
        "sale": gettext("Compra de %(amount)s", amount=amount),
        "refund": gettext("Devolución de %(amount)s", amount=amount),
        "moved_away": gettext("Una compra de %(amount)s pasó a otra tarjeta", amount=amount),
        "moved_here": gettext("Una compra de %(amount)s llegó de otra tarjeta", amount=amount),
        "joined": gettext("Llegaron los puntos de otra tarjeta suya"),
        "joined_away": gettext("Sus puntos pasaron a su otra tarjeta"),
        "join_undone": gettext("Se deshizo la unión de dos tarjetas"),
        "apart": gettext("Puntos de una compra que separó"),
        **points_titles(row.reward_name, row.basis),
    }
    title = titles[row.kind]
    if row.reason == "receipt":
        title = gettext("Sumó una compra de %(amount)s con su recibo", amount=amount)
    if row.kind in {"sale", "refund"} and row.till_name:
        title = gettext("%(what)s en %(till)s", what=title, till=row.till_name)
    return title


def _row_detail(row: HistoryRow) -> str:
    parts = [row.store_name, reason_text(row.reason)]
    if row.kind == "sale" and row.code_outcome not in {None, "ok", "no_code"}:
        parts.append(outcome_text(row.code_outcome or ""))
    if row.kind == "sale" and row.points == 0:
        parts.append(gettext("no llega a un punto"))
    states = {
        "part_refunded": gettext("devuelta en parte"),
        "refunded": gettext("devuelta"),
        "moved": gettext("pasada a otra tarjeta"),
    }
    if row.sale_state in states:
        parts.append(states[row.sale_state])
    return " · ".join(part for part in parts if part)


def _consent_title(facts: Mapping[str, Fact]) -> str:
    purpose = {
        "web_visits": gettext("unir sus visitas a la web"),
        "news": gettext("recibir noticias"),
        "social": gettext("unir sus redes"),
    }.get(str(facts.get("purpose")), "")
    return {
        "given": gettext("Aceptó %(purpose)s", purpose=purpose),
        "refused": gettext("Prefirió no %(purpose)s", purpose=purpose),
        "withdrawn": gettext("Retiró el permiso de %(purpose)s", purpose=purpose),
    }.get(str(facts.get("answer")), purpose)


def _card_title(facts: Mapping[str, Fact]) -> str:
    is_printed = facts.get("card_kind") == "printed"
    change = str(facts.get("change"))
    if change == "void":
        return gettext("Se anuló una tarjeta")
    if change == "claimed":
        return gettext("Pasó su tarjeta impresa al móvil")
    return gettext("Tarjeta impresa") if is_printed else gettext("Creó su tarjeta en el móvil")


def _card_detail(facts: Mapping[str, Fact]) -> str:
    if facts.get("change") != "void":
        return ""
    return _void_detail(str(facts.get("reason") or ""))


def _void_detail(reason: str) -> str:
    by_store = reason_text("staff")
    return gettext("%(who)s, por: %(why)s", who=by_store, why=reason) if reason else by_store


def _link_word(happening: Happening) -> str:
    kind = happening.link.kind if happening.link else ""
    masked = str(happening.facts.get("masked") or "")
    return {
        "session": gettext("una visita a la web"),
        "email": gettext("el correo %(email)s", email=masked),
        "join": gettext("otra tarjeta suya"),
        "card": gettext("una tarjeta"),
        "receipt": gettext("el recibo de una compra"),
        "order": gettext("un pedido"),
        "vendor": gettext("su número de cliente en otro programa"),
        "phone": gettext("el teléfono %(number)s", number=masked or "•••"),
        "device": gettext("un navegador"),
        "staff": gettext("lo que dijo la tienda"),
        "social": gettext("la cuenta %(account)s", account=masked)
        if masked
        else gettext("una cuenta de una red"),
    }.get(kind, "")


def _link_title(happening: Happening) -> str:
    if happening.link is not None and happening.link.kind == "email":
        masked = str(happening.facts.get("masked") or "")
        return gettext("Confirmó su correo %(email)s", email=masked)
    if happening.link is not None and happening.link.kind == "phone":
        return gettext("Dio %(what)s", what=_link_word(happening))
    if happening.link is not None and happening.link.kind == "social":
        return gettext("Unió %(what)s", what=_link_word(happening))
    return gettext("Se unió: %(what)s", what=_link_word(happening))
