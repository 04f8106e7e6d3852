"""What the owner's page of networks shows: where the shop is, how it does, what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import url_for
from sqlalchemy.orm import Session

from app.addresses import webmention_address
from app.auth import StaffPrincipal
from app.errand import Errand
from app.language import gettext, ngettext
from app.pages.admin_frame import OWNER, Frame, Typed, frame_of, my_stores, take_typed
from app.pages.admin_people_page import person_name
from app.pages.network_health_words import (
    connection_lines,
    connection_title,
    is_own_page,
    state_chip,
)
from app.text import recent_text, whole_text
from app.wiring import services
from loyalty.journeys.tell_networks import (
    ConnectionState,
    EngagementTold,
    NetworkTold,
    PostTold,
    tell_networks,
)

WORDS_MAX = 70


@dataclass(frozen=True, slots=True)
class PostRow:
    """One post: which, and what was done with it, in numbers."""

    title: str
    href: str
    counts: str
    linked: str


@dataclass(frozen=True, slots=True)
class RecentRow:
    """What one linked person did."""

    icon: str
    who: str
    person_id: str
    who_href: str
    what: str
    when: str


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """One connection; an address is "" where its act makes no sense."""

    title: str
    store: str
    chip: str
    tone: str
    lines: tuple[str, ...]
    is_site: bool
    line_to_copy: str
    line_hint: str
    retry_url: str
    reconnect_url: str
    reconnect_account: str
    store_id: str
    disconnect_url: str
    posts: tuple[PostRow, ...]
    recent: tuple[RecentRow, ...]


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """A store that an account can be of."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class NetworksPage:
    """Everything the page shows."""

    frame: Frame
    networks: tuple[NetworkRow, ...]
    ended: tuple[NetworkRow, ...]
    stores: tuple[StoreChoice, ...]
    account: Typed
    account_message: str
    site: Typed
    site_message: str
    has_site: bool

    @property
    def person_ids(self) -> tuple[str, ...]:
        """Name everybody the page shows."""
        rows = (*self.networks, *self.ended)
        return tuple(one.person_id for row in rows for one in row.recent)


@dataclass(frozen=True, slots=True)
class LeavingPage:
    """The step out to the shop's own server."""

    frame: Frame
    host: str
    address: str


def networks_page(
    session: Session, principal: StaffPrincipal, messages: tuple[str, str] = ("", "")
) -> NetworksPage:
    """Tell an owner of the connections of their stores; `messages` say what was refused."""
    stores = my_stores(session, principal, OWNER)
    now = services().tools.clock.now()
    zone = stores[0].time_zone
    names = {store.store_id: store.name for store in stores} if len(stores) > 1 else {}
    told = tell_networks(
        session, principal.program_id, [store.store_id for store in stores], at=now
    )
    rows = [
        (
            one.health.state,
            _row(one, names.get(one.health.facts.store_id, ""), principal.program_id, zone, now),
        )
        for one in told
    ]
    return NetworksPage(
        frame=frame_of(session, principal, section="networks"),
        networks=tuple(row for state, row in rows if state is not ConnectionState.ENDED),
        ended=tuple(row for state, row in rows if state is ConnectionState.ENDED),
        stores=tuple(StoreChoice(str(store.store_id), store.name) for store in stores),
        account=take_typed("account"),
        account_message=messages[0],
        site=take_typed("site"),
        site_message=messages[1],
        has_site=any(
            one.health.facts.network == "webmention"
            and one.health.state is not ConnectionState.ENDED
            for one in told
        ),
    )


def leaving_page(
    session: Session, principal: StaffPrincipal, errand: Errand, address: str
) -> LeavingPage:
    """Gather the step out."""
    return LeavingPage(
        frame=frame_of(session, principal, section="networks"),
        host=urlsplit(errand.facts["base_url"]).netloc,
        address=address,
    )


def _row(one: NetworkTold, store: str, program_id: int, zone: str, now: datetime) -> NetworkRow:
    facts, state = one.health.facts, one.health.state
    chip, tone = state_chip(one.health)
    is_ended = state is ConnectionState.ENDED
    is_site = facts.network == "webmention"
    line, hint = _line(one, program_id) if is_site and not is_ended else ("", "")
    return NetworkRow(
        title=connection_title(facts),
        store=store,
        chip=chip,
        tone=tone,
        lines=connection_lines(one.health, zone, now=now),
        is_site=is_site,
        line_to_copy=line,
        line_hint=hint,
        retry_url=""
        if is_ended or is_site or state is ConnectionState.REVOKED
        else url_for("admin_networks.retry", connection_id=facts.connection_id),
        reconnect_url=url_for("admin_networks.connect_account")
        if not is_site and state in {ConnectionState.REVOKED, ConnectionState.ENDED}
        else "",
        reconnect_account=facts.base_url,
        store_id=str(facts.store_id),
        disconnect_url=""
        if is_ended
        else url_for("admin_networks.end", connection_id=facts.connection_id),
        posts=tuple(_post(post) for post in one.posts),
        recent=tuple(_recent(each, zone, now) for each in one.recent),
    )


def _line(one: NetworkTold, program_id: int) -> tuple[str, str]:
    """Give the line that the shop's pages need; its page here has it already."""
    facts = one.health.facts
    if is_own_page(facts):
        return "", gettext("Tu página en Enlaza ya lleva la línea. No tienes que copiar nada.")
    address = webmention_address(services().settings.base_url, program_id, facts.connection_id)
    return f'<link rel="webmention" href="{address}">', gettext(
        "Cópiala una vez dentro de <head>, en todas las páginas de %(site)s.", site=facts.account
    )


def counts_text(counts: Mapping[str, int]) -> str:
    """Write what was done with a post: 12 me gusta · 3 respuestas."""
    told = {
        "like": ngettext("%(num)s me gusta", "%(num)s me gusta", counts.get("like", 0)),
        "reply": ngettext("%(num)s respuesta", "%(num)s respuestas", counts.get("reply", 0)),
        "mention": ngettext("%(num)s mención", "%(num)s menciones", counts.get("mention", 0)),
        "repost": ngettext(
            "compartida %(num)s vez", "compartida %(num)s veces", counts.get("repost", 0)
        ),
    }
    return " · ".join(text for action, text in told.items() if counts.get(action))


def _post(post: PostTold) -> PostRow:
    title, href = post_title(post.target, post.post.words if post.post else "")
    return PostRow(
        title=title,
        href=(post.post.url if post.post else "") or href,
        counts=counts_text(post.counts),
        linked=ngettext(
            "%(count)s de alguien unido",
            "%(count)s de gente unida",
            post.linked,
            count=whole_text(post.linked),
        )
        if post.linked
        else "",
    )


def post_title(target: str, words: str) -> tuple[str, str]:
    """Name a post by its words, a page by its address; the second is where to read it."""
    if not target:
        return gettext("En publicaciones de otros"), ""
    if target.startswith(("https://", "http://")):
        parts = urlsplit(target)
        return f"{parts.netloc}{parts.path}".rstrip("/"), target
    if not words:
        return gettext("Publicación %(number)s", number=target), ""
    return words if len(words) <= WORDS_MAX else words[: WORDS_MAX - 1].rstrip() + "…", ""


def _recent(one: EngagementTold, zone: str, now: datetime) -> RecentRow:
    told = one.engagement
    icons = {"like": "heart", "reply": "reply", "mention": "at", "repost": "repeat"}
    acts = {
        "like": gettext("Le gustó"),
        "reply": gettext("Respondió"),
        "mention": gettext("Os mencionó"),
        "repost": gettext("Lo compartió"),
    }
    about, _ = post_title(told.target, told.post_words) if told.target else ("", "")
    said = told.text or about
    return RecentRow(
        icon=icons.get(told.action, "heart"),
        who=one.display_name or person_name(None, []),
        person_id=one.person_id,
        who_href=url_for("admin_people.person", person_id=one.person_id),
        what=f"{acts.get(told.action, '')}: {said}" if said else acts.get(told.action, ""),
        when=recent_text(told.occurred_at, zone, now=now),
    )
