"""What the till knows by itself: enough for the day, nobody's card id, and nothing that matters."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty.wire.messages import moment_text
from loyalty.wire.trust import (
    TRUST_PURPOSE,
    SignedTrust,
    TrustList,
    UntrustedListError,
    seal_trust,
)
from pos_plugin.client import Paired
from pos_plugin.clock import TillClock
from pos_plugin.known import KnownBooks

ROOT_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
EVENING = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)  # 23:30 in Madrid
PAIRED = Paired(
    "https://shop.example",
    7,
    "t",
    "device key",
    ROOT_KEY.public_key().public_bytes_raw(),
    store={"time_zone": "Europe/Madrid"},
)


class Machine:
    def __init__(self) -> None:
        self.steady = 100.0
        self.clock = TillClock(steady=lambda: self.steady, boot=lambda: "")
        self.clock.hear(moment_text(EVENING), asked_steady=self.steady)

    def wait(self, hours: float) -> None:
        self.steady += 3600 * hours


def signed(
    sequence: int, *, at: datetime = EVENING, key: Ed25519PrivateKey = ROOT_KEY
) -> SignedTrust:
    payload = TrustList(7, sequence, at, (), {"c1": None}).payload()
    return seal_trust(payload, key.sign(TRUST_PURPOSE + payload))


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def books(tmp_path: Path, machine: Machine) -> Iterator[KnownBooks]:
    with closing(KnownBooks(tmp_path / "books.db", PAIRED, clock=machine.clock)) as opened:
        yield opened


def test_a_card_is_known_for_the_stores_day_and_not_longer(
    books: KnownBooks, machine: Machine
) -> None:
    books.remember("card-1", display_name="Lucía F.", points=120)
    known = books.card("card-1")
    assert known is not None
    assert (known.display_name, known.points) == ("Lucía F.", 120)
    assert books.card("card-2") is None
    machine.wait(0.4)
    assert books.card("card-1") is not None
    machine.wait(0.2)
    assert books.card("card-1") is None


def test_what_was_forgotten_is_not_in_the_file_and_a_card_id_never_was(
    books: KnownBooks, machine: Machine, tmp_path: Path
) -> None:
    books.remember("0123456789abcdef", display_name="Lucía F.", points=120)
    machine.wait(2)
    books.forget_yesterday()
    books.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"0123456789abcdef" not in content
    assert "Lucía".encode() not in content


def test_another_device_key_finds_nobody(
    books: KnownBooks, machine: Machine, tmp_path: Path
) -> None:
    books.remember("card-1", display_name="Lucía F.", points=1)
    books.close()
    stolen = replace(PAIRED, key="another")
    with closing(KnownBooks(tmp_path / "books.db", stolen, clock=machine.clock)) as other:
        assert other.card("card-1") is None


def test_a_trust_list_is_kept_over_a_restart(
    books: KnownBooks, machine: Machine, tmp_path: Path
) -> None:
    assert books.keep_trust(signed(5))
    books.close()
    with closing(KnownBooks(tmp_path / "books.db", PAIRED, clock=machine.clock)) as again:
        trust = again.trust()
        assert trust is not None
        assert trust.sequence == 5
        assert again.trust_at() == EVENING


def test_an_older_list_is_left_aside_unless_the_server_stated_it_later(books: KnownBooks) -> None:
    books.keep_trust(signed(5))
    assert not books.keep_trust(signed(4))
    assert not books.keep_trust(signed(4, at=EVENING - timedelta(hours=1)))
    assert books.keep_trust(signed(5))
    restored = signed(3, at=EVENING + timedelta(hours=1))
    assert books.keep_trust(restored)


def test_a_list_of_another_root_is_refused_and_the_held_one_stays(books: KnownBooks) -> None:
    books.keep_trust(signed(5))
    with pytest.raises(UntrustedListError):
        books.keep_trust(signed(9, key=Ed25519PrivateKey.from_private_bytes(bytes(32))))
    trust = books.trust()
    assert trust is not None
    assert trust.sequence == 5


def test_the_servers_last_word_is_kept_with_its_time(books: KnownBooks) -> None:
    assert books.last("session") is None
    books.keep("session", {"till": {"name": "Caja 1"}})
    assert books.last("session") == ({"till": {"name": "Caja 1"}}, EVENING)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 300, bytes(8192)])
def test_notes_that_are_damaged_are_begun_anew(
    tmp_path: Path, machine: Machine, content: bytes
) -> None:
    (tmp_path / "books.db").write_bytes(content)
    with closing(KnownBooks(tmp_path / "books.db", PAIRED, clock=machine.clock)) as books:
        books.keep("session", {})
        assert books.last("session") is not None


def test_notes_that_cannot_be_kept_cost_nothing_but_themselves(
    tmp_path: Path, machine: Machine
) -> None:
    with closing(KnownBooks(tmp_path / "no" / "books.db", PAIRED, clock=machine.clock)) as books:
        books.remember("card-1", display_name=None, points=None)
        assert books.card("card-1") is None
        assert books.keep_trust(signed(1))
        assert books.trust() is not None
