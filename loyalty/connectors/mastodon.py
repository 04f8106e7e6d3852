"""Mastodon, and every server that speaks its API: the shop's account is asked, never told.

Source: docs.joinmastodon.org, methods notifications, statuses, accounts, apps, oauth.
Favourites come as notifications; that one is gone is seen by asking who favours the post now.
"""

import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from loyalty.connectors.base import (
    WAIT_S_MAX,
    Action,
    Actor,
    Answer,
    Change,
    Delivery,
    EngagementFact,
    Place,
    Polled,
    Request,
    address_at,
    ascii_host,
    bearer,
    id_of,
    id_order,
    json_of,
    list_of,
    moment_of,
    object_of,
    own_post,
    plain_text,
    retry_after_s,
    web_address,
)
from loyalty.connectors.errors import MentionInvalidError, NetworkTroubleError

NETWORK: Final = "mastodon"
BELOW_MAX: Final = 40  # fewer than any server is known to cut at
PAGE_SIZE: Final = 80  # the most a server gives at once
_NAME: Final = re.compile(r"[a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_])?")
_ACTIONS: Final = {"favourite": Action.LIKE, "reblog": Action.REPOST, "mention": Action.MENTION}
_OK: Final = 200
_REVOKED: Final = frozenset({401, 403})
_GONE: Final = frozenset({404, 410})
_BUSY: Final = 429
_BROKEN_FROM: Final = 500


class Mastodon:
    """The connector: reads notifications that a poll brought."""

    network = NETWORK

    def verify(self, content_type: str, body: bytes, place: Place) -> Delivery:
        """Refuse: Mastodon's API is asked and hands nothing in."""
        raise MentionInvalidError(reason="not_taken")

    def parse(self, raw: bytes, place: Place) -> tuple[EngagementFact, ...]:
        """Read one notification; kinds that are nobody's engagement give no fact."""
        told = object_of(json_of(raw))
        action = _ACTIONS.get(str(told.get("type")))
        if action is None:
            return ()
        status = object_of(told.get("status"))
        actor = actor_of(told.get("account"), place.base_url)
        number = id_of(status.get("id"))
        at = moment_of(told.get("created_at"))
        if action in {Action.LIKE, Action.REPOST}:
            external_id = f"{action}:{actor.actor_id}:{number}"
            post = own_post(status.get("content"), status.get("url"))
            fact = EngagementFact(external_id, Change.THERE, action, number, actor, at, post=post)
            return (fact,)
        return (_said(status, actor, place, at=at),)


CONNECTOR: Final = Mastodon()


def account_name(acct: object, host: str) -> str:
    """Bring an account to the one form that is compared: `ana@social.example`.

    Takes `ana` (then of `host`), `@Ana@Social.Example`, `acct:…`, and addresses such as
    `https://social.example/@ana` or `https://social.example/users/ana`. "" for anything else.
    """
    text = acct.strip() if isinstance(acct, str) else ""
    if text.startswith(("https://", "http://")):
        parts = urlsplit(web_address(text))
        steps = [step for step in parts.path.split("/") if step]
        name = steps[-1] if steps and (len(steps) == 1 or steps[0] == "users") else ""
        is_account = name.startswith("@") or len(steps) == 2  # noqa: PLR2004
        where = parts.hostname or ""
        text = f"{name.removeprefix('@')}@{where}" if is_account else ""
    name, _, domain = text.removeprefix("acct:").removeprefix("@").lower().partition("@")
    domain = ascii_host(domain or host)
    return f"{name}@{domain}" if domain and _NAME.fullmatch(name) else ""


def actor_of(account: object, base_url: str) -> Actor:
    """Read an account; without a host in it, it is of the server that was asked."""
    told = object_of(account)
    actor_id = account_name(told.get("acct"), urlsplit(base_url).hostname or "")
    if not actor_id:
        raise NetworkTroubleError(reason="not_understood")
    name = plain_text(str(told.get("display_name") or told.get("username") or ""))[:80]
    return Actor(actor_id, name, web_address(told.get("url")))


# Notifications.


def ask_notifications(place: Place, token: str, *, cursor: str) -> Request:
    """Ask for what came after `cursor`, oldest first; at the first time for the newest page."""
    asked = [("types[]", kind) for kind in sorted(_ACTIONS)] + [("limit", str(PAGE_SIZE))]
    if cursor:
        asked.append(("min_id", cursor))
    return _get(place, f"/api/v1/notifications?{urlencode(asked)}", token)


def read_notifications(answer: Answer, *, cursor: str, at: datetime) -> Polled:
    """Take the notifications apart, each to be kept by its id; what is older is left out.

    Errors: `NetworkTroubleError`.
    """
    rows = list_of(checked(answer, at=at))
    news = {number: row for row in rows if (number := _number_of(row))}
    if rows and not news:
        raise NetworkTroubleError(reason="not_understood")
    after = {number for number in news if not cursor or id_order(number) > id_order(cursor)}
    ordered = sorted(after, key=id_order)
    found = tuple(Delivery(number, _bytes(news[number])) for number in ordered)
    return Polled(
        deliveries=found,
        cursor=ordered[-1] if ordered else cursor,
        # A server that repeats what we know would keep us asking for ever.
        has_more=bool(cursor and found and len(rows) >= PAGE_SIZE // 2),
        wait_s=_rest_s(answer, at=at),
    )


# Who favours a post now, and what became of a reply.


def ask_likers(place: Place, token: str, status: str, *, page: str = "") -> Request:
    """Ask who favours a post now; `page` is what the answer before named as the next."""
    if page:
        return Request("GET", page, bearer(token))
    path = f"/api/v1/statuses/{id_of(status)}/favourited_by?limit={PAGE_SIZE}"
    return _get(place, path, token)


def read_likers(answer: Answer, place: Place, *, at: datetime) -> tuple[frozenset[str], str]:
    """Give who favours a post, and the address of the next page or "".

    Errors: `NetworkTroubleError`; "gone" when the post itself is.
    """
    rows = list_of(checked(answer, at=at))
    found = frozenset(actor_of(row, place.base_url).actor_id for row in rows)
    return found, _next_page(answer, place)


def gone_likes(
    status: str, known: Collection[str], now: Collection[str], *, at: datetime
) -> tuple[EngagementFact, ...]:
    """Tell which likes we know are not there any more; only from a list that was read whole."""
    return tuple(
        EngagementFact(
            f"{Action.LIKE}:{actor_id}:{status}",
            Change.GONE,
            Action.LIKE,
            status,
            Actor(actor_id),
            at,
        )
        for actor_id in sorted(set(known) - set(now))
    )


def ask_status(place: Place, token: str, status: str) -> Request:
    """Ask for a reply or a mention again: it may have other words now, or be gone."""
    return _get(place, f"/api/v1/statuses/{id_of(status)}", token)


def ask_context(place: Place, token: str, status: str) -> Request:
    """Ask what stands below a post now."""
    return _get(place, f"/api/v1/statuses/{id_of(status)}/context", token)


def read_context(answer: Answer, *, at: datetime) -> frozenset[str] | None:
    """Give the ids of what stands below a post; none when it may not be all: servers cut there.

    Errors: `NetworkTroubleError`.
    """
    rows = list_of(object_of(checked(answer, at=at)).get("descendants"))
    found = frozenset(id_of(object_of(row).get("id")) for row in rows)
    return found if len(found) < BELOW_MAX else None


def read_status(answer: Answer, place: Place, status: str, *, at: datetime) -> EngagementFact:
    """Tell what became of a reply or a mention: there, with its words of now, or gone.

    Errors: `NetworkTroubleError`.
    """
    if answer.status in _GONE:
        return EngagementFact(f"status:{status}", Change.GONE, None, "", None, at)
    told = object_of(checked(answer, at=at))
    if id_of(told.get("id")) != status:
        raise NetworkTroubleError(reason="not_understood")
    actor = actor_of(told.get("account"), place.base_url)
    return _said(told, actor, place, at=moment_of(told.get("created_at")))


# Reading what strangers send.


def _said(
    status: Mapping[str, Any], actor: Actor, place: Place, *, at: datetime | None
) -> EngagementFact:
    number = id_of(status.get("id"))
    above = status.get("in_reply_to_id")
    to_us = place.account_id and str(status.get("in_reply_to_account_id")) == place.account_id
    target = id_of(above) if to_us and above else ""
    return EngagementFact(
        f"status:{number}",
        Change.THERE,
        Action.REPLY if to_us else Action.MENTION,
        target,
        actor,
        at,
        text=plain_text(str(status.get("content") or "")),
        url=web_address(status.get("url")),
    )


def checked(answer: Answer, *, at: datetime) -> Any:  # noqa: ANN401  JSON is anything
    """Give what a good answer says; name the trouble of any other."""
    if answer.status in _REVOKED:
        raise NetworkTroubleError(reason="revoked")
    if answer.status == _BUSY:
        raise NetworkTroubleError(reason="busy", retry_after_s=_rest_s(answer, at=at) or 60)
    if answer.status in _GONE:
        raise NetworkTroubleError(reason="gone")
    if answer.status >= _BROKEN_FROM:
        raise NetworkTroubleError(reason="down")
    if answer.status != _OK:
        raise NetworkTroubleError(reason="not_understood")
    return json_of(answer.body)


def _rest_s(answer: Answer, *, at: datetime) -> int:
    """Say how long the server wants to be left alone: an hour at most, whatever it says."""
    if after := retry_after_s(answer):
        return after
    left = answer.headers.get("x-ratelimit-remaining", "")
    reset = moment_of(answer.headers.get("x-ratelimit-reset"))
    if reset is None or (answer.status != _BUSY and left != "0"):
        return 0
    return max(1, min(int((reset - at).total_seconds()) + 1, WAIT_S_MAX))


def _next_page(answer: Answer, place: Place) -> str:
    """Read the next page's address from the Link header, of the same server only."""
    found = re.search(r'<([^<>]{1,2000})>;\s*rel="next"', answer.headers.get("link", "")[:5000])
    address = web_address(found[1]) if found else ""
    return address if address.startswith(address_at(place.base_url, "/")) else ""


def _get(place: Place, path: str, token: str) -> Request:
    return Request("GET", address_at(place.base_url, path), bearer(token))


def _number_of(row: object) -> str:
    """Read the id of a notification; "" for what is none: it must not hide the others."""
    try:
        return id_of(object_of(row).get("id"))
    except NetworkTroubleError:
        return ""


def _bytes(told: Mapping[str, Any]) -> bytes:
    """Keep of a notification what is read from it, nothing else of the person."""
    account, status = told.get("account"), told.get("status")
    kept: dict[str, Any] = {name: told.get(name) for name in ("id", "type", "created_at")}
    if isinstance(account, dict):
        kept["account"] = {n: account.get(n) for n in ("acct", "username", "display_name", "url")}
    if isinstance(status, dict):
        names = ("id", "in_reply_to_id", "in_reply_to_account_id", "url", "content")
        kept["status"] = {name: status.get(name) for name in names}
    return json.dumps(kept, ensure_ascii=False).encode()
