"""Where a visit came from, told by its address and its referrer; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

TEXT_LENGTH_MAX: Final = 80
NOTE_LENGTH_MAX: Final = 2000
REPLY_LENGTH_MAX: Final = 200
LANDING_LENGTH_MAX: Final = 200

CHANNELS: Final = ("direct", "search", "social", "email", "campaign", "referral", "poster")

# The label before the country's ending: google.es and google.com.mx are one engine.
SEARCH_SITES: Final = frozenset(
    {"google", "bing", "duckduckgo", "yahoo", "ecosia", "qwant", "startpage", "brave", "baidu"}
    | {"yandex", "kagi", "mojeek"}
)
SOCIAL_SITES: Final = frozenset(
    {"facebook", "instagram", "twitter", "x", "t", "tiktok", "youtube", "youtu", "linkedin"}
    | {"lnkd", "pinterest", "reddit", "telegram", "whatsapp", "wa", "threads", "bsky"}
    | {"mastodon", "snapchat", "nextdoor"}
)
MAIL_SITES: Final = frozenset({"outlook", "mail", "webmail", "proton", "roundcube"})
MAIL_HOSTS: Final = frozenset(
    {"mail.google.com", "mail.yahoo.com", "outlook.live.com", "gm.android.google.com"}
)

_EMAIL_MEDIUMS: Final = frozenset({"email", "e-mail", "mail", "newsletter", "boletin", "boletín"})
_SOCIAL_MEDIUMS: Final = frozenset({"social", "social-network", "social-media", "sm", "story"})
_POSTER_MEDIUMS: Final = frozenset({"poster", "cartel", "print", "qr", "flyer", "folleto"})
_SEARCH_MEDIUMS: Final = frozenset({"organic", "search"})


@dataclass(frozen=True, slots=True)
class Channel:
    """What brought somebody: the channel, and the words that say so."""

    channel: str
    source: str = ""
    medium: str = ""
    campaign: str = ""


def channel_from(referrer: str | None, query: Mapping[str, str], *, own_host: str = "") -> Channel:
    """Tell a visit's channel.

    What the link says of itself (`utm_*`) goes before the site it was on; our own pages and no
    referrer at all are `direct`. Only the referrer's host is kept, never its path or query.
    """
    tagged = _tagged(query)
    if tagged is not None:
        return tagged
    host = _host(referrer)
    if not host or host == _host(f"//{own_host}"):
        return Channel("direct")
    return Channel(_channel_of_host(host), source=host, medium="referrer")


def _tagged(query: Mapping[str, str]) -> Channel | None:
    source, medium, campaign = (
        shortened(query.get(f"utm_{name}", "")) for name in ("source", "medium", "campaign")
    )
    if not (source or medium or campaign):
        return None
    return Channel(_channel_of_medium(medium.lower(), source.lower()), source, medium, campaign)


def _channel_of_medium(medium: str, source: str) -> str:
    for mediums, channel in (
        (_EMAIL_MEDIUMS, "email"),
        (_SOCIAL_MEDIUMS, "social"),
        (_POSTER_MEDIUMS, "poster"),
        (_SEARCH_MEDIUMS, "search"),
    ):
        if medium in mediums:
            return channel
    if not medium and source in _POSTER_MEDIUMS:
        return "poster"
    if not medium and source.split(".", 1)[0] in SOCIAL_SITES:
        return "social"
    return "campaign"


def _channel_of_host(host: str) -> str:
    labels = host.split(".")
    if host in MAIL_HOSTS or labels[0] in MAIL_SITES:
        return "email"
    site = _site(labels)
    if site in SEARCH_SITES:
        return "search"
    return "social" if site in SOCIAL_SITES else "referral"


_SECOND_LEVEL: Final = frozenset({"com", "co", "org", "net", "gob", "edu"})


def _site(labels: list[str]) -> str:
    """Take the registered name out of a host: "google" from www.google.com.mx."""
    names = labels[:-1]
    if len(names) > 1 and names[-1] in _SECOND_LEVEL:
        names = names[:-1]
    return names[-1] if names else labels[0]


def _host(address: str | None) -> str:
    """Read the host of an address; "" when there is none that can be read."""
    try:
        parts = urlsplit(address or "")
        host = (parts.hostname or "").removeprefix("www.")[:TEXT_LENGTH_MAX]
    except ValueError:
        return ""
    # An app tells its package, which is a host read backwards.
    return ".".join(reversed(host.split("."))) if parts.scheme == "android-app" else host


def shortened(text: str, *, most: int = TEXT_LENGTH_MAX) -> str:
    """Make one printable line of a text from outside, at most so long."""
    printable = "".join(each if each.isprintable() else " " for each in text[: most * 4])
    return " ".join(printable.split())[:most]


def landing_path(landing: str) -> str:
    """Keep the path of the page a visit began on, never its query: a card's text is masked."""
    try:
        path = urlsplit(landing).path
    except ValueError:
        return "/"
    if path.upper().startswith("/Q/"):
        return "/Q/"
    return shortened(path, most=LANDING_LENGTH_MAX) or "/"


def note_text(text: str) -> str:
    """Bring a note to what is kept: printable lines, trimmed, at most `NOTE_LENGTH_MAX`."""
    lines = (
        shortened(line, most=NOTE_LENGTH_MAX) for line in text[: NOTE_LENGTH_MAX * 4].splitlines()
    )
    return "\n".join(lines).strip()[:NOTE_LENGTH_MAX]
