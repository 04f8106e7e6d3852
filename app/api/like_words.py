"""The one quiet line about a like, in the cashier's language."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from app.api.wording import ago_text
from app.language import gettext
from app.schemas.scans import LastLikeOut
from loyalty.social.queries import LikeFacts

WORDS_MAX: Final = 60


def last_like_out(like: LikeFacts | None, *, now: datetime) -> LastLikeOut | None:
    """Tell what somebody liked last, and when: "Le gustó vuestra publicación (hace 2 días)"."""
    if like is None:
        return None
    ago = ago_text(max(0, int((now - like.at).total_seconds())))
    return LastLikeOut(network=like.network, at=like.at, text=_text(like, ago))


def _text(like: LikeFacts, ago: str) -> str:
    if like.words:
        return gettext(
            "Le gustó vuestra publicación «%(words)s» (%(ago)s)", words=_short(like.words), ago=ago
        )
    if like.network == "webmention":
        place = urlsplit(like.target).path.strip("/") or urlsplit(like.target).netloc
        return gettext("Le gustó vuestra página %(place)s (%(ago)s)", place=_short(place), ago=ago)
    return gettext("Le gustó vuestra publicación (%(ago)s)", ago=ago)


def _short(words: str) -> str:
    """Cut words where a cashier stops reading, after a whole one if it is near."""
    if len(words) <= WORDS_MAX:
        return words
    kept = words[: WORDS_MAX - 1]
    whole = kept.rpartition(" ")[0]
    return (whole if len(whole) > WORDS_MAX // 2 else kept).rstrip(" .,;:") + "…"
