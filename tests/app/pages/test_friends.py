"""A shopper brings a friend: the link, the join page, the first paid sale, and what undoes it."""

import html
import re
from dataclasses import dataclass

import pytest

from app.links import LinkPurpose
from loyalty.codes.cards import card_by_id
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.bonuses import tend_referrals
from loyalty.journeys.join_memberships import join_memberships
from loyalty.journeys.verify import verify_program
from loyalty.points.policy import PointsPolicy
from loyalty.points.queries import balance_of, wallet_of_member
from loyalty.points.set_policy import set_policy
from loyalty.programs.sessions import find_session
from loyalty.wire.messages import moment_text
from tests.app.test_sales_api import sale
from tests.support.forms import Visitor, visitor
from tests.support.service import Service, Shop

GIFT = 30


@dataclass(frozen=True, slots=True)
class Street:
    """A shop that gives points for friends, seen from its till and its jobs."""

    service: Service
    shop: Shop

    def sell(self, sale_id: str, code: str) -> None:
        """Sell for 12,40 to whoever shows a code: twelve points."""
        at = moment_text(self.service.services.tools.clock.now())
        told = sale(sale_id=sale_id, code=code, scanned_at=at, sold_at=at)
        answer = self.service.post("/api/v1/sales", self.shop.as_till(), json=told)
        assert answer.status_code == 201

    def refund(self, refund_id: str, sale_id: str, minor: int) -> None:
        """Give money back for a sale."""
        at = moment_text(self.service.services.tools.clock.now())
        answer = self.service.post(
            f"/api/v1/sales/{sale_id}/refunds",
            self.shop.as_till(),
            json={"refund_id": refund_id, "amount_minor": minor, "refunded_at": at},
        )
        assert answer.status_code == 201

    def work(self) -> None:
        """Let the job of a minute run, twice: it may."""
        parts = self.service.services
        for _ in range(2):
            tend_referrals(parts.database, tools=parts.tools)

    def points(self, card_id: str) -> int:
        """Say what the wallet of a card holds."""
        with self.service.services.database.reading(self.shop.program_id) as session:
            member_id = open_member_of_card(session, self.shop.program_id, card_id)
            assert member_id is not None
            wallet_id = wallet_of_member(session, self.shop.program_id, member_id)
            assert wallet_id is not None
            return balance_of(session, self.shop.program_id, wallet_id).points


@dataclass(frozen=True, slots=True)
class Friend:
    """A phone that joined by a link: its card, and the code it shows."""

    card_id: str
    code: str


@pytest.fixture
def street(service: Service, shop: Shop) -> Street:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        set_policy(
            session,
            shop.program_id,
            PointsPolicy(referral_points=GIFT, referral_most=1),
            made_by="setup",
            at=parts.tools.clock.now(),
        )
    return Street(service, shop)


@pytest.fixture
def host(service: Service, shop: Shop) -> Visitor:
    one = visitor(service)
    one.client.set_cookie("enlaza-card", shop.shopper)
    return one


def link_of(host: Visitor) -> str:
    """Go from the card to its settings, and read the link that brings a friend."""
    host.open("/card")
    assert 'href="/card/settings"' in host.text
    host.open("/card/settings")
    assert f"ganáis {GIFT} puntos cada uno" in host.text
    address = html.unescape(host.text.split("<code>")[1].split("</code>")[0])
    return address[address.index("/S/") :]


def come(street: Street, path: str) -> Friend:
    """Open a link on a new phone and take a card there, by the form of the page."""
    phone = visitor(street.service)
    phone.open(path)
    hidden = re.findall(r'<input type="hidden" name="(visit|friend)" value="([^"]*)"', phone.text)
    fields = {name: html.unescape(value) for name, value in hidden}
    phone.send(path.partition("?")[0] + "/join", **fields)
    phone.open("/card")
    shown = re.search(r'data-code-text="([A-Z]{154})"', phone.text)
    cookie = phone.client.get_cookie("enlaza-card")
    assert shown
    assert cookie
    parts, program_id = street.service.services, street.shop.program_id
    secret = cookie.value.partition(".")[2]
    with parts.database.reading(program_id) as session:
        browser = find_session(
            session, program_id, secret, kind="shopper", at=parts.tools.clock.now()
        )
        assert browser is not None
        card = card_by_id(session, program_id, browser.subject)
        assert card is not None
    return Friend(card.card_id, shown[1])


def findings(street: Street) -> tuple[object, ...]:
    parts = street.service.services
    with parts.database.reading(street.shop.program_id) as session:
        return verify_program(session, street.shop.program_id, tools=parts.tools)


def test_both_have_points_once_the_friend_has_bought_and_lose_them_when_all_goes_back(
    street: Street, shop: Shop, host: Visitor
) -> None:
    path = link_of(host)
    friend = come(street, path)
    street.work()
    assert (street.points(shop.card_id), street.points(friend.card_id)) == (0, 0), "nothing bought"
    street.sell("s1", friend.code)
    street.work()
    assert (street.points(shop.card_id), street.points(friend.card_id)) == (30, 42)
    host.open("/card/points")
    assert "Regalo por una invitación" in host.text
    # A program that rewards one friend offers no link for a second one.
    host.open("/card/settings")
    assert "friend=" not in host.text
    street.refund("r1", "s1", 1239)
    street.work()
    assert (street.points(shop.card_id), street.points(friend.card_id)) == (30, 30)
    street.refund("r2", "s1", 1)
    street.work()
    assert (street.points(shop.card_id), street.points(friend.card_id)) == (0, 0)
    host.open("/card/points")
    assert findings(street) == ()


def test_a_friend_too_many_gets_what_was_bought_and_no_more(
    street: Street, shop: Shop, host: Visitor
) -> None:
    path = link_of(host)
    friends = [come(street, path) for _ in range(2)]
    for number, friend in enumerate(friends):
        street.sell(f"s{number}", friend.code)
    street.work()
    assert street.points(shop.card_id) == GIFT
    assert sorted(street.points(friend.card_id) for friend in friends) == [12, 42]


def test_nobody_brings_themselves(street: Street, shop: Shop, host: Visitor) -> None:
    path = link_of(host)
    # On the phone that has the card there is nothing to join.
    host.open(path)
    assert "Ya tienes tu tarjeta en este móvil." in host.text
    host.send(f"/S/{shop.slug}/join", friend=path.partition("friend=")[2])
    second = come(street, path)
    parts, program_id = street.service.services, shop.program_id
    with parts.database.unit_of_work(program_id) as session:
        mine = open_member_of_card(session, program_id, shop.card_id)
        other = open_member_of_card(session, program_id, second.card_id)
        assert mine
        assert other
        assert mine != other
        join_memberships(
            session,
            program_id,
            keep_member=mine,
            other_member=other,
            actor="shopper",
            event="two phones",
            tools=parts.tools,
        )
    street.sell("s1", second.code)
    street.work()
    assert street.points(shop.card_id) == 12
    assert findings(street) == ()


def test_only_a_link_that_this_shop_signed_for_friends_counts(
    street: Street, shop: Shop, other_shop: Shop, host: Visitor
) -> None:
    path = link_of(host)
    token = path.partition("friend=")[2]
    links = street.service.services.links
    payload, _ = links.read(LinkPurpose.FRIEND, token)
    strangers = (
        f"/S/{shop.slug}?friend={token[:-2]}xx",
        f"/S/{shop.slug}?friend={links.sign(LinkPurpose.VISIT, payload)}",
        f"/S/{other_shop.slug}?friend={token}",
        f"/S/{shop.slug}?friend=",
    )
    for wrong in strangers:
        stranger = visitor(street.service)
        stranger.open(wrong)
        assert "Quiero mi tarjeta" in stranger.text
        assert "Vienes de parte de alguien" not in stranger.text
    stranger.send(f"/S/{shop.slug}/join", friend=f"{token[:-2]}xx")
    stranger.open("/card")
    shown = re.search(r'data-code-text="([A-Z]{154})"', stranger.text)
    assert shown
    street.sell("s1", shown[1])
    street.work()
    assert street.points(shop.card_id) == 0
