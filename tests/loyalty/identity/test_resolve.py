"""The stored persons are those of a full recomputation, whatever came in which order."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from loyalty.db.session import NO_PROGRAM, Database
from loyalty.db.writes import table_of
from loyalty.identity.audit import audit_persons
from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.links import LinkDraft, add_link, restore_link, retract_link
from loyalty.identity.models import (
    Block,
    Cluster,
    Consent,
    Identifier,
    IdentityLog,
    Link,
    Member,
    PersonalData,
    PersonAlias,
)
from loyalty.identity.queries import person_by_id, person_of_identifier
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id, random_program_id
from loyalty.programs.models import Program
from tests.support.sizes import SIZE
from tests.support.town import add_store

VALUES = {
    "member": [str(UUID(int=number, version=4)) for number in range(1, 5)],
    "card": [f"{number:016x}" for number in range(1, 5)],
    "email": [f"persona{number}@correo.example" for number in range(1, 4)],
    "session": [str(UUID(int=100 + number, version=4)) for number in range(1, 5)],
}
ENDS = {
    "card": ("card", "member"),
    "email": ("email", "member"),
    "join": ("member", "member"),
    "session": ("session", "card"),
}
CONSENT_ID = UUID(int=77)


@dataclass(frozen=True, slots=True)
class Fact:
    """One piece of evidence, and what became of it."""

    kind: str
    a: tuple[str, str]
    b: tuple[str, str]
    minute: int
    fate: str  # "stays", "retracted", "restored"


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    drawn = []
    for number in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(sorted(ENDS)))
        one, other = ENDS[kind]
        a = (one, draw(st.sampled_from(VALUES[one])))
        b = (other, draw(st.sampled_from(VALUES[other])))
        if a == b:
            continue
        fate = draw(st.sampled_from(["stays", "stays", "retracted", "restored"]))
        drawn.append(Fact(kind, a, b, number % 4, fate))
    return drawn


def new_program(database: Database, tools: Tools) -> int:
    program_id = random_program_id()
    with database.unit_of_work(NO_PROGRAM) as session:
        session.execute(
            insert(Program).values(
                program_id=program_id,
                name="Calle Mayor",
                language="es",
                is_demo=False,
                created_at=tools.clock.now(),
            )
        )
    at = tools.clock.now()
    store_id, member_id = new_id(at), new_id(at)
    with database.unit_of_work(program_id) as session:
        add_store(session, program_id, store_id, slug=f"SOL-{program_id}", at=at)
        session.execute(
            insert(Member).values(
                program_id=program_id,
                member_id=member_id,
                store_id=store_id,
                display_name=None,
                language="es",
                joined_at=at,
            )
        )
        session.execute(
            insert(Consent).values(
                program_id=program_id,
                consent_id=CONSENT_ID,
                member_id=member_id,
                purpose="web_visits",
                wording="Unir mis visitas",
                language="es",
                given_at=at,
            )
        )
    return program_id


def tell(session: Session, program_id: int, fact: Fact, turn: int, tools: Tools) -> str:
    """Let one piece of evidence come in; what it says of the time does not depend on the turn."""
    occurred_at = tools.clock.now() + timedelta(minutes=fact.minute)
    ends = [
        ensure_identifier(session, program_id, kind, value, at=occurred_at, keys=tools.keys)
        for kind, value in (fact.a, fact.b)
    ]
    draft = LinkDraft(
        program_id=program_id,
        kind=fact.kind,
        a=ends[0].identifier_id,
        b=ends[1].identifier_id,
        event=f"event:{fact.minute}",
        occurred_at=occurred_at,
        actor="shopper",
        consent_id=CONSENT_ID if fact.kind == "session" else None,
        stays=ends[0].identifier_id if fact.kind == "join" else None,
    )
    return add_link(session, draft, at=tools.clock.now() + timedelta(seconds=turn)).link_id


Told = tuple[set[tuple[str, str, str]], set[tuple[str, bool, str | None]]]


def play(
    database: Database, program_id: int, order: Sequence[tuple[int, Fact, str]], tools: Tools
) -> Told:
    """Play acts in an order and write down who is who at the end."""
    links: dict[int, str] = {}
    at = tools.clock.now()
    with database.unit_of_work(program_id) as session:
        for turn, (number, fact, act) in enumerate(order):
            if act == "add":
                links[number] = tell(session, program_id, fact, turn, tools)
            elif act == "retract":
                retract_link(session, program_id, links[number], actor="shopper", at=at)
            else:
                restore_link(session, program_id, links[number], actor="shopper", at=at)
        assert audit_persons(session, program_id) == ()
        persons = session.execute(
            select(Identifier.kind, Identifier.value_hmac, Cluster.person_id)
            .join(
                Cluster,
                (Cluster.program_id == Identifier.program_id)
                & (Cluster.cluster_id == Identifier.cluster_id),
            )
            .where(Cluster.program_id == program_id)
        )
        kept = session.execute(
            select(Link.link_id, Link.active, Link.refused_rule).where(
                Link.program_id == program_id
            )
        )
        return (
            {(row.kind, row.value_hmac, row.person_id) for row in persons},
            {(row.link_id, row.active, row.refused_rule) for row in kept},
        )


def in_some_order(evidence: list[Fact], random: Random) -> list[tuple[int, Fact, str]]:
    """Mix the acts, each fact's own in their order."""
    waiting = []
    for number, fact in enumerate(evidence):
        acts = {"stays": ["add"], "retracted": ["add", "retract"]}.get(
            fact.fate, ["add", "retract", "restore"]
        )
        waiting.append([(number, fact, act) for act in acts])
    order = []
    while any(waiting):
        order.append(random.choice([acts for acts in waiting if acts]).pop(0))
    return order


def distinct(evidence: list[Fact]) -> list[Fact]:
    """Keep one of the facts that are the same evidence: their fates would contradict."""
    seen: dict[object, Fact] = {}
    for fact in evidence:
        seen.setdefault((fact.kind, frozenset([fact.a, fact.b]), fact.minute), fact)
    return list(seen.values())


@settings(max_examples=max(10, SIZE.examples // 4))
@given(evidence=facts(), seed=st.integers(0, 2**32))
def test_any_order_of_links_and_retractions_gives_the_same_persons(
    database: Database, tools: Tools, evidence: list[Fact], seed: int
) -> None:
    random = Random(seed)
    evidence = distinct(evidence)
    program_id = new_program(database, tools)
    first = play(database, program_id, in_some_order(evidence, random), tools)
    with database.unit_of_work(program_id) as session:
        forget(session, program_id)
    second = play(database, program_id, in_some_order(evidence, random), tools)
    assert first == second


def forget(session: Session, program_id: int) -> None:
    """Empty the graph of a program, so that the same ids can be played again."""
    for model in (Link, IdentityLog, PersonAlias, PersonalData, Identifier, Cluster, Block):
        table = table_of(model)
        session.execute(table.delete().where(table.c.program_id == program_id))


def test_a_person_is_found_by_every_id_they_ever_had(database: Database, tools: Tools) -> None:
    program_id = new_program(database, tools)
    evidence = [
        Fact("card", ("card", VALUES["card"][0]), ("member", VALUES["member"][0]), 3, "stays"),
        Fact("card", ("card", VALUES["card"][1]), ("member", VALUES["member"][0]), 2, "stays"),
        Fact("email", ("email", VALUES["email"][0]), ("member", VALUES["member"][0]), 1, "stays"),
    ]
    had: list[str] = []
    with database.unit_of_work(program_id) as session:
        for turn, fact in enumerate(evidence):
            tell(session, program_id, fact, turn, tools)
            person = person_of_identifier(session, program_id, UUID(VALUES["member"][0]))
            assert person is not None
            had.append(person.person_id)
        found = [person_by_id(session, program_id, person_id) for person_id in had]
    assert len(set(had)) == 3, "each came with something older"
    assert [each.person_id for each in found if each] == [had[-1]] * 3


@pytest.mark.race
def test_many_writers_give_the_persons_of_one(database: Database, tools: Tools) -> None:
    program_id = new_program(database, tools)
    members, cards = VALUES["member"], [f"{number:016x}" for number in range(1, 13)]
    evidence = [
        Fact("card", ("card", card), ("member", members[number % 2]), number % 4, "stays")
        for number, card in enumerate(cards)
    ]
    evidence += [
        Fact("email", ("email", VALUES["email"][0]), ("member", member), 0, "stays")
        for member in members[:2]
    ]

    def write(turn: int) -> None:
        with database.unit_of_work(program_id) as session:
            tell(session, program_id, evidence[turn % len(evidence)], turn, tools)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(len(evidence) * 3)))
    with database.reading(program_id) as session:
        assert audit_persons(session, program_id) == ()
        sizes = session.scalars(select(Cluster.size).where(Cluster.program_id == program_id)).all()
    assert sorted(sizes) == [7, 8], "each member's cards, and the address with one of them"
