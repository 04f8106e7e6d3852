"""What a new sale is evidence of: the visit that showed its code, a customer, a claimed receipt."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.verdict import Verdict
from loyalty.identity.values import own_identifier_id
from loyalty.journeys.claim_receipt import DueClaim, link_claim, note_receipt
from loyalty.journeys.contract_links import customer_seen, note_customer, receipt_seen
from loyalty.journeys.sale_report import SaleReport
from loyalty.journeys.shown_card import ShownCode, link_visit, take_visit
from loyalty.journeys.tools import Tools


@dataclass(frozen=True, slots=True)
class SaleEvidence:
    """What a sale was linked with; `claim` is who claimed its receipt before the till told it."""

    card_id: str | None
    link_id: str | None
    linked: bool
    claim: DueClaim | None

    @property
    def counts_for(self) -> str | None:
        """The card whose wallet it earns into in this act."""
        return self.card_id if self.claim is None else self.claim.card_id


def keep_evidence(
    session: Session, report: SaleReport, verdict: Verdict, *, tools: Tools
) -> SaleEvidence:
    """Link all that a sale is evidence of, before any wallet is taken.

    Of a sale that is evidence of more than its visit everything is locked at once and in order:
    two sales that share a customer would otherwise wait for each other in a circle.
    """
    card_id = verdict.card_id if verdict.identifies else None
    claim = None
    if report.claim_id is not None:
        claim = note_receipt(
            session,
            report.program_id,
            report.claim_id,
            till_id=report.till_id,
            sale_id=report.sale_id,
        )
    shown = None if card_id is None else shown_at_sale(report, verdict)
    if report.customer is not None or claim is not None:
        ends = _ends(session, report, claim, tools=tools)
        take_visit(session, report.program_id, shown, tools=tools, beside=ends)
    link = None if shown is None else link_visit(session, shown, tools=tools)
    if report.customer is not None:
        note_customer(
            session,
            report.program_id,
            report.sale_id,
            report.customer,
            card_id=card_id,
            actor=f"till:{report.till_id}",
            at=min(report.sold_at, tools.clock.now()),
            tools=tools,
        )
    if claim is not None:
        link_claim(session, claim, tools=tools)
    is_linked = link is not None and link.active and link.refused_rule is None
    return SaleEvidence(card_id, None if link is None else link.link_id, is_linked, claim)


def shown_at_sale(report: SaleReport, verdict: Verdict) -> ShownCode:
    """Say which code was shown for a sale."""
    return ShownCode(
        program_id=report.program_id,
        till_id=report.till_id,
        verdict=verdict,
        scanned_at=report.scanned_at or report.sold_at,
        clock_sure=report.clock_sure,
        event=f"sale:{report.sale_id}",
    )


def _ends(
    session: Session, report: SaleReport, claim: DueClaim | None, *, tools: Tools
) -> frozenset[UUID]:
    """Name what a sale links besides its visit; what is new is made before anything is locked."""
    ends: set[UUID | None] = set()
    if report.customer is not None:
        at = min(report.sold_at, tools.clock.now())
        ends.add(customer_seen(session, report.program_id, report.customer, at=at, tools=tools))
    if claim is not None:
        ends.add(receipt_seen(session, report.program_id, claim.claim_id, tools=tools))
        ends.add(own_identifier_id("card", claim.card_id))
    return frozenset(end for end in ends if end is not None)
