"""The guard in front of spending: one live code, one act, however many ask at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import select

from loyalty.codes.live import renew_live_batch
from loyalty.codes.models import CodeUse
from loyalty.codes.use import use_live_code
from loyalty.db.session import Database
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.codes import CodeOutcome
from tests.loyalty.codes.conftest import Shop
from tests.support.clock import ManualClock
from tests.support.sizes import SIZE


def test_a_live_code_serves_one_act_and_that_act_again(
    database: Database, shop: Shop, clock: ManualClock
) -> None:
    expires_at = clock.now()

    def take(act_id: str) -> CodeOutcome:
        with database.unit_of_work(shop.program_id) as session:
            return use_live_code(
                session, shop.program_id, shop.card_id, expires_at, act_id=act_id, at=clock.now()
            )

    assert [take("hold:1"), take("hold:1"), take("hold:2"), take("hold:1")] == [
        CodeOutcome.OK,
        CodeOutcome.OK,
        CodeOutcome.ALREADY_USED,
        CodeOutcome.OK,
    ]


def test_the_next_code_of_a_card_is_another_one(
    database: Database, shop: Shop, clock: ManualClock
) -> None:
    with database.unit_of_work(shop.program_id) as session:
        taken = [
            use_live_code(
                session,
                shop.program_id,
                shop.card_id,
                clock.advance(s=60),
                act_id=f"hold:{n}",
                at=clock.now(),
            )
            for n in range(3)
        ]
    assert taken == [CodeOutcome.OK] * 3


def test_an_act_that_is_undone_gives_its_code_back(
    database: Database, shop: Shop, clock: ManualClock
) -> None:
    class UndoneError(Exception):
        pass

    def take(act_id: str) -> CodeOutcome:
        with database.unit_of_work(shop.program_id) as session:
            taken = use_live_code(
                session, shop.program_id, shop.card_id, clock.now(), act_id=act_id, at=clock.now()
            )
            if act_id == "hold:undone":
                raise UndoneError
            return taken

    with pytest.raises(UndoneError):
        take("hold:undone")
    assert take("hold:2") is CodeOutcome.OK


@pytest.mark.race
def test_of_fifty_clients_that_take_one_live_code_exactly_one_wins(
    database: Database, shop: Shop, clock: ManualClock
) -> None:
    for number in range(SIZE.rounds):
        expires_at = clock.advance(s=60)
        start = Barrier(SIZE.clients)

        def take(
            act_id: str, expires_at: datetime = expires_at, start: Barrier = start
        ) -> CodeOutcome:
            start.wait()
            with database.unit_of_work(shop.program_id) as session:
                return use_live_code(
                    session, shop.program_id, shop.card_id, expires_at, act_id=act_id, at=expires_at
                )

        acts = [f"hold:{number}:{client}" for client in range(SIZE.clients)]
        with ThreadPoolExecutor(SIZE.clients) as clients:
            answers = list(clients.map(take, acts))
        winners = [act for act, answer in zip(acts, answers, strict=True) if answer == "ok"]
        assert answers.count(CodeOutcome.ALREADY_USED) == SIZE.clients - 1
        with database.reading(shop.program_id) as session:
            kept = session.scalars(select(CodeUse.act_id).where(CodeUse.expires_at == expires_at))
            assert winners == kept.all()
        assert len(winners) == 1


@pytest.mark.race
def test_tabs_of_one_phone_that_renew_at_once_get_one_batch(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    at = clock.now()
    start = Barrier(8)

    def renew(tab: int) -> tuple[str, ...]:
        start.wait()
        with database.unit_of_work(shop.program_id) as session:
            batch = renew_live_batch(
                session,
                shop.program_id,
                shop.card_id,
                at=at.replace(microsecond=tab),
                keys=keys,
            )
        return tuple(code.letters for code in batch.codes)

    with ThreadPoolExecutor(8) as tabs:
        batches = set(tabs.map(renew, range(8)))
    assert len(batches) == 1
