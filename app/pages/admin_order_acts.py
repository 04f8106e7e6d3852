"""What the forms of the board say, and what is answered to whoever came second."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.forms import id_of
from app.language import gettext, speaking
from app.outcome_texts import OUTCOME_TEXTS
from app.pages.admin_order_words import passed_text, truth_text, who_text
from loyalty.journeys.hand_off_order import HandoffRequest
from loyalty.journeys.order_board import LastSaid
from loyalty.kernel.errors import LoyaltyError, MalformedRequestError
from loyalty.orders.errors import OrderChangedError, SpokenCodeWrongError
from loyalty.orders.pick import Seen
from loyalty.orders.queries import OrderFacts
from loyalty.orders.rules import LINES_MAX
from loyalty.programs.queries import StoreFacts, till_by_id
from loyalty.wire.codes import CodeOutcome

REASON_LENGTH_MAX: Final = 200
DIGITS_MAX: Final = 10


def seen_line(form: Mapping[str, str]) -> tuple[int, Seen]:
    """Read which line is meant, and how it stood for whoever pressed the button.

    Errors: `MalformedRequestError`.
    """
    told = [form.get(name, "") for name in ("line", "reserved", "prepared")]
    if not all(text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX for text in told):
        raise MalformedRequestError(field="line")
    line, reserved, prepared = (int(text) for text in told)
    if not 1 <= line <= LINES_MAX:
        raise MalformedRequestError(field="line")
    return line, Seen(reserved, prepared)


def cancel_reason(form: Mapping[str, str], language: str) -> str:
    """Write why the store calls an order off, in the language of whoever ordered."""
    typed = form.get("reason", "").strip()[:REASON_LENGTH_MAX]
    if typed:
        return typed
    with speaking(language):
        words = {
            "stock": gettext("No nos queda lo que pediste."),
            "closed": gettext("No podemos abrir a esa hora."),
            "late": gettext("No nos da tiempo a prepararlo."),
        }
        return words.get(form.get("why", ""), "")


def handoff_request(
    session: Session,
    principal: StaffPrincipal,
    store: StoreFacts,
    order_id: UUID,
    *,
    now: datetime,
) -> HandoffRequest | str:
    """Read the form of a handoff; a text says what is missing in it.

    Errors: `MalformedRequestError`.
    """
    till_text = request.form.get("till_id", "")
    code = request.form.get("code", "").strip()
    note = request.form.get("note", "").strip()[:REASON_LENGTH_MAX]
    if not till_text:
        return gettext("Elige la caja en la que se cobra.")
    till = till_by_id(session, principal.program_id, id_of("till_id"))
    if till is None or till.store_id != store.store_id or till.revoked_at is not None:
        return gettext("Esa caja ya no está en esta tienda. Elige otra.")
    if not code and not note:
        return gettext("Lee el código, o di por qué lo entregas sin él.")
    return HandoffRequest(
        program_id=principal.program_id,
        handoff_id=id_of("handoff_id"),
        store_id=store.store_id,
        till_id=till.till_id,
        staff_id=principal.staff_id,
        code=code or None,
        handed_at=now,
        clock_sure=True,
        order_id=order_id,
        note=note,
    )


def handoff_words(refused: LoyaltyError) -> str:
    """Say why a code did not hand the order over, and what to do."""
    if isinstance(refused, SpokenCodeWrongError):
        left = refused.facts["tries_left"]
        if not left:
            return gettext("Las letras ya no valen. Pide el código del correo o del móvil.")
        return gettext("Esas letras no son de este pedido. Quedan %(left)s intentos.", left=left)
    outcome = CodeOutcome(str(refused.facts.get("outcome", CodeOutcome.NOT_OURS.value)))
    if outcome is CodeOutcome.NOT_OURS:
        return gettext("Ese código no es de este pedido.")
    return str(OUTCOME_TEXTS[outcome].title)


def answer_conflict(
    order: OrderFacts, said: LastSaid | None, *, now: datetime, error: LoyaltyError | None = None
) -> str:
    """Tell somebody who acted on what was not so any more how it stands, and who did it."""
    truth = truth_text(order, said, now=now)
    if isinstance(error, OrderChangedError) and said is not None:
        who = who_text(said, contact=order.contact_name)
        ago = passed_text(said.act.at, now=now)
        return gettext(
            "%(who)s cambió esa línea hace %(ago)s. Mira cómo está ahora.", who=who, ago=ago
        )
    if error is not None and "line" in error.facts:
        return gettext("De esa línea no puede haber esa cantidad en la bolsa.")
    return truth
