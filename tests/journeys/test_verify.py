"""The recomputation finds what somebody changed behind our back, and nothing else."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Update, update

from loyalty.identity.models import Cluster, Consent, Link
from loyalty.points.queries import BALANCE, LOT
from loyalty.programs.queues import EventRow, QueueKey, keep_event
from loyalty.sales.queries import REFUND, SALE, TURN
from tests.support.checkout import Counter
from tests.support.places import Place
from tests.support.street import new_phone
from tests.support.tamper import change_behind_our_back

FULL = LOT.c.remaining > 0
RICH = BALANCE.c.posted > 0
FIRST = SALE.c.sale_id == "s1"
THEN = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def busy(counter: Counter) -> Counter:
    phone = counter.consenting_phone()
    other = new_phone(counter.database, counter.street, counter.tools)
    counter.sell("s1", 1240, code=counter.shown(phone))
    counter.sell("s2", 800, code=counter.shown(other))
    counter.sell("s3", 500)
    counter.refund("r1", "s1", 240)
    counter.reassign("m1", "s2", code=counter.shown(phone))
    return counter


def test_a_program_that_is_left_alone_has_no_findings(busy: Counter) -> None:
    assert busy.findings() == ()


@pytest.mark.parametrize(
    ("tamper", "invariant"),
    [
        (update(BALANCE).where(RICH).values(posted=99), "balances equal their lines"),
        (update(BALANCE).where(RICH).values(posted=99), "balances equal their lots"),
        (update(LOT).where(FULL).values(remaining=1), "lots equal their lines"),
        (update(BALANCE).where(RICH).values(debt=3), "points pay a debt first"),
        (
            update(SALE).where(FIRST).values(total_minor=9900),
            "a sale has earned what is left of it",
        ),
        (update(SALE).where(FIRST).values(total_minor=100), "refunds do not exceed their sale"),
        (update(REFUND).values(amount_minor=740), "a sale has earned what is left of it"),
        (
            update(TURN).where(TURN.c.sale_id == "s1").values(card_id=None),
            "a sale has earned what is left of it",
        ),
        (
            update(Link).where(Link.kind == "card").values(active=False),
            "persons follow from their links",
        ),
        (update(Consent).values(withdrawn_at=THEN), "persons follow from their links"),
        (update(Cluster).values(open_member_id=None), "a card belongs to a membership"),
    ],
)
def test_what_was_changed_behind_our_back_is_found(
    busy: Counter, place: Place, tamper: Update, invariant: str
) -> None:
    change_behind_our_back(place, tamper)
    found = busy.findings()
    assert invariant in {finding.invariant for finding in found}
    assert all(finding.told != finding.found for finding in found)


@pytest.mark.parametrize("kind", ["sale", "refund", "reassignment"])
def test_an_act_that_a_till_was_told_is_kept_must_be_there(busy: Counter, kind: str) -> None:
    street = busy.street
    queue = QueueKey(street.program_id, street.till_id, UUID(int=5))
    there = {"sale": "s1", "refund": "r1", "reassignment": "m1"}[kind]
    with busy.database.unit_of_work(street.program_id) as session:
        for seq, act_id, result in ((1, there, "created"), (2, "lost", "duplicate")):
            keep_event(
                session,
                queue,
                EventRow(seq, kind, act_id, result, "hash"),
                at=busy.tools.clock.now(),
            )
    (found,) = busy.findings()
    assert (found.invariant, found.subject) == ("what a till was told is kept", f"{kind} lost")
