"""Rewards that a till gave without a line: taken once, bounded, the sale always kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.settings import Settings
from loyalty.codes.cards import card_by_id
from loyalty.codes.live import renew_live_batch
from loyalty.db.session import Database
from loyalty.journeys.pair_till import offer_pairing, pair_till
from loyalty.journeys.tools import Tools
from loyalty.points.add_reward import add_reward
from loyalty.points.policy import PointsPolicy
from loyalty.points.queries import BalanceFacts, balance_of, wallet_of_member
from loyalty.points.set_policy import set_policy
from loyalty.wire.messages import moment_text
from tests.support.clock import ManualClock
from tests.support.queue import Agent, Json
from tests.support.redeeming import CENTS, COFFEE, FIVE_EUROS
from tests.support.service import Shop, make_service, open_shop

ALLOWANCE = 50


class Till(Agent):
    """An agent that gives rewards without a line."""

    def shown(self) -> str:
        """Read the live code that the phone shows now."""
        parts, now = self.service.services, self.service.services.tools.clock.now()
        with parts.database.unit_of_work(self.shop.program_id) as session:
            batch = renew_live_batch(
                session, self.shop.program_id, self.shop.card_id, at=now, keys=parts.tools.keys
            )
        return next(code.text for code in batch.codes if code.starts_at <= now < code.expires_at)

    def gift(self, hold_id: str, reward: str, points: int, **body: object) -> Json:
        """Give a reward for a sale of 20 €; the sale itself is another act."""
        told = {
            "hold_id": hold_id,
            "code": self.shown(),
            "scanned_at": self.now(),
            "reward_id": reward,
            "points": points,
            "basket_minor": 2_000,
            "taken_at": self.now(),
            **body,
        }
        return self._numbered("redemption", f"sale:{hold_id}", told)

    def paid(self, hold_id: str, total_minor: int) -> Json:
        """Sell what a reward paid a part of."""
        return self.carded(f"sale:{hold_id}", total_minor, hold_id=hold_id)

    def wallet(self) -> BalanceFacts:
        program_id = self.shop.program_id
        with self.service.services.database.reading(program_id) as session:
            card = card_by_id(session, program_id, self.shop.card_id)
            assert card is not None
            wallet_id = wallet_of_member(session, program_id, card.member_id)
            assert wallet_id is not None
            return balance_of(session, program_id, wallet_id)

    def offer(self) -> str:
        """Offer points as money, and let a till without a line give 50 of them to a member."""
        parts, now = self.service.services, self.service.services.tools.clock.now()
        with parts.database.unit_of_work(self.shop.program_id) as session:
            policy = PointsPolicy(offline_allowance=ALLOWANCE)
            set_policy(session, self.shop.program_id, policy, made_by="setup", at=now)
            return str(add_reward(session, self.shop.program_id, CENTS, at=now))

    def beside(self) -> "Till":
        """Pair another till of the same store."""
        parts = self.service.services
        with parts.database.unit_of_work(self.shop.program_id) as session:
            offer = offer_pairing(
                session,
                self.shop.program_id,
                self.shop.program.store_id,
                till_name="Caja 2",
                staff_id=self.shop.program.staff_id,
                tools=parts.tools,
            )
        paired = pair_till(
            parts.database,
            offer.code,
            client_address="192.0.2.1",
            kind="agent",
            key_sha256=None,
            tools=parts.tools,
        )
        assert paired.key is not None
        shop: Shop = replace(self.shop, till_id=paired.till_id, till_key=paired.key)
        return Till(self.service, shop)


@pytest.fixture
def till(database: Database, tools: Tools, tmp_path: Path) -> Till:
    service = make_service(database, tools, Settings(home=tmp_path, demo=True, rate_limit=""))
    return Till(service, open_shop(service, program_id=7, slug="PANADERIA-SOL"))


def problem(told: Json) -> tuple[str, str]:
    (one,) = told["results"]
    return one["result"], one["problem"]["code"]


def test_a_reward_given_without_a_line_is_taken_once_with_its_sale(
    till: Till, clock: ManualClock
) -> None:
    reward = till.offer()
    till.carded("start", 10_000)
    till.gift("g1", reward, 40)
    till.paid("g1", 1_960)
    clock.advance(hours=5)
    first = till.send(till.acts)["results"]
    assert [one["result"] for one in first] == ["created"] * 3
    given, sold = first[1]["answer"], first[2]["answer"]
    assert (given["state"], given["points"], given["proof"]) == ("taken", 40, "offline")
    assert (given["discount_minor"], given["to_pay_minor"], given["free"]) == (40, 1_960, 60)
    assert (sold["redeemed"]["fate"], sold["points"]["earned"]) == ("taken", 19)
    again = till.send(till.acts)["results"]
    assert [one["result"] for one in again] == ["duplicate"] * 3
    # Another queue that holds the same acts, as of a copied disk, changes nothing either.
    copied = replace(till, queue_id="00000000-0000-0000-0000-00000000004e")
    assert copied.results(till.acts) == ["duplicate"] * 3
    assert (till.wallet().points, till.wallet().debt) == (79, 0)
    other = {**till.acts[1], "seq": 9, "body": {**till.acts[1]["body"], "points": 30}}
    assert problem(till.send([other])) == ("conflict", "hold_conflict")
    assert till.findings() == ()


def test_the_sale_may_come_before_its_redemption_and_its_refund_gives_the_points_back(
    till: Till,
) -> None:
    reward = till.offer()
    till.carded("start", 10_000)
    till.paid("g1", 1_960)
    till.gift("g1", reward, 40)
    assert till.results(till.acts) == ["created"] * 3
    assert till.wallet().points == 79
    till.refund("back", "sale:g1", 1_960)
    assert till.results(till.acts[3:]) == ["created"]
    assert till.wallet().points == 100
    assert till.findings() == ()


def test_points_that_come_after_the_whole_refund_of_their_sale_are_let_go_at_the_till(
    till: Till,
) -> None:
    reward = till.offer()
    till.carded("start", 10_000)
    till.paid("g1", 1_960)
    till.refund("back", "sale:g1", 1_960)
    till.gift("g1", reward, 40)
    assert till.results(till.acts) == ["created"] * 4
    assert till.wallet().points == 60
    answer = till.service.post("/api/v1/holds/g1/void", till.shop.as_till(), json={})
    assert (answer.status_code, answer.get_json()["state"]) == (200, "given_back")
    assert till.wallet().points == 100
    assert till.findings() == ()


def test_two_tills_without_a_line_spend_the_same_points_and_the_debt_is_bounded_and_repaid(
    till: Till, clock: ManualClock
) -> None:
    reward, other = till.offer(), till.beside()
    till.carded("start", 3_000)
    assert till.results(till.acts) == ["created"]
    for each, name in ((till, "a"), (other, "b")):
        each.gift(f"{name}1", reward, 30)
        clock.advance(minutes=2)
        each.gift(f"{name}2", reward, 20)
        clock.advance(minutes=2)
        each.gift(f"{name}3", reward, 1)
        clock.advance(minutes=2)
    assert till.results(till.acts[1:]) == ["created", "created", "rejected"]
    told = other.send(other.acts)["results"]
    assert [one["result"] for one in told] == ["created", "created", "rejected"]
    assert (told[2]["problem"]["code"], told[2]["problem"]["left"]) == ("allowance_exceeded", 0)
    # 30 points were there; each till gave its 50 and not one more.
    assert (till.wallet().points, till.wallet().debt) == (0, 2 * ALLOWANCE - 30)
    # A refusal stays one, and tomorrow is another day.
    assert other.results(other.acts) == ["duplicate", "duplicate", "rejected"]
    till.carded("next", 10_000)
    assert till.results(till.acts[-1:]) == ["created"]
    assert (till.wallet().points, till.wallet().debt) == (30, 0)
    clock.advance(days=1)
    till.gift("a4", reward, 30)
    assert till.results(till.acts[-1:]) == ["created"]
    assert till.findings() == ()


def test_what_was_not_proved_or_not_allowed_is_refused_and_the_sale_is_kept(
    till: Till, clock: ManualClock
) -> None:
    reward = till.offer()
    with till.service.services.database.unit_of_work(till.shop.program_id) as session:
        now = clock.now()
        coffee, five = (
            str(add_reward(session, till.shop.program_id, draft, at=now))
            for draft in (COFFEE, FIVE_EUROS)
        )
    till.carded("start", 50_000)
    assert till.results(till.acts) == ["created"]
    code, at = till.shown(), till.now()
    later = moment_text(clock.advance(minutes=16) or clock.now())
    for name, wanted, body, expected in (
        ("card", reward, {"code": till.shop.card_text}, "proof_needed"),
        ("old", reward, {"code": code, "scanned_at": later}, "code_refused"),
        ("held", reward, {"code": code, "scanned_at": at}, "code_refused"),
        ("unsure", reward, {"clock": "unsure"}, "code_refused"),
        ("counted", coffee, {}, "reward_not_offered"),
        ("dear", five, {}, "allowance_exceeded"),
        ("nothing", "00000000-0000-0000-0000-000000000000", {}, "reward_not_offered"),
        ("garbage", reward, {"code": "B" * 154}, "proof_needed"),
    ):
        till.gift(name, wanted, 100 if wanted == five else 30, **body)
        till.paid(name, 1_970)
        gift, sale = till.send(till.acts[-2:])["results"]
        assert (gift["result"], gift["problem"]["code"]) == ("rejected", expected), name
        assert (sale["result"], sale["answer"]["redeemed"]["fate"]) == ("created", "unknown")
        clock.advance(minutes=2)
    till.gift("g1", reward, 30)
    used = till.acts[-1]["body"]["code"]
    till.gift("g2", reward, 10, code=used)
    told = till.send(till.acts[-2:])["results"]
    assert [one["result"] for one in told] == ["created", "rejected"]
    assert told[1]["problem"]["outcome"] == "already_used"
    assert till.wallet().debt == 0
    assert till.findings() == ()


def test_a_till_is_told_with_its_line_what_it_may_give_without(till: Till) -> None:
    def told() -> Json:
        answer = till.service.get("/api/v1/till/session", till.shop.as_till())
        offline: Json = answer.get_json()["offline"]
        return offline

    assert told() == {"allowance": 0, "rewards": []}
    reward = till.offer()
    parts = till.service.services
    with parts.database.unit_of_work(till.shop.program_id) as session:
        add_reward(session, till.shop.program_id, COFFEE, at=parts.tools.clock.now())
    (only,) = told()["rewards"]
    assert told()["allowance"] == ALLOWANCE
    assert (only["reward_id"], only["kind"]) == (reward, "money")
    assert (only["points"], only["minor"], only["per_points"]) == (1, 1, 1)


def test_without_an_allowance_nothing_is_spent_without_a_line(till: Till) -> None:
    parts = till.service.services
    with parts.database.unit_of_work(till.shop.program_id) as session:
        reward = str(add_reward(session, till.shop.program_id, CENTS, at=parts.tools.clock.now()))
    till.carded("start", 10_000)
    assert till.results(till.acts) == ["created"]
    assert problem(till.send([till.gift("g1", reward, 1)])) == ("rejected", "allowance_exceeded")


def test_what_the_service_held_before_the_line_went_is_taken_by_its_sale_alone(till: Till) -> None:
    reward = till.offer()
    till.carded("start", 10_000)
    assert till.results(till.acts) == ["created"]
    gift = till.gift("g1", reward, 40)
    asked = {name: value for name, value in gift["body"].items() if name != "taken_at"}
    assert till.service.post("/api/v1/holds", till.shop.as_till(), json=asked).status_code == 201
    till.paid("g1", 1_960)
    assert till.results(till.acts[1:]) == ["duplicate", "created"]
    assert till.wallet().points == 79
    assert till.findings() == ()
