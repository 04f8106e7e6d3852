"""The till page's API at the counter: with the line, without it, and back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from loyalty.codes.cards import card_by_id, void_card
from loyalty.identity.members import rename_member
from loyalty.journeys.cashier import set_pin
from loyalty.journeys.pair_till import revoke_till
from loyalty.wire.codes import SignedCode, encode, take_apart
from loyalty.wire.messages import moment_text
from loyalty.wire.trust import SignedTrust
from tests.browser.till.support import Shop, card_text
from tests.support.agent_page import AgentPage
from tests.support.fault_proxy import CLEAR, Fault, always

Json = dict[str, Any]


def sale(page: AgentPage, total: int = 1240, code: str | None = None) -> Json:
    now = moment_text(page.agent.clock.now())
    told: Json = {
        "sale_id": str(uuid4()),
        "total_minor": total,
        "currency": "EUR",
        "sold_at": now,
        "clock": "sure",
    }
    if code:
        told |= {"code": code, "scanned_at": now}
    return told


def scan_body(page: AgentPage, code: str, source: str = "wedge") -> Json:
    return {"code": code, "scanned_at": moment_text(page.agent.clock.now()), "source": source}


def name(shop: Shop, card_id: str, display_name: str) -> None:

    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        card = card_by_id(session, shop.made.program_id, card_id)
        assert card is not None
        rename_member(session, shop.made.program_id, card.member_id, display_name=display_name)


def test_with_the_line_a_card_is_known_and_a_sale_has_its_receipt(
    shop: Shop, page: AgentPage
) -> None:
    code = shop.join().code.text
    told = page.api("POST", "/scans", scan_body(page, code)).body
    assert (told["outcome"], told["points"]) == ("ok", 0)
    first = page.api("POST", "/sales", sent := sale(page, code=code))
    assert (first.status, first.body["points"]["earned"]) == (201, 12)
    again = page.api("POST", "/sales", sent)
    assert (again.status, again.body["points"]) == (201, first.body["points"])
    assert shop.sales() == [(sent["sale_id"], 1240)]


@pytest.mark.parametrize("is_up", [True, False])
def test_a_sale_confirmed_many_times_at_once_is_one_sale_and_one_number(
    shop: Shop, page: AgentPage, *, is_up: bool
) -> None:
    if not is_up:
        page.cut()
    sent = sale(page, 1240, shop.join().code.text)
    bodies = [sent] * 8 + [{**sent, "total_minor": 1300 + number} for number in range(8)]
    with ThreadPoolExecutor(len(bodies)) as pool:
        statuses = list(pool.map(lambda body: page.api("POST", "/sales", body).status, bodies))
    assert 409 in statuses
    assert set(statuses) <= {201, 202, 409}
    if not is_up:
        page.mend()
    page.wait_until_sent()
    (kept,) = page.agent.queue.recent()
    assert (kept.seq, kept.state) == (1, "done")
    assert shop.sales() == [(sent["sale_id"], kept.act.body["total_minor"])]


def test_a_sale_without_a_line_is_kept_and_becomes_its_receipt_once_it_is_back(
    shop: Shop, page: AgentPage
) -> None:
    shopper = shop.join()
    page.cut()
    sent = sale(page, 2460, shopper.code.text)
    kept = page.api("POST", "/sales", sent)
    assert kept.status == 202
    assert kept.body["display"]["title"] == "Guardado en la caja: 24,60\xa0€"
    assert kept.body["points"] == {"earned": None, "balance": None}
    assert page.api("POST", "/sales", sent).status == 202
    assert page.api("GET", f"/till/acts/{sent['sale_id']}").body["state"] == "waiting"
    assert page.api("GET", "/till/agent").body["queue"]["waiting"] == 1
    assert shop.count_sales() == 0
    page.mend()
    page.wait_until_sent()
    became = page.api("GET", f"/till/acts/{sent['sale_id']}").body
    assert (became["state"], became["answer"]["points"]["earned"]) == ("done", 24)
    assert shop.sales() == [(sent["sale_id"], 2460)]


def test_a_known_card_is_told_by_the_copy_and_an_unknown_one_by_its_signature(
    shop: Shop, page: AgentPage
) -> None:
    known, stranger = shop.join(), shop.join()
    name(shop, known.card_id, "Lucía F.")
    page.api("POST", "/scans", scan_body(page, known.code.text))
    page.api("POST", "/sales", sale(page, 1240, known.code.text))
    page.cut()
    told = page.api("POST", "/scans", scan_body(page, known.code.text)).body
    assert told["display"]["title"] == "Es Lucía F., según la copia"
    assert (told["outcome"], told["points"], told["points_text"]) == ("ok", 12, "12 puntos")
    assert told["copy"]["at"] is not None
    assert told["code"] == known.code.text
    in_english = page.api("POST", "/scans", scan_body(page, known.code.text), language="en").body
    assert in_english["display"]["title"] == "This is Lucía F., by the copy"
    told = page.api("POST", "/scans", scan_body(page, stranger.code.text)).body
    assert (told["display"]["tone"], told["person"]) == ("attention", None)
    assert told["display"]["title"] == "La firma del código es buena"


def test_bad_codes_are_refused_without_a_line_in_the_words_of_the_service(
    shop: Shop, page: AgentPage
) -> None:
    shopper = shop.join()
    texts = {
        "not_ours": "8410188012096",
        "malformed": shopper.code.text[:100],
        "bad_signature": shopper.code.text[:-1] + ("B" if shopper.code.text[-1] != "B" else "C"),
    }
    asked = {
        outcome: page.api("POST", "/scans", scan_body(page, text)).body
        for outcome, text in texts.items()
    }
    page.cut()
    for outcome, text in texts.items():
        told = page.api("POST", "/scans", scan_body(page, text)).body
        assert told["outcome"] == outcome == asked[outcome]["outcome"]
        assert told["display"] == asked[outcome]["display"]
        assert told["code"] is None
    letters = scan_body(page, shopper.code.letters, "typed")
    assert page.api("POST", "/scans", letters).body["display"]["title"] == (
        "Las letras necesitan línea"
    )


def test_a_revoked_card_and_a_foreign_one_are_refused_without_a_line(
    shop: Shop, page: AgentPage
) -> None:
    shopper = shop.join()
    printed = card_text(shop, shopper.card_id)
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        void_card(
            session,
            shop.made.program_id,
            shopper.card_id,
            reason="lost",
            at=shop.parts.tools.clock.now(),
        )
    signed = page.agent.service.call("GET", "/till/trust").body
    page.agent.books.keep_trust(SignedTrust(signed["payload"], signed["signature"]))
    page.cut()
    told = page.api("POST", "/scans", scan_body(page, printed)).body
    assert (told["outcome"], told["display"]["tone"]) == ("revoked", "refusal")
    other = _of_another_program(printed)
    assert page.api("POST", "/scans", scan_body(page, other)).body["outcome"] == "wrong_program"


def _of_another_program(text: str) -> str:

    code = take_apart(text)
    assert isinstance(code, SignedCode)
    moved = replace(code.header, program_id=code.header.program_id + 1)
    return encode(moved, code.signature)


def test_an_expired_live_code_is_refused_without_a_line(
    shop: Shop, page: AgentPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = shop.join().code
    page.cut()
    later = page.agent.clock.now() + timedelta(minutes=15)
    monkeypatch.setattr(type(page.agent.clock), "now", lambda _self: later)
    told = page.api("POST", "/scans", scan_body(page, code.text)).body
    assert told["outcome"] == "expired"
    assert told["display"]["detail"].startswith("Caducó hace 1")


def test_a_captive_portal_is_no_line(shop: Shop, page: AgentPage) -> None:
    page.line.weather = always(Fault.PORTAL)
    sent = sale(page, 300)
    assert page.api("POST", "/sales", sent).status == 202
    page.agent.drainer.wake()
    page.wait_for_line("down", "bad")
    assert page.api("GET", "/till/agent").body["reason"] == "not_ours"
    assert page.call("GET", "/till").data.startswith(b"<!doctype html>")
    assert b"Accept our terms" not in page.call("GET", "/till").data
    page.line.weather = CLEAR
    page.agent.drainer.wake()
    page.wait_until_sent()
    assert shop.sales() == [(sent["sale_id"], 300)]


def test_corrections_without_a_line_arrive_in_their_order(shop: Shop, page: AgentPage) -> None:
    first, second = shop.join(), shop.join()
    page.cut()
    sent = sale(page, 1000, first.code.text)
    page.api("POST", "/sales", sent)
    now = moment_text(page.agent.clock.now())
    moved = {"reassignment_id": str(uuid4()), "code": second.code.text, "scanned_at": now}
    told = page.api("POST", f"/sales/{sent['sale_id']}/reassignments", moved)
    assert (told.status, told.body["display"]["title"]) == (202, "Cambio apuntado en la caja")
    back = {"refund_id": str(uuid4()), "amount_minor": 400, "refunded_at": now, "reason": ""}
    told = page.api("POST", f"/sales/{sent['sale_id']}/refunds", back)
    assert (told.status, told.body["display"]["title"]) == (202, "Devuelto: 4,00\xa0€")
    row = page.api("GET", "/till/actions").body["actions"][0]
    assert (row["state"], row["left_minor"], row["undoable"]) == ("part_refunded", 600, True)
    page.mend()
    page.wait_until_sent()
    row = page.api("GET", "/till/actions").body["actions"][0]
    assert (row["sale_id"], row["left_minor"]) == (sent["sale_id"], 600)
    known = page.api("POST", "/scans", scan_body(page, second.code.text)).body
    assert known["points"] == 6


def test_the_last_actions_are_listed_without_a_line(page: AgentPage) -> None:
    done = sale(page, 500)
    page.api("POST", "/sales", done)
    page.cut()
    waits = sale(page, 700)
    page.api("POST", "/sales", waits)
    rows = page.api("GET", "/till/actions").body["actions"]
    assert [(row["sale_id"], row["state"], row["total_text"]) for row in rows] == [
        (waits["sale_id"], "waiting", "7,00\xa0€"),
        (done["sale_id"], "without_card", "5,00\xa0€"),
    ]


def test_an_act_refused_for_ever_is_listed_and_put_away(page: AgentPage) -> None:
    back = {
        "refund_id": str(uuid4()),
        "amount_minor": 400,
        "refunded_at": moment_text(page.agent.clock.now()),
    }
    told = page.api("POST", "/sales/never-sold/refunds", back)
    assert (told.status, told.code, told.body["aside"]) == (404, "sale_unknown", True)
    listed = page.api("GET", "/till/aside").body["acts"]
    assert [(act["act_id"], act["problem"]["code"]) for act in listed] == [
        (back["refund_id"], "sale_unknown")
    ]
    assert page.api("GET", "/till/queue").body["acts"] == listed
    assert page.api("POST", f"/till/aside/{back['refund_id']}/dismiss", {}).status == 204
    assert page.api("POST", f"/till/aside/{back['refund_id']}/dismiss", {}).status == 404
    assert page.api("GET", "/till/aside").body["acts"] == []


def test_what_cannot_be_is_refused_before_it_is_kept(page: AgentPage) -> None:
    good = sale(page)
    assert page.api("POST", "/sales", good).status == 201
    wrong: list[tuple[Json, str]] = [
        ({**sale(page), "total_minor": -1}, "amount_invalid"),
        ({**sale(page), "total_minor": "12"}, "malformed_request"),
        ({**sale(page), "total_minor": True}, "malformed_request"),
        ({**sale(page), "currency": "USD"}, "currency_mismatch"),
        ({**sale(page), "sold_at": "yesterday"}, "malformed_request"),
        ({**sale(page), "sale_id": "../x"}, "malformed_request"),
        ({**sale(page), "hidden": 1}, "malformed_request"),
        ({**good, "total_minor": 1}, "sale_conflict"),
    ]
    for body, code in wrong:
        assert page.api("POST", "/sales", body).code == code
    assert page.api("POST", "/sales", [1]).code == "malformed_request"
    plain = page.api("POST", "/sales", good, headers={"Content-Type": "text/plain"})
    assert plain.code == "unsupported_media_type"
    assert page.api("POST", "/scans", {"code": "x" * 300_000}).code == "body_too_large"
    assert page.api("GET", "/till/nothing").code == "not_found"
    assert page.api("PUT", "/sales").code == "method_not_allowed"
    assert len(page.agent.queue.recent()) == 1


def test_nobody_signs_out_or_lets_the_till_go_while_something_waits(page: AgentPage) -> None:
    page.cut()
    page.api("POST", "/sales", sale(page))
    assert page.api("DELETE", "/till/cashier").code == "queue_not_empty"
    assert page.api("DELETE", "/till/session").code == "queue_not_empty"
    page.mend()
    page.wait_until_sent()
    assert page.api("DELETE", "/till/session").code == "method_not_allowed"
    assert page.api("DELETE", "/till/cashier").status == 204


def test_a_turn_ends_without_a_line_once_what_waits_is_in_a_file(page: AgentPage) -> None:
    page.cut()
    page.api("POST", "/sales", first := sale(page))
    assert page.api("DELETE", "/till/cashier").code == "queue_not_empty"
    told = page.api("POST", "/till/queue/export").body
    assert [act["act_id"] for act in told["acts"]] == [first["sale_id"]]
    assert page.api("DELETE", "/till/cashier").status == 204
    page.open()
    page.api("POST", "/sales", sale(page))
    refused = page.api("DELETE", "/till/cashier")
    assert (refused.code, refused.body["waiting"]) == ("queue_not_empty", 1)


def test_the_till_says_whose_clock_it_follows(page: AgentPage) -> None:
    assert page.api("GET", "/time").body["server_time"] is not None
    assert page.api("GET", "/till/agent").body["server_time"] is not None
    assert page.api("GET", "/till/trust").body["signature"]


def test_pins_are_asked_from_the_service_and_checked_here_without_it(
    shop: Shop, page: AgentPage
) -> None:
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        set_pin(session, shop.made.program_id, shop.made.staff_id, "4829", tools=shop.parts.tools)
    told = page.open().body
    staff_id = str(shop.made.staff_id)
    assert (told["pin_needed"], told["cashier"]) == (True, None)
    assert page.api("POST", "/sales", sale(page)).code == "pin_needed"

    def sign_in(pin: str) -> Any:  # noqa: ANN401
        answer = page.api("POST", "/till/cashier", {"staff_id": staff_id, "pin": pin})
        page.take_cookie(answer)
        return answer

    page.cut()
    assert sign_in("4829").code == "pin_needs_line"
    page.mend()
    wrong = sign_in("1111")
    assert (wrong.code, wrong.body["tries_left"]) == ("pin_wrong", 4)
    assert sign_in("4829").status == 200
    assert page.open().body["cashier"]["staff_id"] == staff_id
    assert page.api("POST", "/sales", sale(page)).status == 201
    page.api("DELETE", "/till/cashier")
    page.cut()
    page.cookie = ""
    assert sign_in("4829").status == 200
    kept = sale(page, 900)
    assert page.api("POST", "/sales", kept).status == 202
    state = page.agent.queue.act(kept["sale_id"])
    assert state is not None
    assert state.act.staff_id == staff_id
    page.cookie = ""
    left = [sign_in("0000").body.get("tries_left") for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    assert sign_in("4829").code == "pin_needs_line"


def test_no_pin_is_written_anywhere(shop: Shop, page: AgentPage) -> None:
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        set_pin(session, shop.made.program_id, shop.made.staff_id, "482915", tools=shop.parts.tools)
    page.open()
    told = {"staff_id": str(shop.made.staff_id), "pin": "482915"}
    assert page.api("POST", "/till/cashier", told).status == 200
    files = [path for path in page.agent.home.path.rglob("*") if path.is_file()]
    assert files
    assert [path.name for path in files if b"482915" in path.read_bytes()] == []


def test_a_till_that_was_taken_off_keeps_sales_and_shows_no_names(
    shop: Shop, page: AgentPage
) -> None:
    shopper = shop.join()
    name(shop, shopper.card_id, "Lucía F.")
    page.api("POST", "/scans", scan_body(page, shopper.code.text))
    page.api("POST", "/sales", sale(page, 1240, shopper.code.text))
    program_id, till_id = shop.made.program_id, UUID(page.agent.paired.till_id)
    with shop.parts.database.unit_of_work(program_id) as session:
        revoke_till(session, program_id, till_id, tools=shop.parts.tools)
    page.agent.drainer.wake()
    page.wait_for_line("refused")
    told = page.api("POST", "/scans", scan_body(page, shopper.code.text))
    assert (told.body["person"], told.body["points"]) == (None, None)
    assert "Lucía" not in told.data.decode()
    assert page.api("POST", "/sales", sale(page, 500, shopper.code.text)).status == 202
    listed = page.api("GET", "/till/actions")
    assert len(listed.body["actions"]) == 2
    assert "Luc" not in listed.data.decode()
    standing = page.api("GET", "/till/agent").body
    assert (standing["line"], standing["reason"]) == ("refused", "revoked")
