"""What the social room keeps twice agrees, also when the hashes are forgotten; tampering shows."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, update

from loyalty.connectors.base import Action, Actor, Change, EngagementFact
from loyalty.db.session import Database
from loyalty.journeys.take_engagement import take_engagement
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import verify_program
from loyalty.social.connect import connection_by_id
from loyalty.social.count import forget_hashes
from loyalty.social.models import PostCounter, SocialAccount
from loyalty.social.rules import HASH_KEPT
from tests.support.clock import ManualClock
from tests.support.network import Connected, connected_site, network_parts


def take(bakery: Connected, actor: str, change: Change = Change.THERE) -> None:
    tools = bakery.parts.tools
    at = tools.clock.now()
    fact = EngagementFact(f"like:{actor}:7", change, Action.LIKE, "7", Actor(actor), at)
    with bakery.parts.database.unit_of_work(bakery.program_id) as session:
        connection = connection_by_id(session, bakery.program_id, bakery.connection_id)
        take_engagement(session, bakery.program_id, connection, fact, received_at=at, tools=tools)


def forget(bakery: Connected) -> int:
    at = bakery.parts.tools.clock.now()
    with bakery.parts.database.unit_of_work(bakery.program_id) as session:
        return forget_hashes(session, bakery.program_id, at=at)


def found(bakery: Connected) -> list[tuple[str, str, str]]:
    with bakery.parts.database.reading(bakery.program_id) as session:
        told = verify_program(session, bakery.program_id, tools=bakery.parts.tools)
    return [(each.invariant, each.told, each.found) for each in told]


def test_a_counter_follows_from_its_hashes_and_from_those_forgotten(
    database: Database, tools: Tools, clock: ManualClock, tmp_path: Path
) -> None:
    bakery = connected_site(network_parts(database, tools, tmp_path), "panaderia.example")
    for name in ("ana", "luis", "eva"):
        take(bakery, name)
    clock.advance(minutes=1)
    take(bakery, "eva", Change.GONE)
    assert bakery.counts() == {("7", "like"): 2}
    clock.set(clock.now() + HASH_KEPT + timedelta(seconds=1))
    take(bakery, "sol")
    assert forget(bakery) == 3
    assert forget(bakery) == 0
    assert bakery.counts() == {("7", "like"): 3}
    with database.unit_of_work(bakery.program_id) as session:
        session.execute(update(PostCounter).values(count=9))
    assert found(bakery) == [("counters follow from what was counted", "9", "3")]


def test_a_deed_without_its_account_is_found(
    database: Database, tools: Tools, clock: ManualClock, tmp_path: Path
) -> None:
    bakery = connected_site(network_parts(database, tools, tmp_path), "panaderia.example")
    bakery.phone_of("ana.example", network="webmention")
    clock.advance(minutes=1)
    take(bakery, "ana.example")
    assert found(bakery) == []
    with database.unit_of_work(bakery.program_id) as session:
        session.execute(delete(SocialAccount))
    assert found(bakery) == [("what people did is of accounts they linked", "kept", "no account")]
