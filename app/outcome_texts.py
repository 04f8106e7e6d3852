"""What each outcome of a code says to a cashier: what it is, why, and what to do, in order."""

from dataclasses import dataclass
from typing import Final, Literal

from app.language import say_later as _l
from loyalty.wire.codes import CodeOutcome

Tone = Literal["success", "attention", "refusal"]
Step = tuple[object, object]


@dataclass(frozen=True, slots=True)
class OutcomeText:
    """An outcome in words; read in the cashier's language."""

    tone: Tone
    title: object
    detail: object
    steps: tuple[Step, ...] = ()


AGAIN: Final[Step] = (
    _l("Escanea otra vez"),
    _l("Acerca el lector, o sube el brillo del teléfono."),
)
OPEN_AGAIN: Final[Step] = (
    _l("Pide que abra su tarjeta otra vez"),
    _l("El código del teléfono cambia solo cada minuto."),
)
LETTERS: Final[Step] = (
    _l("Escribe las 8 letras"),
    _l("Están debajo del código, en el teléfono."),
)
WITHOUT: Final[Step] = (
    _l("Cobra sin tarjeta"),
    _l("La venta se guarda igual, sin puntos."),
)
FETCH: Final[Step] = (
    _l("Pide la tarjeta"),
    _l("El código está en su teléfono o en su tarjeta impresa."),
)
NEW_CARD: Final[Step] = (
    _l("Ofrécele una tarjeta de aquí"),
    _l("Con el cartel del mostrador la tiene en un toque."),
)
CHECK_CLOCK: Final[Step] = (
    _l("Mira la hora de esta caja"),
    _l("Ponla en automático y escanea otra vez."),
)
ASK_OWNER: Final[Step] = (
    _l("Avisa a quien lleva la tienda"),
    _l("En su página puede dar una tarjeta nueva con los mismos puntos."),
)

OUTCOME_TEXTS: Final[dict[CodeOutcome, OutcomeText]] = {
    CodeOutcome.OK: OutcomeText("success", _l("Tarjeta válida"), _l("Tarjeta válida.")),
    CodeOutcome.MALFORMED: OutcomeText(
        "refusal",
        _l("El código llegó cortado"),
        _l("Faltan letras: se leyó a medias."),
        (AGAIN, LETTERS, WITHOUT),
    ),
    CodeOutcome.NOT_OURS: OutcomeText(
        "refusal",
        _l("Ese código no es una tarjeta"),
        _l("Es de un producto, de un tique o de otra página."),
        (FETCH, WITHOUT),
    ),
    CodeOutcome.UNKNOWN_KEY: OutcomeText(
        "refusal",
        _l("No conocemos la firma de este código"),
        _l("Es de una llave que esta tienda no tiene."),
        (OPEN_AGAIN, WITHOUT),
    ),
    CodeOutcome.BAD_SIGNATURE: OutcomeText(
        "refusal",
        _l("Este código no es auténtico"),
        _l("La firma no coincide: no lo ha hecho la tienda."),
        (OPEN_AGAIN, WITHOUT),
    ),
    CodeOutcome.WRONG_PROGRAM: OutcomeText(
        "refusal",
        _l("Esta tarjeta es de otra tienda"),
        _l("Sus puntos están allí."),
        (WITHOUT, NEW_CARD),
    ),
    CodeOutcome.REVOKED: OutcomeText(
        "refusal",
        _l("Esta tarjeta está anulada"),
        _l("La tienda la anuló, por ejemplo porque se perdió."),
        (OPEN_AGAIN, ASK_OWNER, WITHOUT),
    ),
    CodeOutcome.SUPERSEDED: OutcomeText(
        "refusal",
        _l("Esta tarjeta fue cambiada por otra"),
        _l("Vale la nueva; esta quedó atrás."),
        (OPEN_AGAIN, ASK_OWNER, WITHOUT),
    ),
    CodeOutcome.EXPIRED: OutcomeText(
        "refusal",
        _l("Este código ya no vale"),
        _l("Caducó. Puede ser una foto o una pantalla sin refrescar."),
        (OPEN_AGAIN, WITHOUT),
    ),
    CodeOutcome.NOT_YET_VALID: OutcomeText(
        "refusal",
        _l("Este código todavía no vale"),
        _l("La hora de la caja y la del código no se llevan bien."),
        (CHECK_CLOCK, OPEN_AGAIN, WITHOUT),
    ),
    CodeOutcome.DUPLICATE_SCAN: OutcomeText(
        "attention", _l("Ya escaneada"), _l("No suma dos veces.")
    ),
    CodeOutcome.ALREADY_USED: OutcomeText(
        "refusal",
        _l("Este código ya se usó"),
        _l("Para gastar, cada código vale una sola vez."),
        (
            (_l("Espera al siguiente código"), _l("Cambia solo en menos de un minuto.")),
            WITHOUT,
        ),
    ),
    CodeOutcome.OFFLINE_LIMIT: OutcomeText(
        "refusal",
        _l("Sin conexión no se puede gastar más"),
        _l("La tienda puso un máximo para cuando no hay línea."),
        (
            (_l("Espera a que vuelva la línea"), _l("Los puntos no se pierden.")),
            WITHOUT,
        ),
    ),
    CodeOutcome.TIME_UNSURE: OutcomeText(
        "attention",
        _l("La hora de esta caja no es segura"),
        _l("Suma puntos igual. Para gastarlos hay que poner la hora."),
        (CHECK_CLOCK,),
    ),
    CodeOutcome.NO_CODE: OutcomeText(
        "success", _l("Sin tarjeta"), _l("La venta se guarda sin puntos.")
    ),
}
# Typed letters that stand for no live code: not a strange barcode, so it says so.
LETTERS_UNKNOWN: Final = OutcomeText(
    "refusal",
    _l("Esas letras no son de ninguna tarjeta"),
    _l("Puede ser una errata, o el código ya cambió."),
    (
        (_l("Léelas otra vez del teléfono"), _l("Son 8 letras y cambian cada minuto.")),
        (_l("Si son de un pedido"), _l("Ábrelo en la lista «Por recoger» y escríbelas allí.")),
        AGAIN,
        WITHOUT,
    ),
)
