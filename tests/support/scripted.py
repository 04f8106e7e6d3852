"""A small service of a test's own that speaks `/sync` over real HTTP, as the test tells it to."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.pretenders import heard, http, pretender

Json = dict[str, Any]
# What to answer to the body of one `/sync`: a message, or a status and a problem.
Script = Callable[[Json], Json | tuple[int, Json]]
NOW = "2026-11-21T10:00:00Z"


def created(seq: int, **more: object) -> Json:
    """One result that is good."""
    return {
        "seq": seq,
        "result": "created",
        "clash": False,
        "answer": {"seq": seq},
        "problem": None,
        **more,
    }


def refused(seq: int, result: str, code: str = "currency_mismatch") -> Json:
    """One result that is not."""
    problem = {"code": code, "title": code, "detail": code}
    return created(seq, result=result, answer=None, problem=problem)


def told(results: list[Json], **more: object) -> Json:
    """Write an answer; what is not said of the numbers seen so far, the service adds."""
    return {"server_time": NOW, "results": results, "trust_sequence": 0, **more}


def _progress(seen: set[int], answer: Json) -> Json:
    """Say how far the queue was seen, as the real service counts it."""
    seen |= {
        one["seq"]
        for one in answer["results"]
        if isinstance(one, dict)
        and one.get("result") in {"created", "rejected", "conflict"}
        and isinstance(one["seq"], int)
    }
    top = max(seen, default=0)
    holes = [[seq, seq] for seq in range(1, top) if seq not in seen]
    seen_to = holes[0][0] - 1 if holes else top
    return {"seen_to": seen_to, "top_seq": top, "missing": holes[:10], **answer}


@contextmanager
def scripted_service(script: Script) -> Iterator[tuple[int, list[Json]]]:
    """Serve; gives the port and the bodies of every `/sync` so far."""
    bodies: list[Json] = []
    seen: set[int] = set()

    def talk(line: socket.socket) -> None:
        while request := heard(line):
            head, _, body = request.partition(b"\r\n\r\n")
            status, answer = 404, {"code": "not_found", "detail": "", "retryable": False}
            if head.startswith(b"POST /api/v1/sync "):
                bodies.append(json.loads(body))
                said = script(bodies[-1])
                status, answer = said if isinstance(said, tuple) else (200, _progress(seen, said))
            kind = "application/json" if status < 400 else "application/problem+json"
            line.sendall(http(json.dumps(answer).encode(), status=f"{status} Told", kind=kind))

    with pretender(talk) as port:
        yield port, bodies
