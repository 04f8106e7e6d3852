"""How a till stands, told from outside: by the agent that serves, else by its files."""

import json
from contextlib import closing
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

from pos_plugin.acts import Counts, Json
from pos_plugin.agent import AgentState, agent_version
from pos_plugin.home import Home
from pos_plugin.queue import Queue
from pos_plugin.sentences import Language, sentence

ASK_TIMEOUT_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an agent serves, where, and what it or its files say."""

    port: int | None
    pid: int | None
    state: Json

    def needs_somebody(self) -> bool:
        """Say whether a person has to look: something set aside, damaged, or the till revoked."""
        queue = self.state["queue"]
        return bool(queue["aside"] or self.state["damaged"] or self.state["line"] == "refused")


def standing_of(home: Home) -> Standing:
    """Ask the agent that serves this home, or read the queue without touching it.

    Errors: `QueueError` when the file cannot be read.
    """
    serving = _read_json(home.serving_file)
    port, pid = serving.get("port"), serving.get("pid")
    if isinstance(port, int):
        state = _ask_agent(port)
        if state is not None:
            return Standing(port, pid, state)
    return Standing(None, None, _read_state(home))


def exported(home: Home) -> Json:
    """Read all that the server has not accepted, beside an agent that may be serving.

    Errors: `QueueError` when there is no queue or it cannot be read.
    """
    with closing(Queue.look(home.queue_file)) as queue:
        return queue.export()


def tell_standing(standing: Standing, language: Language) -> list[str]:
    """Write it in sentences."""
    state, queue = standing.state, standing.state["queue"]
    lines = []
    if standing.port is None:
        lines.append(sentence("status_off", language))
    else:
        lines.append(sentence("serving", language, port=standing.port))
        lines.append(sentence(f"line_{state['line']}", language, reason=state["reason"] or "-"))
    lines.append(sentence("status_queue", language, waiting=queue["waiting"], aside=queue["aside"]))
    if queue["oldest_made_at"]:
        lines.append(sentence("status_oldest", language, at=queue["oldest_made_at"]))
    if state["damaged"]:
        lines.append(sentence("status_damaged", language, **state["damaged"]))
    return lines


def _read_state(home: Home) -> Json:
    counts, damage = Counts(0, None, 0), None
    if home.queue_file.exists():
        with closing(Queue.look(home.queue_file)) as queue:
            counts, damage = queue.counts(), queue.damage()
    return AgentState(
        line="down",
        since=None,
        reason=None,
        waiting=counts.waiting,
        oldest_made_at=counts.oldest_made_at,
        aside=counts.aside,
        trust_at=None,
        copy_at=None,
        damaged=None if damage is None else asdict(damage),
        version=agent_version(),
    ).to_json()


def _ask_agent(port: int) -> Json | None:
    line = HTTPConnection("127.0.0.1", port, timeout=ASK_TIMEOUT_S)
    try:
        line.request("GET", "/api/v1/till/agent", headers={"X-Enlaza": "1"})
        answer = line.getresponse()
        told = json.loads(answer.read())
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        line.close()
    return told if isinstance(told, dict) and "queue" in told else None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
