"""`enlaza-till`: pairs this machine with a store and serves its till.

Exit codes: 0 done, 1 something a person can mend, 2 another agent has this home, 3 (`status`)
a person has to look, 64 the command was not understood.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from pos_plugin.acts import Json
from pos_plugin.agent import Agent, QueueNotEmptyError, agent_version
from pos_plugin.client import (
    InsecureAddressError,
    NoAnswerError,
    RefusedError,
    pair,
)
from pos_plugin.home import Home, HomeError, NotPairedError, write_json
from pos_plugin.journal import start_journal
from pos_plugin.lock import AlreadyServedError, HomeLock
from pos_plugin.queue_file import QueueError
from pos_plugin.sentences import Language, language_of, sentence
from pos_plugin.serving import PortTakenError, serve
from pos_plugin.standing import exported, standing_of, tell_standing

DONE: Final = 0
MENDABLE: Final = 1
ALREADY_SERVED: Final = 2
LOOK: Final = 3
NOT_UNDERSTOOD: Final = 64
PORT: Final = 8765


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(NOT_UNDERSTOOD, f"{self.prog}: {message}\n")


class _Told(Exception):  # noqa: N818 - how a command ends, with its sentence
    def __init__(self, code: int, name: str, **facts: object) -> None:
        super().__init__(name)
        self.code, self.name, self.facts = code, name, facts


def make_parser() -> argparse.ArgumentParser:
    """Describe the commands."""
    parser = _Parser(prog="enlaza-till", description="The till at the counter.")
    parser.add_argument("--version", action="version", version=agent_version())
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    one = commands.add_parser("pair", help="pair this machine with the eight letters of the owner")
    one.add_argument("url", metavar="URL")
    one.add_argument("letters", metavar="LETTERS")
    one.add_argument("--ca", type=Path, metavar="FILE", help="believe this certificate too (PEM)")
    one.set_defaults(run=_pair)

    one = commands.add_parser("serve", help="serve the till's page on this machine")
    one.add_argument("--port", type=int, default=PORT, help="default: %(default)s; 0: any free one")
    one.set_defaults(run=_serve)

    one = commands.add_parser("status", help="say how the till stands; exit code 3: have a look")
    one.add_argument("--json", action="store_true", help="for programs")
    one.set_defaults(run=_status)

    one = commands.add_parser("export", help="write what the server has not accepted into a file")
    one.add_argument("file", metavar="FILE", type=Path)
    one.set_defaults(run=_export)

    one = commands.add_parser("unpair", help="let the till go; refused while something waits")
    one.add_argument("--export", type=Path, metavar="FILE", help="keep what waits in a file first")
    one.set_defaults(run=_unpair)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; what can be mended is told in a sentence."""
    os.umask(0o077)
    options = make_parser().parse_args(arguments)
    home = Home.from_environment()
    language = _language(home)
    run: Callable[[argparse.Namespace, Home, Language], int] = options.run
    try:
        code = run(options, home, language)
    except _Told as told:
        print(f"enlaza-till: {sentence(told.name, language, **told.facts)}", file=sys.stderr)
        code = told.code
    sys.exit(code)


def _pair(options: argparse.Namespace, home: Home, language: Language) -> int:
    with _mendable(home):
        home.make()
        with HomeLock(home.lock_file):
            _need_unpaired(home)
            with _service_told(options.url):
                paired = pair(options.url, options.letters, ca_file=options.ca)
            home.write_paired(paired)
        has_page = _first_fetch(home)
    store = str(paired.store.get("name", ""))
    language = language_of(str(paired.store.get("language", "")))
    print(sentence("paired", language, till=paired.till_name, store=store))
    if not has_page:
        print(sentence("paired_without_page", language))
    return DONE


def _first_fetch(home: Home) -> bool:
    """Fetch session, trust list and page, so that the till could open without a line at once."""
    agent = Agent(home)
    try:
        agent.drainer.beat()
        return agent.refresh_shell()
    finally:
        agent.stop()


def _need_unpaired(home: Home) -> None:
    try:
        known = home.read_paired()
    except NotPairedError:
        return
    raise _Told(MENDABLE, "already_paired", till=known.till_name)


def _serve(options: argparse.Namespace, home: Home, language: Language) -> int:
    def tell(port: int) -> None:
        print(sentence("serving", language, port=port), flush=True)

    with _mendable(home):
        home.read_paired()
        start_journal(home.log_file)
        agent = Agent(home)
        try:
            serve(agent, port=options.port, tell=tell)
        except PortTakenError as error:
            raise _Told(MENDABLE, "port_taken", port=options.port) from error
        finally:
            agent.stop()
    return DONE


def _status(options: argparse.Namespace, home: Home, language: Language) -> int:
    with _mendable(home):
        paired = home.read_paired()
        standing = standing_of(home)
    if options.json:
        facts = {"port": standing.port, "pid": standing.pid, "till_name": paired.till_name}
        print(json.dumps({**facts, "url": paired.base_url, **standing.state}, ensure_ascii=False))
    else:
        store = str(paired.store.get("name", ""))
        facts = {"till": paired.till_name, "store": store, "url": paired.base_url}
        print(sentence("status_till", language, **facts))
        print(*tell_standing(standing, language), sep="\n")
    return LOOK if standing.needs_somebody() else DONE


def _export(options: argparse.Namespace, home: Home, language: Language) -> int:
    with _mendable(home):
        told = exported(home)
    return _write_export(options.file, told, language)


def _write_export(file: Path, told: Json, language: Language) -> int:
    try:
        write_json(file, told)
    except OSError as error:
        raise _Told(MENDABLE, "cannot_export", file=file, detail=error) from error
    print(sentence("exported", language, count=len(told["acts"]), file=file))
    return DONE


def _unpair(options: argparse.Namespace, home: Home, language: Language) -> int:
    with _mendable(home, running="serving_now"):
        agent = Agent(home)
        try:
            if options.export is not None:
                _write_export(options.export, agent.export(), language)
            told = agent.unpair()
        except QueueNotEmptyError as error:
            raise _Told(MENDABLE, "not_empty", count=error.unsent) from error
        finally:
            agent.stop()
    print(sentence("unpaired" if told else "unpaired_here", language))
    return DONE


@contextmanager
def _mendable(home: Home, *, running: str = "already_served") -> Iterator[None]:
    """Turn what stops a till into its sentence."""
    try:
        yield
    except NotPairedError as error:
        raise _Told(MENDABLE, "not_paired") from error
    except AlreadyServedError as error:
        raise _Told(ALREADY_SERVED, running, home=home.path, pid=error.pid or "?") from error
    except QueueError as error:
        raise _Told(MENDABLE, "disk_full", home=home.path, detail=error) from error
    except (HomeError, OSError) as error:
        raise _Told(MENDABLE, "home_broken", home=home.path, detail=error) from error


@contextmanager
def _service_told(url: str) -> Iterator[None]:
    """Turn what a service, or nobody, said to pairing into its sentence."""
    try:
        yield
    except InsecureAddressError as error:
        raise _Told(MENDABLE, "insecure") from error
    except NoAnswerError as silence:
        raise _Told(MENDABLE, silence.reason, url=url, detail=silence.detail) from silence
    except RefusedError as refusal:
        if refusal.code == "pairing_code_wrong":
            raise _Told(MENDABLE, "letters_wrong") from refusal
        raise _Told(MENDABLE, "refused", detail=refusal.problem.get("detail", "")) from refusal


def _language(home: Home) -> Language:
    try:
        return language_of(str(home.read_paired().store.get("language", "")))
    except HomeError:
        return language_of(None)


if __name__ == "__main__":
    main()
