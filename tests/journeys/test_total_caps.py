"""A cap for all members together: it costs the same however many there are, and it holds."""

import pytest
from sqlalchemy import func, select

from loyalty.db.prepared import insert_rows
from loyalty.db.watch import NoWatch
from loyalty.db.writes import table_of
from loyalty.identity.models import Member
from loyalty.journeys.sale_report import SaleReceipt
from loyalty.kernel.ids import new_id
from loyalty.points.earning.basis import Uses
from loyalty.points.earning.uses import TOTAL, USE, count_uses, given_by_rule
from loyalty.points.queries import WALLET
from tests.support.at_once import at_once
from tests.support.checkout import Counter
from tests.support.listening import Listener
from tests.support.sizes import SIZE_NAME
from tests.support.street import new_phone

AT_ONCE = 16
FEW, MANY = 10, 10_000 if SIZE_NAME == "prove" else 300
BASE = {"id": "base", "kind": "per_money", "points": 1, "per_minor": 100}


def let_earn(counter: Counter, count: int) -> None:
    """Let so many members have earned a point each by the rule, as their receipts count it."""
    program_id, now = counter.street.program_id, counter.tools.clock.now()
    ids = [(new_id(now), new_id(now)) for _ in range(count)]
    with counter.database.unit_of_work(program_id) as session:
        own = {"program_id": program_id, "store_id": counter.street.store_id, "joined_at": now}
        members = [
            {**own, "member_id": member, "display_name": None, "language": "es"}
            for member, _ in ids
        ]
        insert_rows(session, table_of(Member), members)
        wallets = [
            {
                "program_id": program_id,
                "wallet_id": wallet,
                "member_id": member,
                "unit": "points",
                "opened_at": now,
            }
            for member, wallet in ids
        ]
        insert_rows(session, WALLET, wallets)
        for _, wallet in ids:
            count_uses(session, program_id, Uses(str(wallet), "2026-03-02", {"base": (1, 0)}))


def cost(counter: Counter, sale_id: str) -> tuple[list[str], int]:
    """Sell to somebody new; say which statements that took, and how many rows the total has."""
    program_id = counter.street.program_id
    phone = new_phone(counter.database, counter.street, counter.tools)
    code, heard = counter.shown(phone), Listener()
    counter.database.watched_by(heard)
    assert counter.sell(sale_id, 100, code=code).points_earned == 1
    counter.database.watched_by(NoWatch())
    with counter.database.reading(program_id) as session:
        rows = session.scalar(
            select(func.count()).select_from(TOTAL).where(TOTAL.c.program_id == program_id)
        )
    return [text for text in heard.statements if "points_rule" in text], int(rows or 0)


def test_a_total_cap_reads_as_many_rows_with_ten_members_as_with_thousands(
    counter: Counter,
) -> None:
    counter.set_rules(BASE | {"caps": {"total": 1_000_000}})
    let_earn(counter, FEW)
    few = cost(counter, "s1")
    let_earn(counter, MANY)
    assert cost(counter, "s2") == few
    statements, rows = few
    assert rows == 1, "acts that came one after the other share a shelf"
    sums = [text for text in statements if "sum(" in text]
    assert [text for text in sums if USE.name in text] == [], "nobody's own counters are added up"
    assert len(sums) == 1
    with counter.database.reading(counter.street.program_id) as session:
        assert given_by_rule(session, counter.street.program_id, "base") == FEW + MANY + 2


@pytest.mark.race
def test_of_sixteen_sales_at_once_never_more_than_the_total_is_given(counter: Counter) -> None:
    counter.set_rules(BASE | {"caps": {"total": 100, "member_day": 60}})
    phones = [new_phone(counter.database, counter.street, counter.tools) for _ in range(AT_ONCE)]
    codes = [counter.shown(phone) for phone in phones]

    def sell(number: int) -> SaleReceipt:
        return counter.sell(f"sale:{number}", 1_000, code=codes[number])

    told = [one for one in at_once(AT_ONCE, sell) if isinstance(one, SaleReceipt)]
    assert sorted(one.points_earned for one in told) == [0] * 6 + [10] * 10
    assert [one.why_none for one in told if not one.points_earned] == ["capped"] * 6

    def give_back(number: int) -> None:
        counter.refund(f"refund:{number}", f"sale:{number}", 1_000)

    earned = [number for number, one in enumerate(told) if one.points_earned]

    def both(number: int) -> int:
        if number < len(earned):
            give_back(earned[number])
            return 0
        return counter.sell(f"again:{number}", 1_000, code=codes[number]).points_earned

    at_once(AT_ONCE, both)
    assert counter.findings() == ()
    assert given(counter) <= 100


@pytest.mark.race
def test_sales_under_caps_of_each_member_wait_for_nobody_and_add_up(counter: Counter) -> None:
    counter.set_rules(
        BASE | {"caps": {"member_day": 60}},
        {"id": "visit", "kind": "per_visit", "points": 5, "caps": {"member_ever": 50}},
    )
    phones = [new_phone(counter.database, counter.street, counter.tools) for _ in range(AT_ONCE)]
    codes = [counter.shown(phone) for phone in phones]
    for number in range(0, AT_ONCE, 2):
        counter.sell(f"first:{number}", 1_000 if number % 4 else 100, code=codes[number])

    def act(number: int) -> int:
        if number % 2:
            return counter.sell(f"sale:{number}", 1_000, code=codes[number]).points_earned
        counter.reassign(f"move:{number}", f"first:{number}", code=codes[(number + 2) % AT_ONCE])
        return 0

    told = at_once(AT_ONCE, act)
    assert [one for one in told if not isinstance(one, int)] == []
    assert counter.findings() == ()


def given(counter: Counter) -> int:
    """Say what the rule has given to all."""
    with counter.database.reading(counter.street.program_id) as session:
        return given_by_rule(session, counter.street.program_id, "base")
