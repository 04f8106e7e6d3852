"""In which order tests run, so that no process is left with the longest one at the end.

pytest-xdist cuts the list into one piece for each process, and whoever is done takes from the end
of another's piece. So the dear ones are dealt out to the beginnings of the pieces.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

Item = TypeVar("Item")

# Each test of these is long and needs no other: searches through the states of a whole shop.
MACHINES: Final = (
    "tests/journeys/test_order_machine.py",
    "tests/loyalty/points/test_points_machine.py",
    "tests/loyalty/identity/test_who_machine.py",
    "tests/loyalty/points/seals/test_every_bit.py",
    "tests/loyalty/points/test_ledger_machine.py",
    "tests/journeys/test_counter_machine.py",
    "tests/faults/test_restore_drill.py",
    "tests/app/replay/test_whole_store.py",
    "tests/app/test_sync_repeats.py",
    "tests/faults/test_power_loss_of_a_migration.py",
)
# These share a service or a browser, so each stays together. Longest first.
FILES: Final = (
    "tests/faults/test_bad_line.py",
    "tests/browser/till/test_agent_sale.py",
    "tests/browser/shop/test_shop_pages.py",
    "tests/faults/test_kill_agent.py",
    "tests/browser/till/test_till_access.py",
    "tests/browser/till/test_agent_access.py",
    "tests/browser/owner/test_owner_access.py",
    "tests/browser/owner/test_owner_story.py",
    "tests/browser/owner/test_whole_way.py",
    "tests/browser/owner/test_owner_board.py",
    "tests/faults/test_trouble_at_the_counter.py",
    "tests/browser/till/test_till_offline.py",
    "tests/browser/till/test_till_wedge.py",
    "tests/app/cli/test_commands.py",
    "tests/app/cli/test_replay.py",
    "tests/pos_plugin/test_cli.py",
    "tests/pos_plugin/test_gateway.py",
    "tests/app/test_restore.py",
    "tests/journeys/test_races.py",
    "tests/browser/shop/test_card_live.py",
    "tests/browser/shop/test_order_pages.py",
    "tests/browser/shop/test_shop_save.py",
    "tests/app/test_bad_input.py",
    "tests/browser/till/test_till_sale.py",
    "tests/browser/till/test_agent_doors.py",
    "tests/browser/till/test_till_layouts.py",
    "tests/browser/till/test_till_camera.py",
    "tests/browser/till/test_till_undo.py",
    "tests/app/test_make_backup.py",
    "tests/app/test_openapi.py",
    "tests/faults/test_kill_server.py",
    "tests/faults/test_power_loss.py",
)


def in_turns(named: Iterable[tuple[str, Item]], hands: int) -> list[Item]:
    """Order tests, given as (node id, test), for so many processes; all are there, each once."""
    lots: dict[str, list[Item]] = {name: [] for name in FILES}
    alone: dict[str, list[Item]] = {name: [] for name in MACHINES}
    others: list[Item] = []
    total = 0
    for node_id, item in named:
        file = node_id.partition("::")[0]
        lots.get(file, alone.get(file, others)).append(item)
        total += 1
    dear = [[item] for items in alone.values() for item in items]
    dear += [items for items in lots.values() if items]
    return _dealt(dear, others, [total // hands + (hand < total % hands) for hand in range(hands)])


def _dealt(dear: Sequence[list[Item]], others: list[Item], sizes: Sequence[int]) -> list[Item]:
    """Deal the dear ones in turn, to and fro, and fill every hand with the others."""
    hands = len(sizes)
    dealt: list[list[Item]] = [[] for _ in range(hands)]
    for number, lot in enumerate(dear):
        lap, place = divmod(number, hands)
        dealt[place if lap % 2 == 0 else hands - 1 - place] += lot
    ordered: list[Item] = []
    begin = 0
    for hand, size in zip(dealt, sizes, strict=True):
        end = begin + max(0, size - len(hand))
        ordered += [*hand, *others[begin:end]]
        begin = end
    return ordered + others[begin:]
