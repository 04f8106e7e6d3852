"""The counter: scans the card, sends the sale and what is brought back, and holds each answer.

What a till can know, it checks: what a sale earns by the rule it was told, and that the points on
the card are always those before, plus what was earned, minus what was taken back.
"""

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from app.replay.baskets import Basket
from app.replay.errors import ReplayError
from app.replay.line import Answer, Json, Line
from app.replay.phone import Phone
from app.replay.tickets import ticket_lines
from loyalty.wire.messages import moment_text

API: Final = "/api/v1"
DECIMALS: Final = 2  # the data is in dollars and cents
# A second look at a card within the minute is told as such and is as good.
GOOD_SCANS: Final = frozenset({"ok", "duplicate_scan"})


@dataclass(frozen=True, slots=True)
class Till:
    """A paired till: its key, where it stands, and the rule it tells people."""

    credential: str = field(repr=False)
    program_id: int
    store_id: str
    store_name: str
    currency: str
    shop_path: str
    points: int
    per_minor: int
    server_time: datetime
    met_at: float

    def now(self) -> datetime:
        """Say what time it is at the server, whatever the clock here says."""
        return self.server_time + timedelta(seconds=time.monotonic() - self.met_at)

    def earns(self, total_minor: int) -> int | None:
        """Say how many points a sale earns: whole steps of the rule, rounded down.

        None when the amount alone does not say it, and the till tells no rule.
        """
        return total_minor // self.per_minor * self.points if self.per_minor else None


@dataclass(slots=True)
class Member:
    """A household with its phone, and the points its receipts have come to."""

    phone: Phone
    points: int = 0


@dataclass(frozen=True, slots=True)
class Refunded:
    """What was given back, and the points that went with it."""

    amount_minor: int
    taken: int


@dataclass(frozen=True, slots=True)
class Served:
    """One basket that went over the counter. `findings` are the answers that do not add up."""

    basket_id: int
    total_minor: int
    lines: int
    earned: int
    scan_outcome: str
    scan_s: float
    sale_s: float
    refunded: Refunded | None
    findings: tuple[str, ...]


def reach_service(base_url: str) -> None:
    """Make sure that an Enlaza answers, before anything is made for a replay.

    Errors: `ReplayError` when nobody does, or somebody else.
    """
    line = Line(base_url, stop=threading.Event())
    line.ask("GET", "/healthz", headers={"Accept": "application/json"}, once=True).document()
    line.close()


def meet_till(base_url: str, credential: str, *, stop: threading.Event) -> Till:
    """Ask the service what a till of this key needs to begin.

    Errors: `ReplayError` when nobody answers, for a key nobody knows, for a store whose money is
    not written with two decimals.
    """
    line = Line(base_url, stop=stop)
    answer = line.ask("GET", f"{API}/till/session", headers=_headers(credential), once=True)
    line.close()
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        message = (
            f"the service at {base_url} does not know this till key, or it was revoked; "
            "`enlaza till pair` makes another"
        )
        raise ReplayError(message)
    told = _good(answer, "the till's first call")
    earning = told["earning"] or {"points": 0, "per_minor": 0}
    if told["money"]["decimals"] != DECIMALS:
        message = f"the data is in cents, and {told['store']['currency']} has none"
        raise ReplayError(message)
    return Till(
        credential=credential,
        program_id=int(credential.partition(".")[0]),
        store_id=told["store"]["store_id"],
        store_name=told["store"]["name"],
        currency=told["store"]["currency"],
        shop_path=urlsplit(told["store"]["join_url"]).path,
        points=earning["points"],
        per_minor=earning["per_minor"],
        server_time=datetime.fromisoformat(told["server_time"]).astimezone(UTC),
        met_at=time.monotonic(),
    )


def serve_basket(
    line: Line,
    till: Till,
    member: Member,
    basket: Basket,
    *,
    run: str,
    refund_minor: int,
) -> Served:
    """Scan the member's card, send the sale, and give money back when `refund_minor` says so."""
    findings: list[str] = []
    at = till.now()
    code = member.phone.code_at(at)
    scan, scan_s = _scan(line, till, code, at)
    outcome = str(scan["outcome"])
    if outcome not in GOOD_SCANS:
        findings.append(f"basket {basket.basket_id}: the scan said {outcome}")
    elif scan["points"] != member.points:
        findings.append(
            f"basket {basket.basket_id}: the scan shows {scan['points']} points, "
            f"the receipts come to {member.points}"
        )
    sale_id = f"{run}-{basket.basket_id}"
    lines = ticket_lines(basket)
    sale: Json = {
        "sale_id": sale_id,
        "total_minor": basket.total_minor,
        "currency": till.currency,
        "sold_at": moment_text(at),
        "code": code,
        "scanned_at": moment_text(at),
        "lines": lines,
    }
    answer = _send(line, till, "/sales", sale)
    receipt = _good(answer, f"sale {sale_id}")
    earned = till.earns(basket.total_minor)
    findings += _check_sale(receipt, member, earned=earned)
    member.points = receipt["points"]["balance"] or 0
    refunded = None
    if refund_minor:
        left_minor = basket.total_minor - refund_minor
        kept = till.earns(left_minor)
        taken = None if earned is None or kept is None else earned - kept
        told = _refund(line, till, sale_id, refund_minor)
        findings += _check_refund(told, member, left_minor=left_minor, taken=taken)
        refunded = Refunded(refund_minor, told["points"]["taken"] if told["points"] else 0)
        member.points -= refunded.taken
    return Served(
        basket_id=basket.basket_id,
        total_minor=basket.total_minor,
        lines=len(lines),
        earned=receipt["points"]["earned"],
        scan_outcome=outcome,
        scan_s=scan_s,
        sale_s=answer.took_s,
        refunded=refunded,
        findings=tuple(findings),
    )


def _scan(line: Line, till: Till, code: str, at: datetime) -> tuple[Json, float]:
    asked = {"code": code, "scanned_at": moment_text(at), "source": "wedge"}
    answer = _send(line, till, "/scans", asked)
    return _good(answer, "a scan"), answer.took_s


def _refund(line: Line, till: Till, sale_id: str, amount_minor: int) -> Json:
    asked = {
        "refund_id": f"{sale_id}-back",
        "amount_minor": amount_minor,
        "refunded_at": moment_text(till.now()),
    }
    return _good(_send(line, till, f"/sales/{sale_id}/refunds", asked), f"refund of {sale_id}")


def _check_sale(receipt: Json, member: Member, *, earned: int | None) -> list[str]:
    if earned is None:
        earned = int(receipt["points"]["earned"])
    told = (receipt["code_outcome"], receipt["points"]["earned"], receipt["points"]["balance"])
    wanted = ("ok", earned, member.points + earned)
    return [] if told == wanted else [f"sale {receipt['sale_id']}: {told}, not {wanted}"]


def _check_refund(told: Json, member: Member, *, left_minor: int, taken: int | None) -> list[str]:
    points = told["points"] or {"taken": None, "balance": None}
    if taken is None:
        taken = points["taken"] or 0
    said = (told["left_minor"], points["taken"], points["balance"])
    wanted = (left_minor, taken, member.points - taken)
    return [] if said == wanted else [f"refund {told['refund_id']}: {said}, not {wanted}"]


def _send(line: Line, till: Till, path: str, document: Json) -> Answer:
    return line.ask(
        "POST",
        API + path,
        headers=_headers(till.credential),
        content=json.dumps(document).encode(),
    )


def _headers(credential: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {credential}",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def _good(answer: Answer, what: str) -> dict[str, Any]:
    told = answer.document()
    if answer.status >= HTTPStatus.BAD_REQUEST:
        message = f"{what} was refused: {told.get('code')}: {told.get('detail')}"
        raise ReplayError(message)
    return told
