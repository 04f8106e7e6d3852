"""What the agent at the counter says by itself, while the service is silent or about its queue.

It loads none of our code but the wire, so its texts are written to `pos_plugin/texts.*.json` from
the same catalog and the same tables as the service's own: both speak with one voice.
"""

from app.order_texts import CALLED_BACK, STANDING_TEXTS
from app.outcome_texts import LETTERS_UNKNOWN, OUTCOME_TEXTS, OutcomeText
from app.pages.till_words import Translate
from app.problem_texts import PROBLEM_TEXTS
from app.problems import RETRYABLE, STATUS
from loyalty.wire.codes import CodeOutcome
from loyalty.wire.refusals import Refusal

# What the agent may answer itself; everything else comes from the service, in its words.
AGENT_REFUSALS = (
    Refusal.MALFORMED_REQUEST,
    Refusal.BODY_TOO_LARGE,
    Refusal.NOT_FOUND,
    Refusal.METHOD_NOT_ALLOWED,
    Refusal.UNSUPPORTED_MEDIA_TYPE,
    Refusal.SIGN_IN_NEEDED,
    Refusal.FOREIGN_ORIGIN,
    Refusal.TOO_MANY_TRIES,
    Refusal.PIN_WRONG,
    Refusal.PIN_NEEDED,
    Refusal.PIN_NEEDS_LINE,
    Refusal.AMOUNT_INVALID,
    Refusal.CURRENCY_MISMATCH,
    Refusal.SALE_CONFLICT,
    Refusal.REFUND_CONFLICT,
    Refusal.REASSIGNMENT_CONFLICT,
    Refusal.HANDOFF_CONFLICT,
    Refusal.ORDER_NEEDS_LINE,
    Refusal.POINTS_NEED_LINE,
    Refusal.TILL_CANNOT_KEEP,
    Refusal.QUEUE_NOT_EMPTY,
    Refusal.STORAGE_UNAVAILABLE,
    Refusal.INTERNAL_ERROR,
)


def agent_texts(_: Translate) -> dict[str, object]:
    """Give everything the agent may say, in the language of `_`."""
    return {
        "outcomes": {str(outcome): _outcome(OUTCOME_TEXTS[outcome], _) for outcome in CodeOutcome},
        "letters_unknown": _outcome(LETTERS_UNKNOWN, _),
        "standings": {str(each): _outcome(text, _) for each, text in STANDING_TEXTS.items()},
        "called_back": _outcome(CALLED_BACK, _),
        "problems": {str(code): _problem(code, _) for code in AGENT_REFUSALS},
        "words": _copy(_) | _orders(_) | _alone(_) | _kept(_) | _measures(_) | _page(_),
    }


def _outcome(text: OutcomeText, _: Translate) -> dict[str, object]:
    return {
        "tone": text.tone,
        "title": _(str(text.title)),
        "detail": _(str(text.detail)),
        "steps": [
            {"title": _(str(title)), "detail": _(str(detail))} for title, detail in text.steps
        ],
    }


def _problem(code: Refusal, _: Translate) -> dict[str, object]:
    text = PROBLEM_TEXTS[code]
    return {
        "title": _(str(text.title)),
        "detail": f"{_(str(text.detail))} {_(str(text.step))}",
        "status": int(STATUS[code]),
        "retryable": code in RETRYABLE,
    }


def _copy(_: Translate) -> dict[str, str]:
    """Say whose card it is by what the till still knows."""
    return {
        "copy_title": _("Es %(name)s, según la copia"),
        "copy_nameless": _("Tarjeta sin nombre, según la copia"),
        "copy_detail": _("La firma del código es buena. Los puntos son los de las %(time)s."),
        "sound_title": _("La firma del código es buena"),
        "sound_detail": _("Esta caja aún no conoce esa tarjeta. Los puntos llegan después."),
        "sound_revoked": _("Esta caja ya no está unida, así que no ve de quién es."),
        "unchecked_title": _("Ahora no se puede comprobar"),
        "unchecked_detail": _("La caja guarda el código. Los puntos llegan al volver la línea."),
        "letters_title": _("Las letras necesitan línea"),
        "letters_detail": _("Pasa el código por el lector o cobra sin tarjeta."),
        "expired_ago": _("Caducó %(ago)s."),
    }


def _orders(_: Translate) -> dict[str, str]:
    """Say what waits here by the copy, and that an order was given without a line."""
    return {
        "items_one": _("1 artículo"),
        "items_other": _("%(n)s artículos"),
        "order_ready": _("Listo · %(due)s al recoger"),
        "order_later": _("En preparación · para %(slot)s"),
        "order_unknown": _("Esta caja no conoce ese pedido"),
        "order_unknown_detail": _("El código es bueno. Espera a la línea: aún no lo entregues."),
        "given_here": _("hace poco, en esta caja"),
        "handed": _("Entregado: pedido %(number)s"),
        "kept_handoff": _("Guardado en la caja. Se manda solo a la tienda, una sola vez."),
    }


def _alone(_: Translate) -> dict[str, str]:
    """Say what the till gives by itself for points."""
    return {
        "alone_reward": _("Sin línea puede pedir %(reward)s"),
        "alone_title": _("Sin línea, según la copia: %(reward)s"),
        "alone_detail": _("Gasta %(points)s. La tienda lo apunta al volver la línea."),
    }


def _kept(_: Translate) -> dict[str, str]:
    """Say that an act is written down here and not yet at the shop."""
    return {
        "kept_sale": _("Guardado en la caja: %(total)s"),
        "kept_named": _("%(name)s: los puntos llegan cuando la tienda la reciba."),
        "kept_plain": _("Sin tarjeta. Se manda sola a la tienda, una sola vez."),
        "kept_refund": _("Devuelto: %(amount)s"),
        "kept_refund_detail": _("Está apuntado aquí y se manda solo a la tienda, una sola vez."),
        "kept_move": _("Cambio apuntado en la caja"),
        "kept_move_named": _("La venta pasa a %(name)s cuando la tienda lo reciba."),
        "kept_move_plain": _("La venta queda sin tarjeta cuando la tienda lo reciba."),
        "that_card": _("esa tarjeta"),
        "no_card": _("Sin tarjeta"),
        "nameless": _("Tarjeta sin nombre"),
    }


def _measures(_: Translate) -> dict[str, str]:
    return {
        "points_one": _("1 punto"),
        "points_other": _("%(n)s puntos"),
        "ago_s": _("hace %(number)s s"),
        "ago_min": _("hace %(number)s min"),
        "ago_h": _("hace %(number)s h"),
        "ago_days": _("hace %(number)s días"),
    }


def _page(_: Translate) -> dict[str, str]:
    """Say, on a page of its own, that the till page has not come yet."""
    return {
        "away_title": _("Sin línea con la tienda"),
        "away_detail": _(
            "Esta caja aún no tiene su página. Revisa la conexión: se abre sola cuando vuelva "
            "la línea."
        ),
    }
