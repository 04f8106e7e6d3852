"""Persons are a function of evidence: the same in any order, by rules that hold."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.identity.rules import (
    Edge,
    JudgedBlock,
    Node,
    RefusedRule,
    judge,
    kept_ids,
    link_id_of,
    person_id_of,
)
from loyalty.identity.values import card_id_of, own_identifier_id, why_blocked

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KINDS = ("member", "card", "email", "session")


def node(number: int, kind: str, *, minute: int = 0, joins: bool = True) -> Node:
    return Node(
        identifier_id=UUID(int=number + 1),
        kind=kind,
        value_hmac=sha256(f"{kind}{number}".encode()).hexdigest(),
        first_occurred_at=START + timedelta(minutes=minute),
        joins=joins,
    )


def edge(a: Node, b: Node, kind: str, *, minute: int = 0, strength: int = 1) -> Edge:
    return Edge(
        link_id=link_id_of(
            7, kind, [(a.kind, a.value_hmac), (b.kind, b.value_hmac)], f"event:{minute}"
        ),
        a=a.identifier_id,
        b=b.identifier_id,
        kind=kind,
        strength=strength,
        occurred_at=START + timedelta(minutes=minute),
        stays=a.identifier_id if kind == "join" else None,
    )


@st.composite
def evidence(draw: st.DrawFn) -> tuple[list[Node], list[Edge], list[tuple[UUID, UUID]]]:
    """Draw a small town whose people share things and tell lies."""
    nodes = [
        node(
            number,
            draw(st.sampled_from(KINDS)),
            minute=draw(st.integers(0, 3)),
            joins=draw(st.integers(0, 9)) > 0,
        )
        for number in range(draw(st.integers(2, 12)))
    ]
    members = [each for each in nodes if each.kind == "member"]
    edges: dict[str, Edge] = {}
    for _ in range(draw(st.integers(0, 20))):
        kind = draw(st.sampled_from(["contract", "join", "inferred"]))
        among = members if kind == "join" else nodes
        if len(among) < 2:
            continue
        a, b = draw(st.lists(st.sampled_from(among), min_size=2, max_size=2, unique=True))
        drawn = edge(
            a, b, kind, minute=draw(st.integers(0, 5)), strength=2 if kind == "inferred" else 1
        )
        edges[drawn.link_id] = drawn
    ids = [each.identifier_id for each in nodes]
    pairs = st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True)
    cannot = [(pair[0], pair[1]) for pair in draw(st.lists(pairs, max_size=3))]
    return nodes, list(edges.values()), cannot


def told(
    blocks: Collection[JudgedBlock],
) -> tuple[set[tuple[frozenset[UUID], UUID | None, str]], dict[str, RefusedRule]]:
    """Write a judgement down so that two can be compared."""
    persons = {
        (
            cluster.identifier_ids,
            cluster.open_member,
            person_id_of(7, cluster.first.kind, cluster.first.value_hmac),
        )
        for block in blocks
        for cluster in block.clusters
    }
    return persons, {link: rule for block in blocks for link, rule in block.refused.items()}


def naive(
    nodes: list[Node], edges: list[Edge], cannot: list[tuple[UUID, UUID]]
) -> tuple[set[frozenset[UUID]], set[str]]:
    """Work persons out the slow way: a list of sets, looked through for every link."""
    by_id = {each.identifier_id: each for each in nodes}
    persons = [{each.identifier_id} for each in nodes]
    closed: set[UUID] = set()
    refused: set[str] = set()

    def person_of(identifier_id: UUID) -> set[UUID]:
        return next(person for person in persons if identifier_id in person)

    def open_members(person: set[UUID]) -> set[UUID]:
        return {i for i in person if by_id[i].kind == "member" and i not in closed}

    def known(person: set[UUID]) -> bool:
        return any(by_id[i].kind in {"member", "email"} for i in person)

    for each in sorted(edges, key=lambda e: (e.strength, e.occurred_at, e.link_id)):
        one, other = person_of(each.a), person_of(each.b)
        if not (by_id[each.a].joins and by_id[each.b].joins):
            refused.add(each.link_id)
            continue
        if one is other:
            continue
        both = one | other
        apart = any(a in both and b in both for a, b in cannot)
        two = bool(open_members(one)) and bool(open_members(other)) and each.stays is None
        if apart or two or (each.strength >= 2 and known(one) and known(other)):
            refused.add(each.link_id)
            continue
        if each.stays is not None:
            loser = other if each.stays in one else one
            closed |= open_members(loser)
        persons = [person for person in persons if person is not one and person is not other]
        persons.append(both)
    again = {
        each.link_id
        for each in edges
        if each.link_id in refused
        and person_of(each.a) is person_of(each.b)
        and by_id[each.a].joins
        and by_id[each.b].joins
    }
    return {frozenset(person) for person in persons}, refused - again


@given(evidence(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(
    town: tuple[list[Node], list[Edge], list[tuple[UUID, UUID]]], random: Random
) -> None:
    nodes, edges, cannot = town
    expected = told(judge(nodes, edges, cannot))
    for _ in range(3):
        for parts in (nodes, edges, cannot):
            random.shuffle(parts)
        assert told(judge(nodes, edges, cannot)) == expected


@given(evidence())
def test_persons_are_what_the_slow_way_finds(
    town: tuple[list[Node], list[Edge], list[tuple[UUID, UUID]]],
) -> None:
    nodes, edges, cannot = town
    persons, refused = told(judge(nodes, edges, cannot))
    expected_persons, expected_refused = naive(nodes, edges, cannot)
    assert {ids for ids, _, _ in persons} == expected_persons
    assert set(refused) == expected_refused


@given(evidence())
def test_no_person_has_two_open_members_and_each_member_counts_somewhere(
    town: tuple[list[Node], list[Edge], list[tuple[UUID, UUID]]],
) -> None:
    nodes, edges, cannot = town
    persons, _ = told(judge(nodes, edges, cannot))
    members = {each.identifier_id for each in nodes if each.kind == "member"}
    for ids, open_member, _ in persons:
        assert (open_member in ids) if ids & members else open_member is None
    for a, b in cannot:
        assert not any({a, b} <= ids for ids, _, _ in persons)


@given(evidence())
def test_a_block_is_judged_alone_as_in_the_whole(
    town: tuple[list[Node], list[Edge], list[tuple[UUID, UUID]]],
) -> None:
    nodes, edges, cannot = town
    for block in judge(nodes, edges, cannot):
        inside = block.identifier_ids
        alone = judge(
            [each for each in nodes if each.identifier_id in inside],
            [each for each in edges if each.a in inside and each.b in inside],
            [pair for pair in cannot if set(pair) <= inside],
        )
        persons, refused = told(alone)
        expected, others = told([block])
        assert persons == expected
        many = {link for link, rule in others.items() if rule is RefusedRule.NOT_JOINING}
        assert {link: refused[link] for link in refused.keys() - many} == {
            link: others[link] for link in others.keys() - many
        }


def test_a_family_tablet_joins_nobody_it_knows() -> None:
    ana, luis = node(1, "member"), node(2, "member")
    tablet = node(3, "session")
    seen = [
        edge(tablet, ana, "session", minute=1, strength=2),
        edge(tablet, luis, "session", minute=2, strength=2),
    ]
    (block,) = judge([ana, luis, tablet], seen, [])
    assert len(block.clusters) == 2
    assert block.refused == {seen[1].link_id: RefusedRule.KNOWN_AGAINST_KNOWN}


def test_two_memberships_become_one_only_by_a_join_and_the_named_one_stays() -> None:
    ana, again, card = node(1, "member"), node(2, "member"), node(3, "card")
    held = edge(card, again, "card")
    shared = edge(card, ana, "card", minute=1)
    (block,) = judge([ana, again, card], [held, shared], [])
    assert block.refused == {shared.link_id: RefusedRule.TWO_OPEN_MEMBERS}
    join = edge(ana, again, "join", minute=2)
    (block,) = judge([ana, again, card], [held, shared, join], [])
    (cluster,) = block.clusters
    assert cluster.open_member == ana.identifier_id
    assert block.refused == {}, "what was refused before says nothing new now"


@pytest.mark.parametrize("apart", ["card", "email", "other"])
def test_a_card_is_its_memberships_whatever_is_called_apart(apart: str) -> None:
    ana, card, email, other = (
        node(1, "member"),
        node(2, "card"),
        node(3, "email"),
        node(4, "card"),
    )
    nodes = {each.kind: each for each in (ana, email, card)} | {"other": other}
    links = [
        edge(email, ana, "email"),
        edge(email, card, "staff", minute=1),  # told of a time before the card was given
        edge(card, ana, "card", minute=2),
        edge(other, ana, "card", minute=3),
    ]
    for against in (ana, card, email):
        if against is not nodes[apart]:
            pair = nodes[apart].identifier_id, against.identifier_id
            (block,) = judge([ana, card, email, other], links, [pair])
            mine = next(c for c in block.clusters if c.open_member == ana.identifier_id)
            assert {card.identifier_id, other.identifier_id} <= mine.identifier_ids
            assert all(rule is RefusedRule.CANNOT_LINK for rule in block.refused.values())
            assert not {links[2].link_id, links[3].link_id} & block.refused.keys()


def test_not_the_same_is_stronger_than_a_later_link() -> None:
    ana, session = node(1, "member"), node(2, "session")
    link = edge(session, ana, "session", strength=2)
    pair = (ana.identifier_id, session.identifier_id)
    (block,) = judge([ana, session], [link], [pair])
    assert len(block.clusters) == 2
    assert block.refused == {link.link_id: RefusedRule.CANNOT_LINK}


def test_an_invented_address_does_not_pile_people_up() -> None:
    person = node(0, "member")
    addresses = [node(number, "email") for number in range(1, 11)]
    links = [edge(each, person, "email", minute=turn) for turn, each in enumerate(addresses)]
    (block,) = judge([person, *addresses], links, [])
    assert sorted(block.refused.values()) == [RefusedRule.TOO_MANY, RefusedRule.TOO_MANY]


def test_the_same_evidence_has_the_same_id_from_either_end() -> None:
    ends = [("card", "aa"), ("member", "bb")]
    first = link_id_of(7, "card", ends, "card:1")
    assert first == link_id_of(7, "card", reversed(ends), "card:1")
    others = {
        link_id_of(8, "card", ends, "card:1"),
        link_id_of(7, "email", ends, "card:1"),
        link_id_of(7, "card", ends, "card:2"),
        link_id_of(7, "card", [("card", "aab"), ("member", "b")], "card:1"),
    }
    assert first not in others
    assert len(others) == 4


def test_our_own_ids_need_no_key() -> None:
    card_id = "00112233445566aa"
    identifier_id = own_identifier_id("card", card_id)
    assert identifier_id is not None
    assert card_id_of(identifier_id) == card_id
    assert own_identifier_id("email", "lucia@correo.example") is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "noreply@tienda.example"),
        ("email", "null@null.example"),
        ("email", "lucia@localhost"),
        ("email", "lucia@correo.invalid"),
        ("session", "   "),
        ("session", "00000000"),
        ("session", "[object Object]"),
        ("session", "UNDEFINED"),
    ],
)
def test_placeholders_are_blocked(kind: str, value: str) -> None:
    assert why_blocked(kind, value) is not None


@pytest.mark.parametrize("value", ["lucia@correo.example", "nora@test.example", "n@x.es"])
def test_real_looking_addresses_are_not(value: str) -> None:
    assert why_blocked("email", value) is None


def test_the_larger_group_keeps_its_row_and_no_row_is_kept_twice() -> None:
    ids = [UUID(int=number) for number in range(1, 6)]
    row, other = UUID(int=100), UUID(int=200)
    present = dict.fromkeys(ids[:4], row) | {ids[4]: other}
    assert kept_ids([frozenset(ids)], present) == (row,)
    split = [frozenset(ids[:1]), frozenset(ids[1:4]), frozenset(ids[4:])]
    assert kept_ids(split, present) == (None, row, other)
