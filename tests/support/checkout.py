"""What happens at the counter: codes shown, sales reported, refunds given."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty.db.session import Database
from loyalty.journeys.consents import answer_consents
from loyalty.journeys.live_codes import live_codes
from loyalty.journeys.move_sale import ReassignReport
from loyalty.journeys.open_visit import Arrival, open_visit
from loyalty.journeys.reassign_sale import CodeRefused, ReassignReceipt, reassign_sale
from loyalty.journeys.record_sale import record_sale
from loyalty.journeys.refund_sale import RefundReceipt, RefundReport, refund_sale
from loyalty.journeys.sale_report import SaleReceipt, SaleReport
from loyalty.journeys.scan_card import ScanAnswer, ScanRequest, scan_card
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import Finding, verify_program
from loyalty.points.earning.rulesets import set_rules
from loyalty.points.policy import policy_in_force
from loyalty.points.set_policy import set_policy
from loyalty.sales.rules import RefundLineReport, SaleLineReport
from tests.support.street import Phone, Street, browser, new_phone


@dataclass(frozen=True, slots=True)
class Counter:
    """A till of a street, and the tools it is served with."""

    database: Database
    street: Street
    tools: Tools

    def shown(self, phone: Phone) -> str:
        """Read the live code that a phone shows now."""
        now = self.tools.clock.now()
        shopper = browser(self.database, self.street, phone.secret, self.tools)
        with self.database.unit_of_work(self.street.program_id) as session:
            batch = live_codes(session, shopper, tools=self.tools)
        return next(code.text for code in batch.codes if code.starts_at <= now < code.expires_at)

    def letters(self, phone: Phone) -> str:
        """Read the letters under the live code that a phone shows now."""
        now = self.tools.clock.now()
        shopper = browser(self.database, self.street, phone.secret, self.tools)
        with self.database.unit_of_work(self.street.program_id) as session:
            batch = live_codes(session, shopper, tools=self.tools)
        return next(code.letters for code in batch.codes if code.starts_at <= now < code.expires_at)

    def consenting_phone(self) -> Phone:
        """Let a shopper visit, join and say yes to linking visits."""
        with self.database.unit_of_work(self.street.program_id) as session:
            visit_id = open_visit(
                session,
                self.street.program_id,
                self.street.store_id,
                arrival=Arrival(referrer="", query={"utm_source": "instagram"}, landing="/S/SOL"),
                shopper=None,
                tools=self.tools,
            )
        phone = new_phone(self.database, self.street, self.tools, visit_id=visit_id)
        shopper = browser(self.database, self.street, phone.secret, self.tools)
        with self.database.unit_of_work(self.street.program_id) as session:
            answer_consents(
                session,
                shopper,
                {"web_visits": True},
                wordings={"web_visits": "Sí"},
                language="es",
                tools=self.tools,
            )
        return phone

    def report(
        self,
        sale_id: str,
        total_minor: int,
        *,
        code: str | None = None,
        scanned_at: datetime | None = None,
        clock_sure: bool = True,
        lines: tuple[SaleLineReport, ...] = (),
        currency: str = "EUR",
        sold_at: datetime | None = None,
        staff_id: UUID | None = None,
    ) -> SaleReport:
        """Write a sale as this till tells it."""
        now = self.tools.clock.now()
        return SaleReport(
            program_id=self.street.program_id,
            store_id=self.street.store_id,
            till_id=self.street.till_id,
            staff_id=staff_id,
            sale_id=sale_id,
            total_minor=total_minor,
            currency=currency,
            sold_at=sold_at or now,
            code=code,
            scanned_at=scanned_at or (now if code else None),
            clock_sure=clock_sure,
            lines=lines,
        )

    def send(self, report: SaleReport) -> SaleReceipt:
        """Send a sale once."""
        with self.database.unit_of_work(report.program_id) as session:
            return record_sale(session, report, tools=self.tools)

    def resend(self, report: SaleReport, _client: int) -> SaleReceipt:
        """Send the same sale as another client of a race does."""
        return self.send(report)

    def sell(self, sale_id: str, total_minor: int, *, code: str | None = None) -> SaleReceipt:
        """Sell something, now."""
        return self.send(self.report(sale_id, total_minor, code=code))

    def set_rules(self, *rules: dict[str, Any], **document: object) -> None:
        """Let other rules hold from now on."""
        with self.database.unit_of_work(self.street.program_id) as session:
            version, checked = set_rules(
                session,
                self.street.program_id,
                {"rules": list(rules), **document},
                currency="EUR",
                made_by="test",
                at=self.tools.clock.now(),
            )
        assert version is not None, checked.errors

    def set_policy(self, **decided: Any) -> None:  # noqa: ANN401  each decision has its own kind
        """Let the program decide something about its points, from now on."""
        now = self.tools.clock.now()
        with self.database.unit_of_work(self.street.program_id) as session:
            held = policy_in_force(session, self.street.program_id, at=now)
            set_policy(
                session, self.street.program_id, replace(held, **decided), made_by="test", at=now
            )

    def refund_lines(self, refund_id: str, sale_id: str, *lines: RefundLineReport) -> RefundReceipt:
        """Give back lines of a sale, once."""
        amount = sum(line.amount_minor for line in lines)
        report = replace(self.refund_report(refund_id, sale_id, amount), lines=lines)
        with self.database.unit_of_work(report.program_id) as session:
            return refund_sale(session, report, tools=self.tools)

    def refund_report(self, refund_id: str, sale_id: str, amount_minor: int) -> RefundReport:
        """Write a refund as this till tells it."""
        return RefundReport(
            program_id=self.street.program_id,
            till_id=self.street.till_id,
            sale_id=sale_id,
            refund_id=refund_id,
            amount_minor=amount_minor,
            refunded_at=self.tools.clock.now(),
            reason="",
        )

    def refund(self, refund_id: str, sale_id: str, amount_minor: int) -> RefundReceipt:
        """Give money back, once."""
        report = self.refund_report(refund_id, sale_id, amount_minor)
        with self.database.unit_of_work(report.program_id) as session:
            return refund_sale(session, report, tools=self.tools)

    def reassign(
        self, reassignment_id: str, sale_id: str, *, code: str | None = None
    ) -> ReassignReceipt | CodeRefused:
        """Undo "wrong person", once."""
        report = ReassignReport(
            program_id=self.street.program_id,
            till_id=self.street.till_id,
            sale_id=sale_id,
            reassignment_id=reassignment_id,
            code=code,
            scanned_at=self.tools.clock.now() if code else None,
        )
        with self.database.unit_of_work(report.program_id) as session:
            return reassign_sale(session, report, tools=self.tools)

    def scan(self, code: str, *, clock_sure: bool = True) -> ScanAnswer:
        """Scan a code, once."""
        request = ScanRequest(
            program_id=self.street.program_id,
            till_id=self.street.till_id,
            store_id=self.street.store_id,
            code=code,
            scanned_at=self.tools.clock.now(),
            clock_sure=clock_sure,
            source="camera",
        )
        with self.database.unit_of_work(request.program_id) as session:
            return scan_card(session, request, tools=self.tools)

    def findings(self) -> tuple[Finding, ...]:
        """Recompute everything; empty when all is well."""
        with self.database.reading(self.street.program_id) as session:
            return verify_program(session, self.street.program_id, tools=self.tools)
