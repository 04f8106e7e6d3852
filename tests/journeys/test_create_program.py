"""An owner starts: program, store, keys, rule; a store more; names nobody can take twice."""

from dataclasses import replace

import pytest

from loyalty.codes.keys import public_ring
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.create_program import (
    CreatedProgram,
    ProgramDraft,
    add_store,
    create_program,
)
from loyalty.journeys.tools import Tools
from loyalty.kernel.addresses import EmailInvalidError
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.earning.rulesets import rule_in_force
from loyalty.programs.create import StoreDraft
from loyalty.programs.errors import ProgramExistsError, StoreAddressTakenError
from loyalty.programs.queries import program_by_id, roles_of, store_by_slug, stores_of

DRAFT = ProgramDraft(
    name="Calle Mayor",
    store_name="Panadería Sol",
    slug="panaderia-sol",
    owner_email="Amparo@Panaderia.Example",
    owner_name="Amparo",
)
STORE = StoreDraft(
    name="Verduras Luz",
    slug="VERDURAS-LUZ",
    language="es",
    time_zone="Europe/Madrid",
    currency="EUR",
    country="ES",
)


def start(database: Database, tools: Tools, draft: ProgramDraft, number: int) -> CreatedProgram:
    with database.unit_of_work(number) as session:
        return create_program(session, draft, program_id=number, tools=tools)


def test_a_program_begins_with_a_store_an_owner_keys_and_a_rule(
    database: Database, tools: Tools
) -> None:
    made = start(database, tools, DRAFT, 11)
    with database.reading(11) as session:
        assert roles_of(session, 11, made.staff_id) == {made.store_id: "owner"}
        assert len(public_ring(session, 11)) == 1
        rule = rule_in_force(session, 11, currency="EUR", at=tools.clock.now())
        (store,) = stores_of(session, 11)
    assert rule is not None
    assert (rule.points, rule.per_minor) == (1, 100)
    assert (store.slug, store.currency) == ("PANADERIA-SOL", "EUR")
    with database.reading(NO_PROGRAM) as session:
        address = store_by_slug(session, "Panaderia-Sol")
    assert address is not None
    assert (address.program_id, address.store_id) == (11, made.store_id)


def test_a_stores_address_is_taken_once_on_a_server(database: Database, tools: Tools) -> None:
    start(database, tools, DRAFT, 11)
    with pytest.raises(StoreAddressTakenError) as refusal:
        start(database, tools, DRAFT, 12)
    assert refusal.value.facts == {"slug": "PANADERIA-SOL"}
    with database.reading(12) as session:
        assert program_by_id(session, 12) is None, "what was refused left nothing behind"


def test_a_program_id_is_taken_once(database: Database, tools: Tools) -> None:
    start(database, tools, DRAFT, 11)
    with pytest.raises(ProgramExistsError):
        start(database, tools, replace(DRAFT, slug="OTHER"), 11)


def test_a_second_store_belongs_to_the_same_owner(database: Database, tools: Tools) -> None:
    made = start(database, tools, DRAFT, 11)
    with database.unit_of_work(11) as session:
        store_id = add_store(session, 11, STORE, tools=tools)
        assert roles_of(session, 11, made.staff_id) == {
            made.store_id: "owner",
            store_id: "owner",
        }


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"slug": "¡hola!"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"name": "   "}, "name"),
        ({"store_name": "x" * 61}, "name"),
        ({"time_zone": "Madrid"}, "time_zone"),
        ({"currency": "euro"}, "currency"),
        ({"country": "Spain"}, "country"),
        ({"language": "fr"}, "language"),
        ({"color": "red"}, "color"),
        ({"hours": "whenever"}, "hours"),
        ({"contact_kind": "call", "contact_value": "abc"}, "contact_value"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    database: Database, tools: Tools, changed: dict[str, str], field: str
) -> None:
    with pytest.raises(SettingInvalidError) as refusal:
        start(database, tools, replace(DRAFT, **changed), 11)  # type: ignore[arg-type]
    assert refusal.value.facts == {"field": field}


def test_an_owner_needs_an_address(database: Database, tools: Tools) -> None:
    with pytest.raises(EmailInvalidError):
        start(database, tools, replace(DRAFT, owner_email="amparo"), 11)
