"""What the agent answers on this machine."""

import json
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import WSGIApplication

from pos_plugin.agent import Agent


def make_app(agent: Agent) -> WSGIApplication:
    """Answer how the agent stands, and nothing else."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        known = environ["PATH_INFO"] == "/api/v1/till/agent"
        told = agent.state().to_json() if known else {"code": "not_found"}
        start(
            "200 OK" if known else "404 Not Found",
            [("Content-Type", "application/json"), ("Cache-Control", "no-store")],
        )
        return [json.dumps(told).encode()]

    return answer
