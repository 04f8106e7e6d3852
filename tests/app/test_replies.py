"""What is whole leaves at once; what is still being made leaves part by part."""

from collections.abc import Iterable, Iterator

import pytest
from werkzeug.test import create_environ

from app.replies import Reply


def sent(reply: Reply, method: str = "GET") -> Iterable[bytes]:
    """Hand a reply to a server."""
    return reply(create_environ(method=method), lambda *_told: lambda _: None)


@pytest.mark.parametrize("body", ["ñ", "ñ".encode(), [b"\xc3", b"\xb1"]])
def test_a_whole_answer_is_handed_over_at_once(body: str | bytes | list[bytes]) -> None:
    ended: list[str] = []
    reply = Reply(body)
    reply.call_on_close(lambda: ended.append("ended"))
    parts = sent(reply)
    assert isinstance(parts, list)
    assert b"".join(parts).decode() == "ñ"
    assert ended == ["ended"]


def test_nothing_is_sent_to_who_asks_for_the_head_only() -> None:
    assert sent(Reply("ñ"), "HEAD") == []
    assert sent(Reply(status=204)) == []


def test_an_answer_that_is_still_being_made_is_not_waited_for() -> None:
    made: list[int] = []

    def parts() -> Iterator[bytes]:
        for number in range(3):
            made.append(number)
            yield b"part"

    leaving = iter(sent(Reply(parts())))
    assert made == []
    assert next(leaving) == b"part"
    assert made == [0]
