"""Links that sign people in, save cards and unsubscribe: for one purpose, for a while."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.links import LIFETIME, TOLERANCE, LinkExpiredError, LinkPurpose, LinkSigner, is_fresh
from tests.support.clock import MONDAY_MORNING, ManualClock

OLD, NEW = "the secret before, for tests only", "the secret of today, for tests only"
PAYLOAD = {"program_id": 7, "challenge_id": "018f"}


@pytest.fixture
def links(clock: ManualClock) -> LinkSigner:
    return LinkSigner((OLD, NEW), clock=clock)


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_gives_back_what_was_signed_and_when(
    links: LinkSigner, clock: ManualClock, purpose: LinkPurpose
) -> None:
    token = links.sign(purpose, PAYLOAD)
    assert token.startswith("7.")
    assert links.read(purpose, token) == (PAYLOAD, clock.now())


@pytest.mark.parametrize("signed_for", LinkPurpose)
@pytest.mark.parametrize("used_for", LinkPurpose)
def test_a_link_for_one_purpose_opens_no_other(
    links: LinkSigner, signed_for: LinkPurpose, used_for: LinkPurpose
) -> None:
    token = links.sign(signed_for, PAYLOAD)
    if signed_for is used_for:
        assert links.read(used_for, token)[0] == PAYLOAD
        return
    with pytest.raises(LinkExpiredError):
        links.read(used_for, token)


def test_links_signed_before_a_rotation_stay_good_until_the_secret_is_dropped(
    clock: ManualClock,
) -> None:
    token = LinkSigner((OLD,), clock=clock).sign(LinkPurpose.UNSUBSCRIBE, PAYLOAD)
    both = LinkSigner((OLD, NEW), clock=clock)
    assert both.read(LinkPurpose.UNSUBSCRIBE, token)[0] == PAYLOAD
    with pytest.raises(LinkExpiredError):
        LinkSigner((NEW,), clock=clock).read(LinkPurpose.UNSUBSCRIBE, token)


def test_the_newest_secret_signs(clock: ManualClock) -> None:
    token = LinkSigner((OLD, NEW), clock=clock).sign(LinkPurpose.CLAIM, PAYLOAD)
    assert LinkSigner((NEW,), clock=clock).read(LinkPurpose.CLAIM, token)[0] == PAYLOAD


@given(place=st.integers(0), letter=st.sampled_from("ABab09-_.~ ñ"))
def test_a_link_with_one_letter_changed_is_refused(place: int, letter: str) -> None:
    links = LinkSigner((OLD, NEW), clock=ManualClock())
    token = links.sign(LinkPurpose.STAFF_SIGN_IN, PAYLOAD)
    at = place % len(token)
    changed = token[:at] + letter + token[at + 1 :]
    try:
        payload, signed_at = links.read(LinkPurpose.STAFF_SIGN_IN, changed)
    except LinkExpiredError:
        return
    # The last character of base64 has unused bits: another spelling, never another meaning.
    assert (payload, signed_at) == (PAYLOAD, MONDAY_MORNING)
    assert changed == token or at == len(token) - 1


@pytest.mark.parametrize("token", ["", ".", "7", "7.", "7.a.b.c", "ñ.ñ", "7." + "A" * 5000])
def test_what_is_no_link_is_refused(links: LinkSigner, token: str) -> None:
    with pytest.raises(LinkExpiredError):
        links.read(LinkPurpose.STAFF_SIGN_IN, token)


def test_a_link_cannot_be_moved_to_another_program(links: LinkSigner) -> None:
    token = links.sign(LinkPurpose.UNSUBSCRIBE, PAYLOAD)
    with pytest.raises(LinkExpiredError):
        links.read(LinkPurpose.UNSUBSCRIBE, "8" + token.removeprefix("7"))


@pytest.mark.parametrize("purpose", [purpose for purpose, life in LIFETIME.items() if life])
def test_a_link_is_good_until_its_last_second(
    links: LinkSigner, clock: ManualClock, purpose: LinkPurpose
) -> None:
    token = links.sign(purpose, PAYLOAD)
    signed_at, lifetime = clock.now(), LIFETIME[purpose]
    assert lifetime is not None
    clock.set(signed_at + lifetime)
    links.read(purpose, token)
    clock.advance(s=1)
    with pytest.raises(LinkExpiredError):
        links.read(purpose, token)


def test_an_unsubscribe_link_works_years_later(links: LinkSigner, clock: ManualClock) -> None:
    token = links.sign(LinkPurpose.UNSUBSCRIBE, PAYLOAD)
    clock.advance(days=3000)
    assert links.read(LinkPurpose.UNSUBSCRIBE, token)[0] == PAYLOAD


@pytest.mark.parametrize(
    ("ahead", "fresh"), [(timedelta(0), True), (TOLERANCE, True), (TOLERANCE * 1.01, False)]
)
def test_a_link_from_a_clock_a_little_ahead_is_good(ahead: timedelta, fresh: bool) -> None:  # noqa: FBT001
    now = MONDAY_MORNING
    for purpose in LinkPurpose:
        assert is_fresh(purpose, signed_at=now + ahead, at=now) is fresh


@pytest.mark.parametrize("secrets", [(), ("",), (NEW, "")])
def test_no_secret_or_an_empty_one_is_refused_at_start(secrets: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError):
        LinkSigner(secrets)
