"""Every connector has recordings, and reads each as its file of expectations says."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from loyalty.connectors import activitypub, webmention
from loyalty.connectors.base import (
    Action,
    Answer,
    Change,
    EngagementFact,
    Place,
    connector_names,
    connector_of,
)
from loyalty.connectors.mastodon import Mastodon, actor_of

RECORDINGS = Path(__file__).parent / "recordings"
SHARED = Path(__file__).parents[4] / "shared" / "payloads"


def expectations(network: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((RECORDINGS / network / "expected.json").read_text("utf-8"))
    return told


def cases() -> list[tuple[str, str]]:
    return [
        (network, path.name)
        for network in connector_names()
        for path in sorted((RECORDINGS / network).glob("*"))
        if path.name != "expected.json"
    ]


def place_of(told: Mapping[str, Any]) -> Place:
    return Place(
        told["place"]["base_url"],
        told["place"].get("account_id", ""),
        frozenset(told["place"].get("hosts", [])),
    )


def raw_of(network: str, told: Mapping[str, Any], content: bytes) -> bytes:
    """Give what the inbox would hold: for a webmention the form, taken, and the page fetched."""
    if network != webmention.NETWORK:
        return content
    form = urlencode({"source": told["source"], "target": told["target"]}).encode()
    taken = connector_of(network).verify(webmention.FORM, form, place_of(told))
    page = Answer(200, {"content-type": "text/html; charset=utf-8"}, content, told["source"])
    return webmention.with_page(taken.raw, page)


def written(fact: EngagementFact) -> dict[str, object]:
    return {
        "external_id": fact.external_id,
        "change": fact.change.value,
        "action": fact.action.value if fact.action else None,
        "target": fact.target,
        "actor": fact.actor.actor_id if fact.actor else None,
        "name": fact.actor.name if fact.actor else "",
        "at": fact.at.isoformat() if fact.at else None,
        "text": fact.text,
        "url": fact.url,
    }


def test_every_connector_has_recordings_and_speaks_the_protocol() -> None:
    assert connector_names() == ("activitypub", "mastodon", "webmention")
    for network in connector_names():
        connector = connector_of(network)
        assert connector.network == network
        assert callable(connector.verify)
        assert callable(connector.parse)
        names = {path.name for path in (RECORDINGS / network).glob("*")} - {"expected.json"}
        assert names
        assert names <= set(expectations(network)), "a recording nobody expects anything of"


@pytest.mark.parametrize(("network", "name"), cases())
def test_a_recording_is_read_as_expected(network: str, name: str) -> None:
    told = expectations(network)
    raw = raw_of(network, told, (RECORDINGS / network / name).read_bytes())
    facts = [written(fact) for fact in connector_of(network).parse(raw, place_of(told))]
    assert len(facts) == len(told[name])
    for fact, expected in zip(facts, told[name], strict=True):
        assert expected.items() <= fact.items(), fact


def test_a_network_without_a_file_is_not_known() -> None:
    for name in ("base", "errors", "nowhere", "../mastodon"):
        with pytest.raises(KeyError):
            connector_of(name)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared payloads are not beside the repository")
def test_shared_payloads_give_their_expected_outcome() -> None:
    raw = (SHARED / "activitypub" / "mastodon_notification_favourite.json").read_bytes()
    (fact,) = Mastodon().parse(raw, Place("https://calle.example", "14715"))
    told = json.loads(raw)
    assert fact.external_id == f"like:{told['account']['acct']}:{told['status']['id']}"
    assert actor_of({"acct": "eva"}, "https://calle.example").actor_id == "eva@calle.example"
    form = (SHARED / "webmention" / "request.form").read_bytes()
    place = Place("https://shop.example", hosts=frozenset({"shop.example"}))
    mention = webmention.mention_of(
        connector_of("webmention").verify(webmention.FORM, form, place).raw
    )
    assert mention.target == "https://shop.example/products/42"
    shop = Place("https://shop.example", hosts=frozenset({"shop.example"}))
    folder, reader = SHARED / "activitypub", connector_of("activitypub")
    (liked,) = reader.parse((folder / "like.json").read_bytes(), shop)
    (undone,) = reader.parse((folder / "undo_like.json").read_bytes(), shop)
    assert (liked.change, undone.change) == (Change.THERE, Change.GONE)
    assert (liked.external_id, liked.actor) == (undone.external_id, undone.actor)
    signed = json.loads((folder / "signed_requests.json").read_text("utf-8"))
    for case in signed["cases"]:
        request = activitypub.Signed(
            case["method"], case["url"], case["headers"], case["body"].encode()
        )
        at = datetime.fromisoformat(signed["now"])
        assert case["valid"]
        taken = activitypub.verify_signed(request, signed["actor_document"], at=at)
        assert reader.parse(taken.raw, shop) == (liked,)
    index = json.loads((SHARED / "index.json").read_text("utf-8"))
    (row,) = [each for each in index["files"] if each["path"] == "webmention/like_of.html"]
    page = Answer(200, {"content-type": "text/html"}, (SHARED / row["path"]).read_bytes())
    about = webmention.Mention("http://example.com/alice/like", row["expect"]["target"])
    liked = webmention.read_source(page, about)
    assert (liked.change, liked.action) == (Change.THERE, Action.LIKE)
    assert liked.actor is not None
    assert liked.actor.url == row["expect"]["author_url"]
    (row,) = [each for each in index["files"] if each["path"].endswith("ldsig.json")]
    (old,) = reader.parse((SHARED / row["path"]).read_bytes(), Place("", hosts=frozenset()))
    assert old.actor is not None
    assert {"actor": old.actor.actor_id, "object": old.target} == row["expect"]
