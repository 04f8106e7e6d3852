"""Rewards that the agent gives by itself: within the allowance, on a live code, with the sale."""

from typing import Any
from uuid import uuid4

from loyalty.codes.use import use_live_code
from loyalty.points.policy import PointsPolicy
from loyalty.points.set_policy import set_policy
from loyalty.wire.messages import moment_text
from tests.browser.till.rewarding import Rewarding, open_rewards
from tests.browser.till.support import Shop, Shopper, card_text
from tests.pos_plugin.test_gateway import sale, scan_body
from tests.support.agent_page import AgentPage, Told

Json = dict[str, Any]

ALLOWANCE = 300


def allow(shop: Shop) -> None:
    now = shop.parts.tools.clock.now()
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        policy = PointsPolicy(offline_allowance=ALLOWANCE)
        set_policy(session, shop.made.program_id, policy, made_by="setup", at=now)


def opened(shop: Shop, page: AgentPage, *, points: int) -> tuple[Rewarding, Shopper]:
    """Open a till whose copy knows a card, and that is told what it may give."""
    rewards, shopper = open_rewards(shop), shop.join()
    allow(shop)
    rewards.give(shopper, points)
    assert page.api("GET", "/till/session").body["offline"]["allowance"] == ALLOWANCE
    page.api("POST", "/scans", scan_body(page, shopper.code.text))
    return rewards, shopper


def offered(page: AgentPage, code: str) -> dict[str, Json]:
    told = page.api("POST", "/scans", scan_body(page, code)).body
    return {one["kind"]: one for one in told["rewards"]}


def ask(page: AgentPage, code: str, reward_id: str, points: int, **more: object) -> Json:
    return {
        "hold_id": str(uuid4()),
        "reward_id": reward_id,
        "points": points,
        "basket_minor": 2460,
        "code": code,
        "scanned_at": moment_text(page.agent.clock.now()),
        "proof": {},
        **more,
    }


def hold(page: AgentPage, told: Json) -> Told:
    return page.api("POST", "/holds", told)


def test_without_a_line_a_live_code_spends_within_the_allowance_and_the_sale_takes_it_along(
    shop: Shop, page: AgentPage
) -> None:
    rewards, shopper = opened(shop, page, points=900)
    code = shopper.code.text
    page.cut()
    told = offered(page, code)
    # The coffee looks at the goods: it needs the shop.
    assert sorted(told) == ["fixed", "money"]
    money = told["money"]
    assert (money["least"], money["most"], money["per_points"]) == (100, ALLOWANCE, 100)
    over = hold(page, ask(page, code, money["reward_id"], ALLOWANCE + 1))
    assert (over.status, over.code, over.body["retryable"]) == (409, "points_need_line", True)
    first = ask(page, code, money["reward_id"], 120)
    held = hold(page, first)
    assert (held.status, held.body["kept"], held.body["discount_minor"]) == (201, True, 120)
    assert held.body["display"]["title"] == "Sin línea, según la copia: Puntos como dinero"
    assert hold(page, first).body == held.body
    assert offered(page, code)["money"]["most"] == 180
    assert hold(page, {**first, "points": 100}).code == "points_need_line"
    void = page.api("POST", f"/holds/{first['hold_id']}/void", {})
    assert (void.status, void.body["state"]) == (200, "let_go")
    again = ask(page, code, money["reward_id"], 300)
    assert hold(page, again).status == 201
    sent = {**sale(page, 2160, code), "hold_id": again["hold_id"]}
    for _ in range(2):
        kept = page.api("POST", "/sales", sent)
        assert (kept.status, kept.body["kept"]) == (202, True)
    assert [each.act.kind for each in page.agent.queue.recent(2)] == ["sale", "redemption"]
    assert offered(page, code) == {}
    assert hold(page, ask(page, code, money["reward_id"], 100)).code == "points_need_line"
    page.mend()
    page.wait_until_sent()
    assert shop.sales() == [(sent["sale_id"], 2160)]
    answer = page.api("GET", f"/till/acts/{sent['sale_id']}").body["answer"]
    assert (answer["redeemed"]["fate"], answer["redeemed"]["points"]) == ("taken", 300)
    assert rewards.points_of(shopper) == 900 - 300 + 21


def test_without_a_line_the_copy_and_the_kind_of_code_bound_what_is_given(
    shop: Shop, page: AgentPage
) -> None:
    _rewards, shopper = opened(shop, page, points=150)
    code, printed = shopper.code.text, card_text(shop, shopper.card_id)
    page.cut()
    (money,) = offered(page, code).values()
    assert (money["kind"], money["most"]) == ("money", 150)
    reward = money["reward_id"]
    assert offered(page, printed) == {}
    for told in (
        ask(page, printed, reward, 100),
        ask(page, printed, reward, 100, proof={"member_pin": "7294"}),
        ask(page, code, reward, 151),
        ask(page, code, reward, 99),
        ask(page, code, reward, 100, clock="unsure"),
        ask(page, code, reward, 100, scanned_at="2026-01-01T00:00:00Z"),
        ask(page, code, reward, 100, scanned_at="yesterday"),
        ask(page, code, str(uuid4()), 100),
        ask(page, code, reward, 100, basket_minor=0),
    ):
        assert hold(page, told).code == "points_need_line", told
    assert page.agent.queue.redemptions() == []


def test_what_the_shop_refuses_is_set_aside_and_the_sale_stays(shop: Shop, page: AgentPage) -> None:
    rewards, shopper = opened(shop, page, points=900)
    code = shopper.code.text
    page.cut()
    told = ask(page, code, offered(page, code)["money"]["reward_id"], 200)
    assert hold(page, told).status == 201
    # The same code was spent at a till that had its line.
    made, now = shop.made, shop.parts.tools.clock.now()
    shown = (shopper.card_id, shopper.code.expires_at)
    with shop.parts.database.unit_of_work(made.program_id) as session:
        use_live_code(session, made.program_id, *shown, act_id="elsewhere", at=now)
    sent = {**sale(page, 2260, code), "hold_id": told["hold_id"]}
    assert page.api("POST", "/sales", sent).status == 202
    page.mend()
    page.wait_until_sent()
    (aside,) = page.api("GET", "/till/aside").body["acts"]
    assert (aside["kind"], aside["problem"]["code"]) == ("redemption", "code_refused")
    assert aside["shown"]["total"] == "−2,00\N{NO-BREAK SPACE}€"
    assert shop.sales() == [(sent["sale_id"], 2260)]
    assert rewards.points_of(shopper) == 922
