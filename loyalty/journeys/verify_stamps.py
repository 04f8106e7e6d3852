"""Hold the stamps that sales have on cards against what is left of the sales."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from loyalty.journeys.sale_back import free_pieces
from loyalty.journeys.sale_goods import SaleGoods
from loyalty.journeys.stamp_sales import quantities_left
from loyalty.points.redemptions import sales_with_holds
from loyalty.points.rewards.stamps import read_terms
from loyalty.points.stamped import Stamped, sale_of_stamps, stamp_subjects, stamped
from loyalty.sales.queries import (
    SaleFacts,
    current_turns,
    lines_of_sales,
    refund_lines_of,
    refunded_of,
    sales_by_id,
)

Difference = tuple[str, str, str, str]

_BATCH: Final = 500


def stamp_differences(session: Session, program_id: int) -> Iterator[Difference]:
    """List sales whose stamps are neither none nor what their rest earns by its own terms."""
    subjects = stamp_subjects(session, program_id)
    for start in range(0, len(subjects), _BATCH):
        yield from _batch(session, program_id, subjects[start : start + _BATCH])


def _batch(session: Session, program_id: int, subjects: Sequence[str]) -> Iterator[Difference]:
    found = {
        subject: on for subject, on in stamped(session, program_id, subjects).items() if on.had
    }
    of = {subject: _sale_of(subject) for subject in found}
    ids = sorted(set(of.values()))
    rest = _Rests(session, program_id, ids)
    for subject, on in sorted(found.items()):
        sale = rest.sales.get(of[subject])
        if sale is None:
            yield "stamps of a sale have a sale", subject, str(on.had), "no sale"
            continue
        earns = rest.stamps(sale, on)
        if earns is not None and on.had != earns:
            yield "a sale has stamped what is left of it", subject, str(on.had), str(earns)


def _sale_of(subject: str) -> str:
    told = sale_of_stamps(subject)
    assert told is not None, "the subjects of stamps were asked for"
    return told[1]


class _Rests:
    """What refunds left of some sales, read at once."""

    def __init__(self, session: Session, program_id: int, sale_ids: Sequence[str]) -> None:
        self.session, self.program_id = session, program_id
        self.sales: Mapping[str, SaleFacts] = sales_by_id(session, program_id, sale_ids)
        self.turns = current_turns(session, program_id, sale_ids)
        self.lines = lines_of_sales(session, program_id, sale_ids)
        self.back = refund_lines_of(session, program_id, sale_ids)
        self.refunded = refunded_of(session, program_id, sale_ids)
        self.held = sales_with_holds(session, program_id, sale_ids)

    def stamps(self, sale: SaleFacts, on: Stamped) -> int | None:
        """Say what the rest of a sale earns; none when nobody wrote down by what."""
        turn, terms = self.turns.get(sale.sale_id), read_terms(on.basis)
        if turn is None or turn.card_id is None:
            return 0
        if terms is None:
            return None
        goods = SaleGoods(self.lines.get(sale.sale_id, ()), self.back.get(sale.sale_id, ()))
        free: Mapping[int, int] = {}
        if sale.sale_id in self.held:
            free = free_pieces(self.session, self.program_id, sale.sale_id, goods)
        left_minor = sale.total_minor - self.refunded.get(sale.sale_id, 0)
        return terms.stamps(quantities_left(goods, free), total_minor=left_minor)
