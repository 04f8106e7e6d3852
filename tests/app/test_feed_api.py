"""A program with a key of its own follows the shop over HTTP."""

from uuid import UUID

import pytest
from sqlalchemy import update

from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.outbox.feed import FeedTopic, post_feed
from loyalty.programs.integrators import (
    INTEGRATOR,
    INTEGRATORS_MAX,
    Scope,
    add_integrator,
    integrators_of,
    revoke_integrator,
)
from tests.app.test_sales_api import AT, sale
from tests.support.service import Service, Shop

FEED = "/api/v1/feed"


def tell(service: Service, shop: Shop, name: str) -> None:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        post_feed(
            session,
            shop.program_id,
            FeedTopic.PERSON_SPLIT,
            {"cause": name},
            subject=("person", name),
            at=parts.tools.clock.now(),
        )


def test_a_sale_is_told_with_its_card_holder_and_its_points(service: Service, shop: Shop) -> None:
    parts, me = service.services, shop.as_integrator()
    end = service.get(FEED, me, query_string={"after": "latest"}).get_json()
    assert (end["news"], end["has_more"]) == ([], False)
    made = sale(code=shop.card_text, scanned_at=AT)
    receipt = service.post("/api/v1/sales", shop.as_till(), json=made).get_json()
    seal_ledger(parts.database, shop.program_id, tools=parts.tools)
    answer = service.get(FEED, me, query_string={"after": end["next"]})
    assert answer.status_code == 200
    told = answer.get_json()
    (news,) = [one for one in told["news"] if one["data"]["kind"] == "earn"]
    assert (news["topic"], news["data"]["sale_id"]) == ("points_moved", receipt["sale_id"])
    (moved,) = news["data"]["wallets"]
    assert moved["points"] == receipt["points"]["earned"]
    assert moved["person_id_now"] == receipt["person"]["person_id"]
    over = service.get(FEED, me, query_string={"after": told["next"]}).get_json()
    assert (over["news"], over["next"], over["has_more"]) == ([], told["next"], False)


def test_pages_follow_one_another(service: Service, shop: Shop) -> None:
    for name in "abc":
        tell(service, shop, name)
    seen, after, has_more = [], "", True
    while has_more:
        asked = {"after": after, "limit": "2"}
        page = service.get(FEED, shop.as_integrator(), query_string=asked).get_json()
        seen += [one["data"]["cause"] for one in page["news"]]
        after, has_more = page["next"], page["has_more"]
    assert sorted(seen) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "asked",
    [
        {"after": "3"},
        {"after": "x"},
        {"limit": "0"},
        {"limit": "501"},
        {"limit": "-"},
        {"since": "1"},
    ],
)
def test_what_cannot_be_asked_is_refused(
    service: Service, shop: Shop, asked: dict[str, str]
) -> None:
    answer = service.get(FEED, shop.as_integrator(), query_string=asked)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_request")


def test_a_place_that_was_never_given_is_refused(service: Service, shop: Shop) -> None:
    answer = service.get(FEED, shop.as_integrator(), query_string={"after": "9.9"})
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (410, "feed_place_unknown")
    assert problem["reason"] == "ahead"


def test_no_key_opens_another_program_or_more_than_it_was_given(
    service: Service, shop: Shop, other_shop: Shop
) -> None:
    tell(service, other_shop, "theirs")
    assert service.get(FEED, shop.as_integrator()).get_json()["news"] == []
    program, integrator, key = shop.integrator.split(".")
    wrong = (
        f"{other_shop.program_id}.{integrator}.{key}",
        f"{program}.{integrator}.{'0' * 64}",
        f"{program}.{UUID(int=1)}.{key}",
        f"{program}.{'-' * 36}.{key}",
        shop.till_credential,
        "",
    )
    for text in wrong:
        answer = service.get(FEED, {"Authorization": f"Bearer {text}"})
        assert (answer.status_code, answer.get_json()["code"]) == (401, "sign_in_needed"), text
    assert service.get("/api/v1/till/session", shop.as_integrator()).status_code == 401


def test_a_key_opens_what_it_was_given_until_it_is_taken_back(service: Service, shop: Shop) -> None:
    parts, me = service.services, shop.as_integrator()
    at = parts.tools.clock.now()
    assert service.get(FEED, me).status_code == 200
    mine = INTEGRATOR.c.program_id == shop.program_id
    with parts.database.unit_of_work(shop.program_id) as session:
        (known,) = integrators_of(session, shop.program_id)
        assert (known.name, known.scopes) == ("Contabilidad", frozenset({Scope.FEED}))
        assert known.last_seen_at == at
        session.execute(update(INTEGRATOR).where(mine).values(scopes="of_a_newer_version"))
    answer = service.get(FEED, me)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not_allowed")
    with parts.database.unit_of_work(shop.program_id) as session:
        session.execute(update(INTEGRATOR).where(mine).values(scopes="feed"))
        for who in ("staff:1", "staff:2"):
            revoke_integrator(session, shop.program_id, known.integrator_id, revoked_by=who, at=at)
        with pytest.raises(NotFoundError):
            revoke_integrator(session, shop.program_id, UUID(int=3), revoked_by="cli", at=at)
        (gone,) = integrators_of(session, shop.program_id)
    assert (gone.revoked_at, gone.revoked_by) == (at, "staff:1"), "the first one took it back"
    assert service.get(FEED, me).status_code == 401


def test_so_many_keys_and_no_more(service: Service, shop: Shop) -> None:
    parts = service.services

    def add(name: str, *scopes: Scope) -> None:
        at = parts.tools.clock.now()
        with parts.database.unit_of_work(shop.program_id) as session:
            add_integrator(
                session, shop.program_id, name=name, scopes=scopes, made_by="test", at=at
            )

    with pytest.raises(SettingInvalidError, match="scopes"):
        add("Nada")
    for number in range(INTEGRATORS_MAX - 1):
        add(f"Programa {number}", Scope.FEED)
    with pytest.raises(SettingInvalidError, match="integrators"):
        add("Otro", Scope.FEED)
