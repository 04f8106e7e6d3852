"""Who is let in, by which credential, and from where."""

from uuid import UUID

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.cashier import set_pin
from loyalty.journeys.pair_till import offer_pairing, revoke_till
from loyalty.journeys.tools import Tools
from loyalty.programs.sessions import find_session, revoke_session
from tests.support.clock import ManualClock
from tests.support.service import Headers, Service, Shop, as_page, make_service

SESSION = "/api/v1/till/session"
NOBODY = f"/api/v1/persons/{'0' * 32}/explain?identifier_id={UUID(int=0)}"


def code_of(service: Service, headers: Headers, path: str = SESSION) -> str:
    answer = service.get(path, headers)
    return str(answer.get_json()["code"]) if answer.status_code >= 400 else "ok"


def test_a_till_is_known_by_its_key(service: Service, shop: Shop) -> None:
    answer = service.get(SESSION, shop.as_till())
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["till"] == {"till_id": str(shop.till_id), "name": "Caja 1"}
    assert told["money"]["pattern"]["suffix"] == "\xa0€"
    assert told["pin_needed"] is False


def test_a_key_that_is_not_right_opens_nothing(service: Service, shop: Shop) -> None:
    program, till, key = shop.till_credential.split(".")
    other = "1" if key.endswith("0") else "0"
    for wrong in (
        f"{program}.{till}.{key[:-1]}{other}",
        f"{program}.{till}.",
        f"8.{till}.{key}",
        f"{program}.00000000-0000-0000-0000-000000000000.{key}",
        f"4294967296.{till}.{key}",
        f"0{program}.{till}.{key}",
        f"{program}.zzzz.{key}",
        "",
        "x",
        "ñ.ñ.ñ",
        f"{program}.{till}.{key}.{key}",
    ):
        answer = service.get(
            SESSION, {"Authorization": f"Bearer {wrong}".encode().decode("latin1")}
        )
        assert answer.status_code == 401, wrong
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), wrong
    assert code_of(service, {"Authorization": f"Basic {shop.till_credential}"}) == "sign_in_needed"
    assert code_of(service, {}) == "sign_in_needed"


def test_a_till_that_was_taken_off_is_told_so(service: Service, shop: Shop) -> None:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        revoke_till(session, shop.program_id, shop.till_id, tools=parts.tools)
    assert code_of(service, shop.as_till()) == "till_revoked"
    assert code_of(service, shop.as_till_browser()) == "till_revoked"


def test_a_till_can_take_itself_off(service: Service, shop: Shop) -> None:
    answer = service.call("DELETE", SESSION, shop.as_till_browser())
    assert answer.status_code == 204
    assert "enlaza-till=;" in answer.headers["Set-Cookie"]
    assert code_of(service, shop.as_till()) == "till_revoked"


@pytest.mark.parametrize(
    "changes",
    [
        {"X-Enlaza": None},
        {"X-Enlaza": "0"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "null"},
        {"Origin": None},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_foreign_page_cannot_act_with_the_tills_cookie(
    service: Service, shop: Shop, changes: dict[str, str | None]
) -> None:
    changed = {**shop.as_till_browser(), **changes}
    headers = {name: text for name, text in changed.items() if text is not None}
    answer = service.call("DELETE", SESSION, headers)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "foreign_origin")
    assert code_of(service, shop.as_till()) == "ok"


def test_a_till_page_may_read_without_an_origin(service: Service, shop: Shop) -> None:
    headers = dict(shop.as_till_browser())
    del headers["Origin"]
    assert code_of(service, headers) == "ok"


def test_a_rebound_host_name_reaches_nothing(service: Service, shop: Shop) -> None:
    headers = {**shop.as_till_browser(), "Host": "evil.example", "Origin": "http://evil.example"}
    assert service.get(SESSION, headers).status_code == 400


def test_cookies_are_bound_to_the_host_where_there_is_https(
    sqlite_database: Database, tools: Tools, shop: Shop
) -> None:
    settings = Settings(public_url="https://card.example", proxy_hops=0, rate_limit="")
    public = make_service(sqlite_database, tools, settings)
    page = {"Host": "card.example", "X-Enlaza": "1", "Origin": "https://card.example"}
    plain = {**page, "Cookie": f"enlaza-till={shop.till_credential}"}
    bound = {**page, "Cookie": f"__Host-enlaza-till={shop.till_credential}"}
    assert code_of(public, plain) == "sign_in_needed"
    assert code_of(public, bound) == "ok"
    gone = public.call("DELETE", SESSION, bound).headers.getlist("Set-Cookie")
    for cookie in gone:
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
        assert "SameSite=Strict" in cookie


def test_a_cashier_signs_in_with_a_pin_and_out_again(
    service: Service, shop: Shop, clock: ManualClock
) -> None:
    give_pin(service, shop, "1357")
    staff_id = str(shop.staff_ids["cashier"])
    asked = {"staff_id": staff_id, "pin": "1357"}
    answer = service.post("/api/v1/till/cashier", shop.as_till_browser(), json=asked)
    assert answer.status_code == 200
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    both = as_page(f"enlaza-till={shop.till_credential}; {cookie}")
    told = service.get(SESSION, both).get_json()
    assert told["cashier"]["staff_id"] == staff_id
    assert told["pin_needed"] is True
    clock.advance(hours=17)
    assert service.get(SESSION, both).get_json()["cashier"] is None
    clock.advance(hours=-17)
    assert service.call("DELETE", "/api/v1/till/cashier", both).status_code == 204
    assert service.get(SESSION, both).get_json()["cashier"] is None


def test_an_agent_learns_who_typed_the_pin_and_keeps_it_by_itself(
    service: Service, shop: Shop
) -> None:
    give_pin(service, shop, "1357")
    staff_id = str(shop.staff_ids["cashier"])
    answer = service.post(
        "/api/v1/till/cashier", shop.as_till(), json={"staff_id": staff_id, "pin": "1357"}
    )
    cashier = {"staff_id": staff_id, "display_name": "Cashier"}
    assert (answer.status_code, answer.get_json()) == (200, {"cashier": cashier})
    assert "Set-Cookie" not in answer.headers
    session = service.get(SESSION, shop.as_till()).get_json()
    assert session["staff"] == [cashier]
    assert session["cashier"] is None
    assert session["pin_needed"] is True
    wrong = {"staff_id": staff_id, "pin": "2468"}
    told = service.post("/api/v1/till/cashier", shop.as_till(), json=wrong).get_json()
    assert (told["code"], told["tries_left"]) == ("pin_wrong", 4)
    assert service.call("DELETE", "/api/v1/till/cashier", shop.as_till()).status_code == 204


def test_a_wrong_pin_tells_how_many_tries_are_left(service: Service, shop: Shop) -> None:
    give_pin(service, shop, "1357")
    asked = {"staff_id": str(shop.staff_ids["cashier"]), "pin": "2468"}
    answers = [
        service.post("/api/v1/till/cashier", shop.as_till_browser(), json=asked).get_json()
        for _ in range(6)
    ]
    assert [one["tries_left"] for one in answers] == [4, 3, 2, 1, 0, 0]
    assert {one["code"] for one in answers} == {"pin_wrong"}


def test_people_are_shown_only_after_a_pin_where_there_are_pins(
    service: Service, shop: Shop
) -> None:
    scan = {"code": shop.card_text, "scanned_at": "2026-03-02T09:00:00Z"}
    give_pin(service, shop, "1357")
    answer = service.post("/api/v1/scans", shop.as_till_browser(), json=scan)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "pin_needed")
    assert code_of(service, shop.as_till_browser(), "/api/v1/till/actions") == "pin_needed"
    # The agent at the counter asks for the PIN itself.
    assert service.post("/api/v1/scans", shop.as_till(), json=scan).status_code == 200


def test_a_browser_till_is_paired_with_a_cookie_and_never_sees_its_key(
    service: Service, shop: Shop
) -> None:
    code = offer(service, shop)
    page = as_page("")
    answer = service.post("/api/v1/till/pairings", page, json={"code": code, "kind": "browser"})
    assert answer.status_code == 201
    told = answer.get_json()
    assert told["key"] is None
    assert told["till_name"] == "Caja 2"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"enlaza-till={shop.program_id}.{told['till_id']}.")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert code_of(service, as_page(cookie.partition(";")[0])) == "ok"
    again = service.post("/api/v1/till/pairings", page, json={"code": code, "kind": "browser"})
    assert (again.status_code, again.get_json()["code"]) == (403, "pairing_code_wrong")


def test_five_wrong_pairing_codes_close_the_door(service: Service) -> None:
    wrong = {"code": "BBBBBBBB", "kind": "agent"}
    codes = [
        service.post("/api/v1/till/pairings", {}, json=wrong).get_json()["code"] for _ in range(6)
    ]
    assert codes == ["pairing_code_wrong"] * 5 + ["too_many_tries"]


def test_a_forged_forwarding_header_does_not_reopen_it(service: Service) -> None:
    wrong = {"code": "BBBBBBBB", "kind": "agent"}
    for each in range(5):
        headers = {"X-Forwarded-For": f"198.51.100.{each}"}
        service.post("/api/v1/till/pairings", headers, json=wrong)
    answer = service.post("/api/v1/till/pairings", {"X-Forwarded-For": "198.51.100.99"}, json=wrong)
    assert answer.status_code == 429


def test_a_session_ends_where_it_is_kept(service: Service, shop: Shop) -> None:
    parts = service.services
    program_id, secret = shop.program_id, shop.staff["owner"].partition(".")[2]
    path = NOBODY
    assert service.get(path, shop.as_staff("owner")).status_code == 404
    with parts.database.unit_of_work(program_id) as session:
        now = parts.tools.clock.now()
        facts = find_session(session, program_id, secret, kind="staff", at=now)
        assert facts is not None
        revoke_session(session, program_id, facts.session_id, at=now)
    assert service.get(path, shop.as_staff("owner")).status_code == 401


def test_a_cookie_of_one_kind_is_nothing_to_another(service: Service, shop: Shop) -> None:
    swapped = as_page(f"enlaza-staff={shop.shopper}")
    assert service.get(NOBODY, swapped).status_code == 401


def give_pin(service: Service, shop: Shop, pin: str) -> None:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        set_pin(session, shop.program_id, shop.staff_ids["cashier"], pin, tools=parts.tools)


def offer(service: Service, shop: Shop) -> str:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        return offer_pairing(
            session,
            shop.program_id,
            shop.program.store_id,
            till_name="Caja 2",
            staff_id=None,
            tools=parts.tools,
        ).code
