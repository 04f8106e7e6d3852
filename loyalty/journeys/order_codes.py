"""The codes by which an order is collected: the picture, the spoken letters, a delegate's."""

import hmac
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.issue import UNSIGNED, sign_code
from loyalty.journeys.tools import Tools
from loyalty.kernel.keys import ServerKeys, derived_key
from loyalty.orders.queries import DelegateFacts, OrderFacts
from loyalty.wire.codes import ALPHABET, LETTERS_LENGTH, CodeHeader, CodeKind, seconds_of

_SPOKEN: Final = "order-spoken"


def pickup_code(session: Session, order: OrderFacts, *, tools: Tools) -> str:
    """Write the code that collects an order (kind 3): at its store, once, until its deadline."""
    return _signed(session, order, CodeKind.PICKUP, order.code_subject, order.epoch, tools)


def delegate_code(
    session: Session, order: OrderFacts, delegate: DelegateFacts, *, tools: Tools
) -> str:
    """Write the code by which somebody else collects an order (kind 4) and sees nothing else."""
    assert delegate.order_id == order.order_id, "a delegate is of one order"
    return _signed(session, order, CodeKind.DELEGATE, delegate.code_subject, delegate.epoch, tools)


def spoken_code(order: OrderFacts, *, keys: ServerKeys) -> str:
    """Derive the eight letters that are read out when there is no picture.

    They are bound to this order and can be shown again, yet stand nowhere: whoever reads the
    database cannot collect.
    """
    return _letters(keys, order.program_id, order.order_id, order.code_subject, order.epoch)


def is_spoken_code(order: OrderFacts, letters: str, *, keys: ServerKeys) -> bool:
    """Say whether these letters are the order's, in a time that does not tell how nearly."""
    return hmac.compare_digest(spoken_code(order, keys=keys), letters)


def _letters(keys: ServerKeys, program_id: int, order_id: UUID, subject: str, epoch: int) -> str:
    told = f"{order_id}/{subject}/{epoch}".encode()
    value = int.from_bytes(
        hmac.new(derived_key(keys, _SPOKEN, program_id), told, sha256).digest(), "big"
    )
    letters = []
    for _ in range(LETTERS_LENGTH):
        value, place = divmod(value, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def _signed(
    session: Session,
    order: OrderFacts,
    kind: CodeKind,
    subject: str,
    epoch: int,
    tools: Tools,
) -> str:
    header = CodeHeader(
        kind=kind,
        key_id=UNSIGNED,
        program_id=order.program_id,
        subject_id=subject,
        epoch=epoch,
        seconds=seconds_of(order.collect_by),
    )
    return sign_code(session, header, keys=tools.keys)
