"""What an owner offers for points: kept as described, or refused with the field that is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.kernel.ids import new_id
from loyalty.points.add_reward import RewardDraft, RewardTerms, add_reward, change_reward, draft_of
from loyalty.points.queries import reward_by_id, rewards_of
from loyalty.points.retire_reward import retire_reward
from loyalty.points.rewards.terms import offered, why_not_offered
from tests.support.ledger import Ledger

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FIVE_EUROS = RewardDraft("5 € menos", 200, "fixed", {"minor": 500}, "EUR")


def test_a_reward_is_kept_as_its_owner_described_it(ledger: Ledger) -> None:
    terms = RewardTerms(
        minimum_minor=2_000,
        valid_from=NOON,
        valid_until=NOON + timedelta(days=7),
        stock=50,
        per_member=2,
        per_member_day=1,
        on_web=False,
    )
    draft = RewardDraft("5 € menos", 200, "fixed", {"minor": 500}, "EUR", terms)
    with ledger.database.unit_of_work(ledger.program_id) as session:
        reward_id = add_reward(session, ledger.program_id, draft, at=NOON)
        kept = reward_by_id(session, ledger.program_id, reward_id)
        assert kept is not None
        assert draft_of(kept) == draft
        changed = RewardDraft("6 € menos", 250, "fixed", {"minor": 600}, "EUR")
        change_reward(session, ledger.program_id, reward_id, changed, at=NOON)
        kept = reward_by_id(session, ledger.program_id, reward_id)
        assert kept is not None
        assert draft_of(kept) == changed


def test_a_reward_with_only_a_name_is_given_beside_the_ticket(ledger: Ledger) -> None:
    with ledger.database.unit_of_work(ledger.program_id) as session:
        add_reward(session, ledger.program_id, name="Café", points=10, at=NOON)
        (kept,) = rewards_of(session, ledger.program_id)
    assert (kept.kind, kept.parameters, kept.currency) == ("product", {}, None)


def test_a_reward_is_offered_between_its_days_in_its_channel_until_it_is_retired(
    ledger: Ledger,
) -> None:
    terms = RewardTerms(valid_from=NOON, valid_until=NOON + timedelta(days=1), at_till=False)
    with ledger.database.unit_of_work(ledger.program_id) as session:
        draft = RewardDraft("Café", 10, terms=terms)
        reward_id = add_reward(session, ledger.program_id, draft, at=NOON)
        rewards = rewards_of(session, ledger.program_id)
        retire_reward(session, ledger.program_id, reward_id, at=NOON)
        retired = reward_by_id(session, ledger.program_id, reward_id)
    assert retired is not None
    second = timedelta(seconds=1)
    end = NOON + timedelta(days=1)
    told = [
        why_not_offered(rewards[0], at=at, channel="web")
        for at in (NOON - second, NOON, end - second, end)
    ]
    assert told == ["not_yet", None, None, "over"]
    assert why_not_offered(rewards[0], at=NOON, channel="till") == "channel"
    assert why_not_offered(retired, at=NOON, channel="web") == "retired"
    assert offered(rewards, at=NOON) == rewards
    assert offered(rewards, at=NOON, channel="till") == ()


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (RewardDraft("", 10), "reward_name"),
        (RewardDraft("Café\n", 10, "cafe"), "reward_kind"),
        (RewardDraft("Café", 0), "reward_points"),
        (RewardDraft("Café", -1), "reward_points"),
        (RewardDraft("Café", 10**9), "reward_points"),
        (RewardDraft("5 €", 10, "fixed", {"minor": 500}), "currency"),
        (RewardDraft("Café", 10, terms=RewardTerms(minimum_minor=1)), "currency"),
        (RewardDraft("Café", 10, terms=RewardTerms(stock=-1)), "stock"),
        (RewardDraft("Café", 10, terms=RewardTerms(per_member=0)), "per_member"),
        (RewardDraft("Café", 10, terms=RewardTerms(per_member_day=0)), "per_member_day"),
        (
            RewardDraft("Café", 10, terms=RewardTerms(valid_from=NOON, valid_until=NOON)),
            "valid_until",
        ),
        (RewardDraft("Café", 10, terms=RewardTerms(at_till=False, on_web=False)), "at_till"),
    ],
)
def test_a_reward_that_cannot_be_is_refused_with_its_field(
    ledger: Ledger, draft: RewardDraft, field: str
) -> None:
    with (
        ledger.database.unit_of_work(ledger.program_id) as session,
        pytest.raises(SettingInvalidError) as refused,
    ):
        add_reward(session, ledger.program_id, draft, at=NOON)
    assert refused.value.facts == {"field": field}


def test_a_reward_does_not_turn_into_another_kind(ledger: Ledger) -> None:
    with ledger.database.unit_of_work(ledger.program_id) as session:
        reward_id = add_reward(session, ledger.program_id, FIVE_EUROS, at=NOON)
        with pytest.raises(SettingInvalidError):
            change_reward(session, ledger.program_id, reward_id, RewardDraft("Café", 10), at=NOON)
        with pytest.raises(NotFoundError):
            change_reward(session, ledger.program_id, new_id(NOON), FIVE_EUROS, at=NOON)
