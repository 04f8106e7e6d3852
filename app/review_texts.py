"""Questions about persons, as a shop would ask them: who, why we ask, what stays."""

from app.language import gettext, ngettext
from loyalty.journeys.list_reviews import Review, Side

LETTERS = 4


def side_name(side: Side) -> str:
    """Name one of the two: what they are called, else the letters of their card."""
    if side.display_name:
        return side.display_name
    if side.card_ids:
        return gettext("la tarjeta %(letters)s", letters=side.card_ids[0][:LETTERS].upper())
    return gettext("alguien sin tarjeta")


def question_text(review: Review) -> str:
    """Ask about two persons in a sentence."""
    return gettext(
        "¿Son la misma persona %(one)s y %(other)s?",
        one=side_name(review.one),
        other=side_name(review.other),
    )


def why_text(review: Review) -> str:
    """Say what makes us ask, and how often it was seen."""
    words = {
        "session": gettext("Una misma visita a la web enseñó el código de las dos."),
        "email": gettext("Las dos confirmaron el mismo correo."),
        "phone": gettext("Las dos dieron el mismo teléfono."),
        "device": gettext("Las dos entraron con el mismo navegador."),
        "vendor": gettext("La caja dio el mismo número de cliente con las dos."),
        "social": gettext("Las dos unieron la misma cuenta de una red."),
        "receipt": gettext("Las dos abrieron el mismo recibo."),
        "order": gettext("Las dos aparecen en el mismo pedido."),
        "staff": gettext("Alguien de la tienda lo dijo."),
    }
    told = words.get(review.evidence.kind, gettext("Algo las une."))
    times = review.entry.times
    if times > 1:
        seen = ngettext("Se vio %(num)s vez.", "Se vio %(num)s veces.", times)
        told = f"{told} {seen}"
    return told


def stays_text(review: Review) -> str:
    """Say what joining would do to the two cards."""
    if review.one.member_id is None or review.other.member_id is None:
        return gettext("Si lo son, quedan juntas. Nadie pierde puntos.")
    gone = review.other if review.stays is review.one else review.one
    return ngettext(
        "Si lo son, %(points)s punto de %(gone)s pasa a %(stays)s. Se puede deshacer.",
        "Si lo son, %(points)s puntos de %(gone)s pasan a %(stays)s. Se puede deshacer.",
        gone.points,
        points=gone.points,
        gone=side_name(gone),
        # "Lucía F." ends the sentence with its own full stop.
        stays=side_name(review.stays).rstrip("."),
    )
