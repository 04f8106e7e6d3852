"""What the refusals of rewards say to a person, and the form of all such texts."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from loyalty.wire.refusals import Refusal


@dataclass(frozen=True, slots=True)
class ProblemText:
    """A title, a sentence that says why, and what to do next; read in the caller's language."""

    title: object
    detail: object
    step: object


REWARD_TEXTS: dict[Refusal, ProblemText] = {
    Refusal.REWARD_NOT_OFFERED: ProblemText(
        _l("Ese premio no se puede pedir ahora"),
        _l("Ya no se ofrece, todavía no, o no aquí."),
        _l("Elige otro premio."),
    ),
    Refusal.REWARD_SOLD_OUT: ProblemText(
        _l("Ese premio se ha agotado"),
        _l("No queda ninguno, o los últimos están apartados."),
        _l("Elige otro premio."),
    ),
    Refusal.REWARD_LIMIT: ProblemText(
        _l("Ese premio no se puede repetir más"),
        _l("Cada tarjeta puede pedirlo un número de veces."),
        _l("Elige otro premio."),
    ),
    Refusal.REWARD_DOES_NOT_FIT: ProblemText(
        _l("Ese premio no vale para esta compra"),
        _l("La compra es pequeña, no lleva lo que el premio regala, o son muy pocos puntos."),
        _l("Elige otro premio o más puntos."),
    ),
    Refusal.PROOF_NEEDED: ProblemText(
        _l("Hace falta una prueba para gastar puntos"),
        _l("Una tarjeta impresa solo identifica: cualquiera puede tenerla en la mano."),
        _l(
            "Pide el código del teléfono, el PIN de la tarjeta, o "
            "tu propio PIN con un motivo si la tienda lo permite."
        ),
    ),
    Refusal.MEMBER_PIN_WRONG: ProblemText(
        _l("Ese no es el PIN de la tarjeta"),
        _l("Tras cinco intentos fallidos el PIN deja de valer."),
        _l(
            "Pruébalo otra vez, o usa el código del teléfono. "
            "Quien lleva la tienda puede desbloquearlo."
        ),
    ),
    Refusal.ALLOWANCE_EXCEEDED: ProblemText(
        _l("Son más puntos de los permitidos hoy"),
        _l("Sin la prueba del cliente, o sin línea, solo se puede gastar una cantidad al día."),
        _l("Usa menos puntos, o pide el código del teléfono."),
    ),
    Refusal.HOLD_CONFLICT: ProblemText(
        _l("Ese número ya se usó para otro canje"),
        _l("El mismo número no puede valer para dos canjes."),
        _l("Repite el canje desde el principio."),
    ),
}
