"""What an owner types about how the program's points work, as a policy, and back again."""

from collections.abc import Mapping
from typing import Any, Final, cast

from app.pages.admin_amounts import minor_from_text, text_from_minor
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.policy import DebtPolicy, PointsPolicy
from loyalty.points.set_policy import DEBT_POLICIES, MAY_BE_NONE

# In the order of the page; `value` is an amount of money, and what is left empty may mean never.
NUMBERS: Final = (
    "expiry_months",
    "expiry_warning_days",
    "expiry_grace_days",
    "pending_days",
    "welcome_points",
    "birthday_points",
    "referral_points",
    "referral_most",
    "card_sales_per_day",
    "card_points_per_day",
    "adjust_manager_most",
    "cashier_allowance",
    "offline_allowance",
    "hold_minutes",
    "claim_days",
    "claim_code_days",
)
VALUE: Final = "value_minor_per_1000"
_DIGITS_MAX: Final = 7


def policy_from_form(
    form: Mapping[str, str], before: PointsPolicy, *, currency: str
) -> PointsPolicy:
    """Read a policy; what the form does not speak of stays as it was.

    Errors: `SettingInvalidError` for what is no number or amount.
    """
    told: dict[str, Any] = {name: getattr(before, name) for name in PointsPolicy.__slots__}
    for name in NUMBERS:
        told[name] = _whole(form.get(name, ""), name)
    value = minor_from_text(form.get(VALUE, ""), currency)
    if value is None:
        raise SettingInvalidError(field=VALUE)
    debt = form.get("debt_policy", "")
    if debt not in DEBT_POLICIES:
        raise SettingInvalidError(field="debt_policy")
    told |= {
        VALUE: value,
        "debt_policy": cast("DebtPolicy", debt),
        "carry_over": form.get("carry_over") == "1",
    }
    return PointsPolicy(**told)


def form_of_policy(policy: PointsPolicy, currency: str) -> dict[str, str]:
    """Write a policy as the form that keeps it."""
    texts = {
        name: "" if getattr(policy, name) is None else str(getattr(policy, name))
        for name in NUMBERS
    }
    texts[VALUE] = text_from_minor(policy.value_minor_per_1000, currency)
    texts["debt_policy"] = policy.debt_policy
    if policy.carry_over:
        texts["carry_over"] = "1"
    return texts


def _whole(text: str, name: str) -> int | None:
    text = text.strip()
    if not text and name in MAY_BE_NONE:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS_MAX:
        raise SettingInvalidError(field=name)
    return int(text)
