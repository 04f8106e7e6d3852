"""Rewards at the agent: passed on with the line, refused kindly without it; no sale is lost."""

from typing import Any
from uuid import uuid4

from loyalty.wire.messages import moment_text
from tests.browser.till.rewarding import Rewarding, open_rewards
from tests.browser.till.support import Shop, Shopper, card_text
from tests.pos_plugin.test_gateway import sale, scan_body
from tests.support.agent_page import AgentPage

Json = dict[str, Any]


def opened(shop: Shop) -> tuple[Rewarding, Shopper]:
    rewards, shopper = open_rewards(shop), shop.join()
    rewards.give(shopper, 340)
    return rewards, shopper


def wish(page: AgentPage, code: str, reward_id: str, **more: object) -> Json:
    return {
        "hold_id": str(uuid4()),
        "reward_id": reward_id,
        "points": 300,
        "basket_minor": 2460,
        "code": code,
        "scanned_at": moment_text(page.agent.clock.now()),
        "proof": {},
        **more,
    }


def reward_of(page: AgentPage, code: str, kind: str) -> str:
    told = page.api("POST", "/scans", scan_body(page, code)).body
    return next(str(one["reward_id"]) for one in told["rewards"] if one["kind"] == kind)


def test_with_the_line_points_are_held_taken_and_let_go(shop: Shop, page: AgentPage) -> None:
    rewards, shopper = opened(shop)
    code = shopper.code.text
    asked = wish(page, code, reward_of(page, code, "money"))
    held = page.api("POST", "/holds", asked)
    assert (held.status, held.body["discount_minor"], held.body["state"]) == (201, 300, "held")
    assert page.api("POST", "/holds", asked).status == 200
    void = page.api("POST", f"/holds/{asked['hold_id']}/void", {})
    assert (void.status, void.body["state"]) == (200, "let_go")
    again = wish(page, code, asked["reward_id"])
    assert page.api("POST", "/holds", again).status == 201
    sold = page.api("POST", "/sales", {**sale(page, 2160, code), "hold_id": again["hold_id"]})
    assert (sold.status, sold.body["redeemed"]["fate"]) == (201, "taken")
    assert rewards.points_of(shopper) == 61
    scan_id = page.api("POST", "/scans", scan_body(page, code)).body["scan_id"]
    assert page.api("GET", f"/scans/{scan_id}/points").body["points"] == 61
    assert page.api("POST", "/holds", {**again, "surprise": 1}).status == 400


def test_a_wrong_pin_is_the_cashiers_answer_and_is_kept_nowhere(
    shop: Shop, page: AgentPage
) -> None:
    rewards, shopper = opened(shop)
    rewards.set_pin(shopper, "7294")
    code = card_text(shop, shopper.card_id)
    reward_id = reward_of(page, code, "money")
    needed = page.api("POST", "/holds", wish(page, code, reward_id))
    assert (needed.status, needed.code) == (403, "proof_needed")
    assert needed.body["pin_set"] is True
    wrong = page.api("POST", "/holds", wish(page, code, reward_id, proof={"member_pin": "1112"}))
    assert (wrong.code, wrong.body["tries_left"]) == ("member_pin_wrong", 4)
    right = page.api("POST", "/holds", wish(page, code, reward_id, proof={"member_pin": "7294"}))
    assert right.status == 201
    for path in page.agent.home.queue_file.parent.iterdir():
        assert not path.is_file() or b"member_pin" not in path.read_bytes()


def test_without_a_line_points_stay_and_the_sale_goes_on(shop: Shop, page: AgentPage) -> None:
    rewards, shopper = opened(shop)
    code = shopper.code.text
    reward_id = reward_of(page, code, "money")
    held = wish(page, code, reward_id)
    assert page.api("POST", "/holds", held).status == 201
    page.cut()
    no = page.api("POST", "/holds", wish(page, code, reward_id))
    assert (no.status, no.code, no.body["retryable"]) == (409, "points_need_line", True)
    assert page.api("GET", f"/scans/{uuid4()}/points").code == "points_need_line"
    assert page.api("POST", f"/holds/{held['hold_id']}/void", {}).code == "points_need_line"
    # What was held before the line went is taken when the sale arrives.
    sent = {**sale(page, 2160, code), "hold_id": held["hold_id"]}
    kept = page.api("POST", "/sales", sent)
    assert (kept.status, kept.body["kept"]) == (202, True)
    assert rewards.points_of(shopper) == 40
    page.mend()
    page.wait_until_sent()
    assert shop.sales() == [(sent["sale_id"], 2160)]
    assert rewards.points_of(shopper) == 61
    act = page.api("GET", f"/till/acts/{sent['sale_id']}").body
    assert act["answer"]["redeemed"]["fate"] == "taken"
