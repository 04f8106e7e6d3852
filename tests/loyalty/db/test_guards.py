"""The tables refuse what no code may do: change the ledger, look into another program."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Delete, Update, create_engine, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from loyalty.db.base import Base
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.tools import Tools
from loyalty.points.models import Posting
from loyalty.points.reward_models import Reward
from loyalty.programs.models import Program
from loyalty.sales.models import Refund, Sale, SaleCard, SaleLine
from loyalty.sales.rules import SaleLineReport
from tests.support.checkout import Counter
from tests.support.places import Place
from tests.support.street import open_street

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BAKERY, GROCER = 7, 8


@pytest.fixture
def counter(database: Database, tools: Tools) -> Counter:
    return Counter(database, open_street(database, tools), tools)


def given_program(database: Database, program_id: int) -> None:
    with database.unit_of_work(program_id) as session:
        session.execute(
            insert(Program).values(
                program_id=program_id, name="P", language="es", is_demo=False, created_at=NOON
            )
        )


def given_rule(database: Database, program_id: int) -> None:
    with database.unit_of_work(program_id) as session:
        session.execute(
            insert(Reward).values(
                program_id=program_id,
                reward_id=UUID(int=1),
                name="Café",
                points=50,
            )
        )


def given_posting(database: Database, program_id: int) -> None:
    with database.unit_of_work(program_id) as session:
        session.execute(
            insert(Posting).values(
                program_id=program_id,
                posting_id=UUID(int=1),
                act_id="sale:1",
                kind="earn",
                occurred_at=NOON,
                recorded_at=NOON,
                subject="1",
                request_hash="",
            )
        )


@pytest.mark.parametrize("change", [update(Posting).values(subject="2"), delete(Posting)])
def test_what_the_ledger_says_cannot_be_changed(database: Database, change: object) -> None:
    given_program(database, BAKERY)
    given_posting(database, BAKERY)
    with (
        pytest.raises((IntegrityError, ProgrammingError)),
        database.unit_of_work(BAKERY) as session,
    ):
        session.execute(change)  # type: ignore[call-overload]


def test_even_the_owner_of_the_tables_cannot_change_the_ledger(
    place: Place, database: Database
) -> None:
    given_program(database, BAKERY)
    given_posting(database, BAKERY)
    owner = create_engine(place.admin_url)
    try:
        with (
            owner.connect() as connection,
            pytest.raises(IntegrityError, match="points_posting is append-only"),
        ):
            connection.execute(update(Posting).values(subject="2"))
    finally:
        owner.dispose()


@pytest.mark.parametrize("table", [Sale, SaleLine, SaleCard, Refund])
@pytest.mark.parametrize("act", [update, delete])
def test_what_a_till_reported_cannot_be_changed(
    counter: Counter, table: type[Base], act: Callable[[type[Base]], Update | Delete]
) -> None:
    phone = counter.consenting_phone()
    line = SaleLineReport(product_ref="", description="Pan", quantity_milli=1000, total_minor=900)
    counter.send(counter.report("s1", 900, code=counter.shown(phone), lines=(line,)))
    counter.refund("r1", "s1", 100)
    change = act(table)
    change = change.values(program_id=1) if isinstance(change, Update) else change
    with (
        pytest.raises((IntegrityError, ProgrammingError), match=r"append-only|permission denied"),
        counter.database.unit_of_work(counter.street.program_id) as session,
    ):
        session.execute(change)
    assert counter.findings() == ()


@pytest.fixture
def postgres(postgres_only: Place) -> Iterator[Database]:
    """SQLite has no row policies and no roles; there the keys alone keep programs apart."""
    opened = Database(postgres_only.url)
    yield opened
    opened.close()


def test_a_program_does_not_see_the_rows_of_another(postgres: Database) -> None:
    for program_id in (BAKERY, GROCER):
        given_program(postgres, program_id)
        given_rule(postgres, program_id)
    for program_id, seen in ((BAKERY, [BAKERY]), (GROCER, [GROCER]), (NO_PROGRAM, [])):
        with postgres.reading(program_id) as session:
            assert session.scalars(select(Reward.program_id)).all() == seen


def test_a_program_cannot_write_for_another(postgres: Database) -> None:
    given_program(postgres, GROCER)
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        postgres.unit_of_work(BAKERY) as session,
    ):
        session.execute(
            insert(Reward).values(
                program_id=GROCER,
                reward_id=UUID(int=1),
                name="Café",
                points=50,
            )
        )


def test_the_service_owns_nothing(postgres: Database) -> None:
    with postgres.reading(NO_PROGRAM) as session:
        role = session.execute(
            text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
        owned = session.scalar(
            text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        )
    assert tuple(role) == (False, False)
    assert owned == 0
