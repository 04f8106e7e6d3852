"""What a small basket would earn by some rules, and which of them wins, and why."""

from dataclasses import dataclass

from app.gain_words import times_text
from app.language import gettext, ngettext
from app.pages.admin_basket import LINES, TriedBasket
from app.pages.admin_points_tabs import Slips
from app.pages.admin_rule_words import why_not_text
from app.pages.admin_rulebook import Rulebook, sentence_of
from app.text import money_text, points_text, whole_text
from loyalty.points.earning.document import CAPS, ONE, Document, Rule
from loyalty.points.earning.evaluate import RuleResult, Standing, preview


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What one rule makes of a basket."""

    sentence: str
    points: str
    why: str
    is_best: bool


@dataclass(frozen=True, slots=True)
class TryLine:
    """One line of the basket's form."""

    label: str
    product_name: str
    product: str
    quantity_name: str
    quantity: str
    wrong: str


@dataclass(frozen=True, slots=True)
class TryPart:
    """The small basket and what it would earn; `verdict` is "" while it cannot be read."""

    values: TriedBasket
    slips: Slips
    lines: tuple[TryLine, ...]
    currency: str
    tiers: tuple[tuple[str, str, bool], ...]
    verdict: str
    rows: tuple[OutcomeRow, ...]


def try_part(book: Rulebook, document: Document | None, tried: TriedBasket) -> TryPart:
    """Work a basket out with some rules and say which of them wins, and why."""
    verdict = ""
    rows: tuple[OutcomeRow, ...] = ()
    if document is not None and not tried.wrong:
        standing = Standing(
            tier_id=tried.tier_id or None,
            tier_times=book.tier_times.get(tried.tier_id, ONE),
            room={rule.rule_id: _room(rule) for rule in document.rules if rule.caps},
        )
        results = preview(document, tried.basket, moment=tried.moment, standing=standing)
        rules = {rule.rule_id: rule for rule in document.rules}
        best = results[0] if results and results[0].points else None
        verdict = _verdict(best.points if best else 0)
        rows = tuple(
            OutcomeRow(
                sentence=rules[one.rule_id].name or sentence_of(rules[one.rule_id], book),
                points=points_text(one.points),
                why=_why(one, tried, book.store.currency),
                is_best=one is best,
            )
            for one in results
        )
    return TryPart(
        values=tried,
        slips=Slips(tried.wrong),
        lines=tuple(_line(tried, line) for line in LINES),
        currency=book.store.currency,
        tiers=tuple((key, name, key == tried.tier_id) for key, name in book.tiers.items()),
        verdict=verdict,
        rows=rows,
    )


def _line(tried: TriedBasket, line: int) -> TryLine:
    product, quantity = f"try_product_{line}", f"try_quantity_{line}"
    return TryLine(
        label=gettext("Producto %(number)s", number=line),
        product_name=product,
        product=tried.value(product),
        quantity_name=quantity,
        quantity=tried.value(quantity),
        wrong=tried.wrong.get(product, ""),
    )


def _room(rule: Rule) -> int:
    """Say how much a rule's caps leave to somebody who has earned nothing by it."""
    limits: list[int | None] = [getattr(rule.caps, name) for name in CAPS]
    return min(limit for limit in limits if limit is not None)


def _verdict(points: int) -> str:
    if not points:
        return gettext("Esta compra no ganaría puntos.")
    return ngettext(
        "Esta compra ganaría %(count)s punto.",
        "Esta compra ganaría %(count)s puntos.",
        points,
        count=whole_text(points),
    )


def _why(one: RuleResult, tried: TriedBasket, currency: str) -> str:
    if one.why_not:
        return why_not_text(one.why_not)
    counted, total = (
        money_text(one.counted_minor, currency),
        money_text(tried.total_minor, currency),
    )
    parts = [gettext("Cuentan %(counted)s de %(total)s", counted=counted, total=total)]
    if one.times != ONE:
        parts.append(times_text(one.times))
    if one.cut:
        parts.append(gettext("el límite quita %(points)s", points=points_text(one.cut)))
    return " · ".join(parts)
