import pytest

from loyalty.kernel.errors import SettingInvalidError
from loyalty.programs.contacts import check_contact


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("call", "954 12 34 56", "+34954123456"),
        ("whatsapp", "+34 612-345-678", "+34612345678"),
        ("email", " Hola@Horno.EXAMPLE ", "hola@horno.example"),
        ("none", "whatever", ""),
    ],
)
def test_a_contact_is_kept_in_the_form_a_link_can_use(kind: str, typed: str, kept: str) -> None:
    if kind == "email":
        typed, kept = typed.replace("EXAMPLE", "es"), kept.replace("example", "es")
    assert check_contact(kind, typed, country="ES") == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("call", "12"), ("whatsapp", "mañana"), ("email", "hola"), ("pigeon", "x"), ("call", "")],
)
def test_a_contact_that_reaches_nobody_is_refused(kind: str, typed: str) -> None:
    with pytest.raises(SettingInvalidError):
        check_contact(kind, typed, country="ES")
