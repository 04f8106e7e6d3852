"""What is typed or sent for "nothing" never stands for a person."""

import pytest

from loyalty.identity.values import Blocked, value_normalized, vendor_value, why_blocked

SESSION = "018f3b1e-7d5c-7c3a-9f1e-2b6f1a2c3d4e"


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("email", "", Blocked.EMPTY),
        ("email", "   ", Blocked.EMPTY),
        ("session", "undefined", Blocked.PLACEHOLDER),
        ("device", "[object Object]", Blocked.PLACEHOLDER),
        ("device", "null", Blocked.PLACEHOLDER),
        ("email", "NoReply@tienda.example", Blocked.PLACEHOLDER),
        ("email", "sincorreo@gmail.com", Blocked.PLACEHOLDER),
        ("email", "test@test.com", Blocked.PLACEHOLDER),
        ("email", "asdf@asdf.es", Blocked.PLACEHOLDER),
        ("email", "aaa@aaa.es", Blocked.PLACEHOLDER),
        ("phone", "+34600000000", Blocked.PLACEHOLDER),
        ("phone", "+34666666666", Blocked.PLACEHOLDER),
        ("phone", "000000000", Blocked.PLACEHOLDER),
        ("phone", "+34612345678", None),
        ("phone", "123456789", Blocked.PLACEHOLDER),
        ("phone", "987654321", Blocked.PLACEHOLDER),
        ("vendor", "square:0", Blocked.PLACEHOLDER),
        ("vendor", "square:undefined", Blocked.PLACEHOLDER),
        ("vendor", "no connector", Blocked.MALFORMED),
        ("device", "x" * 1_000_000, Blocked.TOO_LONG),
        ("email", "lucia\u202e@correo.example", Blocked.UNREADABLE),
        ("email", "lu\u200bcia@correo.example", Blocked.UNREADABLE),
        ("device", "a\x00b", Blocked.UNREADABLE),
        ("device", "\ud800", Blocked.UNREADABLE),
        ("email", "😀@correo.example", Blocked.UNREADABLE),
        ("email", "luc\u0456a@correo.example", Blocked.LOOK_ALIKE),
        ("email", "lucia@ex\u0430mple.com", Blocked.LOOK_ALIKE),
        ("email", "\uff4c\uff55\uff43\uff49\uff41@correo.example", Blocked.LOOK_ALIKE),
        ("session", "not a session", Blocked.MALFORMED),
        ("card", "00112233", Blocked.MALFORMED),
    ],
)
def test_what_stands_for_nobody_is_kept_out(kind: str, value: str, reason: Blocked | None) -> None:
    assert why_blocked(kind, value) is reason


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "lucía@correo.example"),
        ("email", "用户@例子.公司"),
        ("email", "лучия@почта.рф"),
        ("email", "الف@مثال.إختبار"),
        ("phone", "+34915550142"),
        ("phone", "+33612345670"),
        ("session", SESSION),
        ("card", "00112233445566aa"),
        ("vendor", vendor_value("square", "CUST 9 €")),
        ("social", "mastodon:ana@social.example"),
        ("device", "кофе-7"),
    ],
)
def test_other_scripts_are_people_like_us(kind: str, value: str) -> None:
    assert why_blocked(kind, value) is None


def test_letters_that_look_alike_are_never_taken_for_each_other() -> None:
    latin, cyrillic = "a@correo.example", "\u0430@correo.example"
    assert value_normalized("email", latin) != value_normalized("email", cyrillic)


def test_one_form_of_a_value_is_hashed() -> None:
    assert value_normalized("phone", "+34 612 34 56 78") == "+34612345678"
    assert value_normalized("email", " Lucia@Correo.EXAMPLE ") == "lucia@correo.example"
    assert value_normalized("device", " abc ") == "abc"
