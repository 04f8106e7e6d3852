"""What a counter is told of an order: how it stands, and what to do, in order.

Read by the service and written out for the agent at the counter, so that both say the same.
"""

from typing import Final

from app.language import say_later as _l
from app.outcome_texts import OutcomeText, Step
from loyalty.journeys.orders_waiting import Standing

_SELL: Final[Step] = (
    _l("Cóbralo como una venta más"),
    _l("Lo que haya en la tienda se lo puede llevar igual."),
)

STANDING_TEXTS: Final[dict[Standing, OutcomeText]] = {
    Standing.READY: OutcomeText(
        "success",
        _l("Pedido %(number)s, listo"),
        _l("Para %(name)s"),
    ),
    Standing.NOT_READY: OutcomeText(
        "attention",
        _l("El pedido %(number)s aún no está listo"),
        _l("Para %(name)s, %(slot)s."),
        (
            (_l("Pide que lo terminen"), _l("Sale en la lista de pedidos de la tienda.")),
            (_l("Pasa el código otra vez"), _l("En cuanto esté listo, se entrega con él.")),
        ),
    ),
    Standing.ELSEWHERE: OutcomeText(
        "refusal",
        _l("El pedido %(number)s se recoge en otra tienda"),
        _l("Está en %(store)s."),
        ((_l("Di en qué tienda está"), _l("Allí vale este mismo código.")),),
    ),
    Standing.COLLECTED: OutcomeText(
        "refusal",
        _l("El pedido %(number)s ya se entregó"),
        _l("Entrega: %(when)s."),
        (
            (_l("No entregues nada más"), _l("Cada código de recogida vale una sola vez.")),
            (
                _l("Si hubo un error, devuelve esa venta"),
                _l("Está en las últimas acciones de la caja que lo entregó."),
            ),
        ),
    ),
    Standing.CANCELED: OutcomeText(
        "refusal",
        _l("El pedido %(number)s está anulado"),
        _l("Lo anuló la tienda o quien lo pidió."),
        (_SELL,),
    ),
    Standing.MISSED: OutcomeText(
        "refusal",
        _l("El pedido %(number)s ya no se guarda"),
        _l("Pasó su hora y nadie vino."),
        (_SELL,),
    ),
}
CALLED_BACK: Final = OutcomeText(
    "refusal",
    _l("Este código de recogida está anulado"),
    _l("Quien hizo el pedido lo retiró o tiene otro nuevo."),
    (
        (_l("Pide el código de ahora"), _l("Lo tiene quien hizo el pedido.")),
        (
            _l("O las 8 letras del pedido"),
            _l("Abre el pedido en la lista «Por recoger» y escríbelas."),
        ),
    ),
)
