"""`enlaza-till` as an operator types it: real processes, sentences, exit codes."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from pos_plugin.agent import Agent
from pos_plugin.cli import ALREADY_SERVED, DONE, LOOK, MENDABLE, NOT_UNDERSTOOD
from pos_plugin.home import Home
from pos_plugin.queue import Queue
from tests.browser.till.support import Shop
from tests.support.acts import sale_act
from tests.support.house import ROOT
from tests.support.waiting import until

COMMAND = (sys.executable, "-m", "pos_plugin.cli")


class Till:
    """A machine at the counter."""

    def __init__(self, folder: Path, *, language: str = "en_US.UTF-8") -> None:
        self.home = Home(folder)
        self.environ = {
            **os.environ,
            "ENLAZA_TILL_HOME": str(folder),
            "LC_ALL": language,
            "PYTHONPATH": str(ROOT),
        }

    def run(self, *words: str) -> tuple[int, str, str]:
        """Type a command; gives its exit code, what it said, and what went wrong."""
        done = subprocess.run(
            [*COMMAND, *words],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Serve on a port of its own; gives it."""
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0"],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            assert "http://127.0.0.1:" in first
            yield int(first.split("127.0.0.1:")[1].split("/")[0])
        finally:
            process.terminate()
            assert process.wait(30) == DONE
            process.stdout.close()


@pytest.fixture
def till(tmp_path: Path) -> Till:
    return Till(tmp_path / "till")


def test_a_till_is_paired_served_looked_at_and_let_go(till: Till, shop: Shop) -> None:
    code, said, _ = till.run("pair", shop.base_url, shop.offer())
    assert (code, "Caja 1" in said) == (DONE, True)
    with till.serving() as port:
        until(lambda: '"line": "up"' in till.run("status", "--json")[1])
        code, said, _ = till.run("status", "--json")
        told = json.loads(said)
        assert (code, told["port"], told["queue"]["waiting"]) == (DONE, port, 0)
        assert till.home.read_paired().key not in said
        code, _, wrong = till.run("serve", "--port", "0")
        assert code == ALREADY_SERVED
        assert str(told["pid"]) in wrong
        assert till.run("unpair")[0] == ALREADY_SERVED
        line = HTTPConnection("127.0.0.1", port, timeout=20)
        line.request("GET", "/till")
        answer = line.getresponse()
        assert (answer.status, b"<html" in answer.read()) == (200, True)
        line.close()
    assert not till.home.serving_file.exists()
    code, said, _ = till.run("status")
    assert (code, "marcha" in said) == (DONE, True)
    assert till.run("unpair")[0] == DONE
    assert not till.home.paired_file.exists()


def test_everything_in_the_folder_is_for_its_owner_only(till: Till, shop: Shop) -> None:
    till.run("pair", shop.base_url, shop.offer())
    with till.serving():
        paths = [till.home.path, *till.home.path.rglob("*")]
        modes = {
            path.relative_to(till.home.path).as_posix(): stat.S_IMODE(path.stat().st_mode)
            for path in paths
        }
    assert {"paired.json", "queue.db", "books.db", "agent.log", "queue.lock"} <= set(modes)
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_letters_and_addresses_that_are_no_good_are_told_in_a_sentence(
    till: Till, shop: Shop
) -> None:
    for words, hint in (
        (("pair", shop.base_url, "BBBBBBBB"), "letters"),
        (("pair", "http://shop.example", "BBBBBBBB"), "https://"),
        (("pair", "http://127.0.0.1:9", "BBBBBBBB"), "no line"),
        (("status",), "not paired"),
        (("serve",), "not paired"),
        (("unpair",), "not paired"),
    ):
        code, _, wrong = till.run(*words)
        assert (code, hint in wrong) == (MENDABLE, True), wrong
        assert "Traceback" not in wrong
    assert till.run("dance")[0] == NOT_UNDERSTOOD


def test_before_pairing_the_machine_chooses_the_language(tmp_path: Path) -> None:
    assert "emparejada" in Till(tmp_path / "a", language="es_ES.UTF-8").run("status")[2]
    assert "not paired" in Till(tmp_path / "b", language="C").run("status")[2]


def test_a_till_with_something_waiting_is_let_go_only_with_a_file(
    till: Till, shop: Shop, tmp_path: Path
) -> None:
    till.run("pair", shop.base_url, shop.offer())
    queue = Queue.open(till.home.queue_file)
    queue.add(sale_act("s1", total_minor=-1))
    queue.close()
    assert till.run("status")[1].count("1") >= 1
    code, _, wrong = till.run("unpair")
    assert (code, "--export" in wrong) == (MENDABLE, True)
    file = tmp_path / "kept.json"
    assert till.run("unpair", "--export", str(file))[0] == DONE
    assert [one["act_id"] for one in json.loads(file.read_text())["acts"]] == ["s1"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert till.home.queue_file.exists()


def test_status_calls_somebody_when_a_person_has_to_look(till: Till, shop: Shop) -> None:
    till.run("pair", shop.base_url, shop.offer())
    agent = Agent(till.home)
    try:
        agent.queue.add(sale_act("s1", total_minor=-1))
        agent.drainer.beat()
    finally:
        agent.stop()
    code, said, _ = till.run("status", "--json")
    assert (code, json.loads(said)["queue"]["aside"]) == (LOOK, 1)


def test_a_port_that_somebody_has_is_told_and_nothing_is_left_locked(
    till: Till, shop: Shop
) -> None:
    till.run("pair", shop.base_url, shop.offer())
    port = shop.base_url.rsplit(":", 1)[1]
    code, _, wrong = till.run("serve", "--port", port)
    assert (code, port in wrong) == (MENDABLE, True)
    assert till.run("unpair")[0] == DONE


def test_the_log_names_nobody_and_holds_no_key(till: Till, shop: Shop) -> None:
    till.run("pair", shop.base_url, shop.offer())
    secret = till.home.read_paired().key
    shopper = shop.join()
    with till.serving():
        until(lambda: '"line": "up"' in till.run("status", "--json")[1])
    log = till.home.log_file.read_text(encoding="utf-8")
    assert secret not in log
    assert shopper.code.text not in log
