"""What rests on a consent lives as long as the consent, and nothing else depends on it."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_row
from loyalty.db.session import Database
from loyalty.db.writes import table_of
from loyalty.identity.consents import NEWS, PURPOSES, SOCIAL, WEB_VISITS
from loyalty.identity.models import Consent, IdentityLog, Link
from loyalty.identity.queries import identifiers_of_person, person_of_card
from loyalty.journeys.consents import answer_consents, withdraw_consent
from loyalty.journeys.explain import explain
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import LoyaltyError
from tests.support.clock import ManualClock
from tests.support.sizes import SIZE, SIZE_NAME
from tests.support.street import (
    Purchase,
    browser,
    buy,
    new_phone,
    open_street,
    points_of,
    shown_code,
    visit,
)
from tests.support.town import build_town
from tests.support.who import Who
from tests.support.who_acts import Act
from tests.support.who_scene import Scene

MANY = 10_000 if SIZE_NAME == "prove" else 300
WORDS = {purpose: f"Sí a {purpose}" for purpose in PURPOSES}


@pytest.fixture
def who(database: Database, clock: ManualClock, tools: Tools) -> Iterator[Who]:
    town = build_town(database, clock)
    with database.unit_of_work(town.program_id) as session:
        yield Who(session, town.program_id, town.bakery_id, tools)


def resting_on_nothing(session: Session, program_id: int) -> int:
    """Count the active links of a session or an account whose consent does not live."""
    found = (
        select(func.count())
        .select_from(Link)
        .outerjoin(
            Consent,
            (Consent.program_id == Link.program_id) & (Consent.consent_id == Link.consent_id),
        )
        .where(
            Link.program_id == program_id,
            Link.active.is_(True),
            Link.kind.in_(["session", "social"]),
            Consent.consent_id.is_(None)
            | Consent.given_at.is_(None)
            | Consent.withdrawn_at.is_not(None),
        )
    )
    return session.execute(found).scalar_one()


@settings(max_examples=max(10, SIZE.examples // 4))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["tell", "tell", "retract", "restore", "restore", "withdraw"]),
            st.sampled_from(["session", "social", "session of an address"]),
            st.integers(0, 3),
            st.integers(0, 3),
        ),
        max_size=16,
    )
)
def test_at_no_time_does_a_session_or_account_rest_on_a_consent_that_ended(
    database: Database, tools: Tools, told: list[tuple[str, str, int, int]]
) -> None:
    scene = Scene(database, tools)
    scene.begin()
    known: list[Act] = []
    for what, kind, one, other in told:
        if what in {"retract", "restore"}:
            if known:
                chosen = known[(one * 4 + other) % len(known)]
                scene.do(Act(what, chosen.kind, chosen.one, chosen.other))
        elif scene.do(Act(what, kind, one, other)) and what == "tell":
            known.append(Act("tell", kind, one, other))
        with database.reading(scene.program_id) as session:
            assert resting_on_nothing(session, scene.program_id) == 0
    assert scene.dump() == scene.worked_out()


@pytest.mark.parametrize("kind", ["session", "social"])
def test_the_table_itself_refuses_a_session_or_account_without_a_consent(
    who: Who, kind: str
) -> None:
    ana, card = who.shopper()
    row = {
        "program_id": who.program_id,
        "link_id": "0" * 64,
        "a": ana,
        "b": card,
        "kind": kind,
        "strength": 2,
        "occurred_at": who.at,
        "recorded_at": who.at,
        "event": "sale:1",
        "actor": "till:1",
        "basis": "contract",
        "active": True,
    }
    with pytest.raises(IntegrityError), who.session.begin_nested():
        insert_row(who.session, table_of(Link), row)


def test_withdrawing_every_consent_leaves_card_member_and_points_as_they_were(
    database: Database, tools: Tools
) -> None:
    street = open_street(database, tools)
    phone = new_phone(database, street, tools)
    visit(database, street, phone, tools, query={})
    shopper = browser(database, street, phone.secret, tools)
    with database.unit_of_work(street.program_id) as session:
        answer_consents(
            session,
            shopper,
            dict.fromkeys(PURPOSES, True),
            wordings=WORDS,
            language="es",
            tools=tools,
        )
    code = shown_code(database, street, phone, tools)
    assert buy(database, street, Purchase(1240, code), tools).linked_visit
    points = points_of(database, street, phone.member_id, tools)
    with database.reading(street.program_id) as session:
        before = person_of_card(session, street.program_id, phone.card_id)
    assert before is not None
    assert before.size == 3
    for purpose in (SOCIAL, NEWS, WEB_VISITS):
        with database.unit_of_work(street.program_id) as session:
            withdraw_consent(session, shopper, purpose, tools=tools)
            assert resting_on_nothing(session, street.program_id) == 0
    with database.reading(street.program_id) as session:
        after = person_of_card(session, street.program_id, phone.card_id)
        assert after is not None
        kinds = {
            each.kind
            for each in identifiers_of_person(session, street.program_id, after.cluster_id)
        }
    assert kinds == {"card", "member"}
    assert after.open_member_id == before.open_member_id
    assert points_of(database, street, phone.member_id, tools) == points


def test_a_person_of_very_many_identifiers_is_told_apart_and_explained(who: Who) -> None:
    ana, card = who.shopper()
    visits = [who.web_session() for _ in range(MANY)]
    links = [who.link("session", each, card, by=ana) for each in visits]
    person = who.person(ana)
    assert person.size == MANY + 2
    told = explain(who.session, who.program_id, person.person_id, visits[-1])
    assert len(told.steps) in {1, 2}
    assert who.retract(links[0])
    assert who.person(ana).size == MANY + 1
    assert not who.are_one(visits[0], ana)
    email = who.identifier("email", "ana@correo.example")
    other = [who.web_session() for _ in range(3)]
    for each in other:
        who.link("staff", each, email)
    who.link("email", email, ana)
    assert who.are_one(*other, *visits[1:3], card)
    who.check()


def test_what_was_told_is_kept_or_refused_with_a_code_and_nothing_is_lost(who: Who) -> None:
    ana, card = who.shopper()
    values = {
        "email": [
            "ana@correo.example",
            "",
            "null",
            "ana en casa",
            "luc\u0456a@correo.example",
            "a" * 10**6,
        ],
        "phone": ["+34612340001", "+34600000000", "12", "[object Object]", "+34 612 340 001"],
        "device": ["browser 7", "undefined", "\u202ebrowser", "кофе-7", "\x00"],
        "vendor": ["square:7", "square:null", "nobody"],
        "session": ["not a session", "0000"],
    }
    told: Counter[str] = Counter()

    def tell(act: Callable[[], object]) -> None:
        told["accepted"] += 1
        try:
            act()
        except LoyaltyError as refusal:
            told["refused"] += 1
            told[str(refusal.facts.get("reason", refusal.code))] += 1

    before = _count(who, Link)
    for kind, some in values.items():
        for turn, value in enumerate(some):

            def act(kind: str = kind, value: str = value, turn: int = turn) -> None:
                own = who.identifier(kind, value, at=who.at - timedelta(days=turn))
                who.link(kind, own, card, by=ana, event=f"{kind} {turn}")

            tell(act)
    stored = _count(who, Link) - before
    assert told["accepted"] == sum(map(len, values.values())) == 21
    assert stored + told["refused"] == told["accepted"]
    assert stored == 6
    reasons = {name: n for name, n in told.items() if name not in {"accepted", "refused"}}
    assert sum(reasons.values()) == told["refused"]
    assert reasons.keys() == {
        "empty",
        "placeholder",
        "email_invalid",
        "look_alike",
        "too_long",
        "phone_invalid",
        "unreadable",
        "malformed",
    }
    who.check()


def test_every_merge_has_a_line_of_the_log_with_its_cause(who: Who) -> None:
    ana, card = who.shopper()
    email = who.identifier("email", "ana@correo.example")
    visit = who.web_session()
    causes = [
        who.link("email", email, ana).link_id,
        who.link("session", visit, card, by=ana).link_id,
    ]
    merges = who.session.execute(
        select(IdentityLog.cause).where(
            IdentityLog.program_id == who.program_id, IdentityLog.act == "merge"
        )
    ).scalars()
    told = list(merges)
    assert set(causes) < set(told)
    assert len(told) == 3, "of four identifiers"


def _count(who: Who, model: type[Link]) -> int:
    found = select(func.count()).select_from(model).where(model.program_id == who.program_id)
    return who.session.execute(found).scalar_one()
