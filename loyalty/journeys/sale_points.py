"""What a sale earns and what is left of it: one way for till, web, refund, undo and verify."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.queries import goods_by_reference
from loyalty.points.earning.document import Document
from loyalty.points.earning.evaluate import Moment
from loyalty.points.earning.goods import (
    Basket,
    GivenBack,
    Known,
    Returned,
    Told,
    basket_of,
    whole_basket,
)
from loyalty.points.earning.receipts import NO_BASKET, Judged, Left, left_of
from loyalty.points.earning.rulesets import (
    RulesetFacts,
    rules_in_force,
    rules_of_version,
    rules_of_versions,
)
from loyalty.points.policy import policy_in_force
from loyalty.points.queries import PostingFacts, postings_of_acts
from loyalty.sales.queries import (
    RefundFacts,
    RefundLineFacts,
    SaleFacts,
    TurnFacts,
    lines_of,
    lines_of_sales,
    refund_lines_of,
    refunded_of,
    refunds_of,
)
from loyalty.sales.rules import SaleLineReport


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale as far as points ask: what, for how much, when and where.

    Units: `total_minor` in minor units of `currency`. `sold_at` is the moment that counts:
    the till's word, but never later than ours.
    """

    program_id: int
    sale_id: str
    store_id: UUID
    time_zone: str
    total_minor: int
    currency: str
    sold_at: datetime
    lines: Sequence[SaleLineReport] = field(default_factory=tuple)

    @property
    def moment(self) -> Moment:
        """When it counts, by the store's clock."""
        return Moment(self.sold_at, self.time_zone)


def sold_as(sale: SaleFacts, *, time_zone: str, lines: Sequence[SaleLineReport] = ()) -> Sold:
    """Take a kept sale as far as points ask."""
    return Sold(
        program_id=sale.program_id,
        sale_id=sale.sale_id,
        store_id=sale.store_id,
        time_zone=time_zone,
        total_minor=sale.total_minor,
        currency=sale.currency,
        sold_at=min(sale.sold_at, sale.recorded_at),
        lines=lines,
    )


def judged_sale(
    session: Session, sold: Sold, *, at: datetime, rules: RulesetFacts | None = None
) -> Judged | None:
    """Gather what a sale is judged by; None when nothing is earned in its currency.

    `rules` are those it was judged by before, when it changes hands.
    """
    rules = rules or rules_in_force(
        session, sold.program_id, currency=sold.currency, at=sold.sold_at
    )
    if rules is None:
        return None
    goods: dict[str, Known] = {}
    if rules.document.needs_goods:
        goods = _known(session, sold)
    return Judged(
        rules=rules,
        policy=policy_in_force(session, sold.program_id, at=at),
        moment=sold.moment,
        goods=goods,
    )


def sale_basket(
    document: Document,
    sold: Sold,
    *,
    goods: Mapping[str, Known],
    tax_bp: int | None = None,
    returned: Returned | None = None,
) -> Basket:
    """Make the basket of a sale, less what was given back."""
    tax_bp = document.tax_bp if tax_bp is None else tax_bp
    back = returned or Returned()
    if not document.needs_goods:
        return whole_basket(sold.total_minor - back.minor, tax_bp=tax_bp)
    told = tuple(
        Told(number, line.product_ref, line.quantity_milli, line.total_minor)
        for number, line in enumerate(sold.lines, start=1)
    )
    return basket_of(told, total_minor=sold.total_minor, known=goods, tax_bp=tax_bp, returned=back)


def returned_of(
    lines: Sequence[SaleLineReport], refunds: Iterable[RefundLineFacts], *, in_all_minor: int
) -> Returned:
    """Add up what refunds gave back by line; the rest of `in_all_minor` named no line."""
    by_line: dict[int, GivenBack] = {}
    for refund in refunds:
        known = by_line.get(refund.line, GivenBack())
        by_line[refund.line] = GivenBack(
            known.minor + refund.amount_minor,
            known.quantity_milli + _quantity(lines[refund.line - 1], refund),
        )
    named = sum(each.minor for each in by_line.values())
    return Returned(by_line, in_all_minor - named)


def _quantity(line: SaleLineReport, refund: RefundLineFacts) -> Fraction:
    """Say how much of a line came back: what the till told, or its share of the money."""
    if refund.quantity_milli is not None:
        return Fraction(refund.quantity_milli)
    if line.total_minor <= 0:
        return Fraction(0)
    return Fraction(line.quantity_milli * refund.amount_minor, line.total_minor)


def kept_sale(session: Session, sale: SaleFacts, document: Document, *, time_zone: str) -> Sold:
    """Read a kept sale again, with its lines when the rules ask for them."""
    lines = lines_of(session, sale.program_id, sale.sale_id) if document.needs_goods else ()
    return sold_as(sale, time_zone=time_zone, lines=lines)


def earned_by(
    session: Session,
    sale: SaleFacts,
    turn: TurnFacts,
    *,
    time_zone: str,
    refund_id: str | None = None,
) -> Left | None:
    """Say what a sale has earned in the hands it is in, and what of it a refund leaves.

    Without `refund_id` nothing of it is left: it goes to other hands. None when it earned
    nothing: nobody's, or by no rule.
    """
    found = postings_of_acts(session, sale.program_id, [turn.earning_act])
    if turn.card_id is None or not found or found[0].rule_version is None:
        return None
    posting = found[0]
    rules = rules_of_version(session, sale.program_id, found[0].rule_version)
    sold = kept_sale(session, sale, rules.document, time_zone=time_zone)
    refunds = refunds_of(session, sale.program_id, [sale.sale_id])
    told = refund_lines_of(session, sale.program_id, [sale.sale_id]) if sold.lines else {}
    lines = told.get(sale.sale_id, ())
    everything = _returned(sold, refunds, lines)
    others = [refund for refund in refunds if refund.refund_id != refund_id]
    before = _returned(sold, others, [one for one in lines if one.refund_id != refund_id])
    left = _left(posting, rules, sold, before)
    return replace(
        left,
        after=NO_BASKET if refund_id is None else _basket(left, sold, everything),
        refund_acts=tuple(f"refund:{refund.refund_id}" for refund in others),
    )


def resold_as(
    session: Session, sale: SaleFacts, earned: Left | None, *, time_zone: str, at: datetime
) -> tuple[Basket, Judged] | None:
    """Gather what is left of a sale, to be judged by its own moment in other hands.

    By the rules and the goods it was judged by before, if it was. None when nothing is earned
    in its currency.
    """
    lines = lines_of(session, sale.program_id, sale.sale_id)
    sold = sold_as(sale, time_zone=time_zone, lines=lines)
    judged = judged_sale(session, sold, at=at, rules=None if earned is None else earned.rules)
    if judged is None:
        return None
    if earned is not None:
        judged = replace(judged, goods=earned.basis.goods)
    refunds = refunds_of(session, sale.program_id, [sale.sale_id])
    told = refund_lines_of(session, sale.program_id, [sale.sale_id])
    returned = _returned(sold, refunds, told.get(sale.sale_id, ()))
    basket = sale_basket(judged.rules.document, sold, goods=judged.goods, returned=returned)
    return basket, judged


def earned_by_all(
    session: Session,
    program_id: int,
    sales: Sequence[SaleFacts],
    turns: Mapping[str, TurnFacts],
    *,
    time_zones: Mapping[UUID, str],
) -> dict[str, Left]:
    """Say what several sales have earned, by sale; those that earned by no rule are left out."""
    owned = {turn.earning_act: turn for turn in turns.values() if turn.card_id is not None}
    postings = {
        owned[posting.act_id].sale_id: posting
        for posting in postings_of_acts(session, program_id, list(owned))
        if posting.rule_version is not None
    }
    versions = {posting.rule_version for posting in postings.values()} - {None}
    rules = rules_of_versions(session, program_id, {one for one in versions if one is not None})
    asked = [
        sale_id
        for sale_id, posting in postings.items()
        if rules[posting.rule_version or 0].document.needs_goods
    ]
    lines = lines_of_sales(session, program_id, asked) if asked else {}
    refund_lines = refund_lines_of(session, program_id, asked) if asked else {}
    refunded = refunded_of(session, program_id, list(postings))
    found: dict[str, Left] = {}
    for sale in sales:
        posting = postings.get(sale.sale_id)
        if posting is None or posting.rule_version is None:
            continue
        sold = sold_as(sale, time_zone=time_zones[sale.store_id], lines=lines.get(sale.sale_id, ()))
        returned = returned_of(
            sold.lines,
            refund_lines.get(sale.sale_id, ()),
            in_all_minor=refunded.get(sale.sale_id, 0),
        )
        found[sale.sale_id] = _left(posting, rules[posting.rule_version], sold, returned)
    return found


def _returned(
    sold: Sold, refunds: Iterable[RefundFacts], lines: Iterable[RefundLineFacts]
) -> Returned:
    in_all = sum(refund.amount_minor for refund in refunds)
    return returned_of(sold.lines, lines, in_all_minor=in_all)


def _left(posting: PostingFacts, rules: RulesetFacts, sold: Sold, returned: Returned) -> Left:
    left = left_of(posting, rules, moment=sold.moment, before=NO_BASKET)
    return replace(left, before=_basket(left, sold, returned))


def _basket(left: Left, sold: Sold, returned: Returned) -> Basket:
    """Make the basket of a sale that has earned, by what was known of its goods then."""
    return sale_basket(
        left.rules.document,
        sold,
        goods=left.basis.goods,
        tax_bp=left.basis.tax_bp,
        returned=returned,
    )


def _known(session: Session, sold: Sold) -> dict[str, Known]:
    references = {line.product_ref for line in sold.lines if line.product_ref}
    if not references:
        return {}
    found = goods_by_reference(session, sold.program_id, sold.store_id, references)
    return {
        reference: Known(
            frozenset({goods.sku, goods.barcode, reference} - {""}), goods.category, goods.tax_bp
        )
        for reference, goods in found.items()
    }
