"""A keyed hash finds a value again and tells nobody what it is."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from loyalty.kernel.keys import ServerKeys, derived_key, keyed_hash, secret_hash

KEY = b"k" * 32


def test_each_purpose_and_program_has_its_own_key(keys: ServerKeys) -> None:
    made = {
        derived_key(keys, purpose, program)
        for purpose in ("email", "pin")
        for program in (1, 2, 11)
    }
    assert len(made) == 6
    assert all(len(key) == 32 for key in made)
    other = replace(keys, master=b"m" * 32)
    assert derived_key(other, "email", 1) not in made


@given(st.text(), st.text(), st.text())
def test_parts_cannot_run_into_each_other(a: str, b: str, c: str) -> None:
    assert (keyed_hash(KEY, a + b, c) == keyed_hash(KEY, a, b + c)) == (b == "")
    assert keyed_hash(KEY, a, b) != keyed_hash(KEY, a, b, "")


def test_the_same_value_is_found_again_only_with_the_key() -> None:
    assert keyed_hash(KEY, "ana@example.org") == keyed_hash(KEY, "ana@example.org")
    assert keyed_hash(KEY, "ana@example.org") != keyed_hash(b"x" * 32, "ana@example.org")


def test_a_secret_is_kept_as_its_hash() -> None:
    assert secret_hash("secret") != secret_hash("Secret")
    assert len(secret_hash("secret")) == 64


def test_keys_do_not_show_themselves(keys: ServerKeys) -> None:
    assert repr(keys) == "ServerKeys()"
