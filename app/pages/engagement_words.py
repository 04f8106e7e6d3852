"""What somebody did with a post or a page of the shop, in a line; told of them, or to them."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from app.language import gettext
from app.pages.network_words import network_name
from loyalty.kernel.errors import Fact

ICONS: Final = {"like": "heart", "reply": "reply", "mention": "at", "repost": "repeat"}
WORDS_MAX: Final = 70


def engagement_title(facts: Mapping[str, Fact]) -> str:
    """Say what a person did, in a line of their story."""
    post = post_words(facts)
    if facts.get("gone"):
        return gettext("%(what)s (ya no)", what=_act(str(facts.get("action")), post))
    return _act(str(facts.get("action")), post)


def own_engagement_title(facts: Mapping[str, Fact]) -> str:
    """Say to a shopper what they did."""
    post = post_words(facts)
    told = {
        "like": gettext("Te gustó %(post)s", post=post),
        "reply": gettext("Respondiste a %(post)s", post=post),
        "mention": gettext("Mencionaste a la tienda"),
        "repost": gettext("Compartiste %(post)s", post=post),
    }.get(str(facts.get("action")), "")
    return gettext("%(what)s (ya no)", what=told) if facts.get("gone") else told


def engagement_detail(facts: Mapping[str, Fact]) -> str:
    """Say where it was, and the words that were written."""
    parts = [network_name(str(facts.get("network") or "")), _short(str(facts.get("text") or ""))]
    return " · ".join(part for part in parts if part)


def post_words(facts: Mapping[str, Fact]) -> str:
    """Name a post by its first words, a page by its address, in the middle of a sentence."""
    words, target = str(facts.get("post") or ""), str(facts.get("target") or "")
    if words:
        return gettext("«%(words)s»", words=_short(words))
    if target.startswith(("https://", "http://")):
        parts = urlsplit(target)
        return f"{parts.netloc}{parts.path}".rstrip("/")
    return gettext("una publicación de la tienda")


def _act(action: str, post: str) -> str:
    return {
        "like": gettext("Le gustó %(post)s", post=post),
        "reply": gettext("Respondió a %(post)s", post=post),
        "mention": gettext("Mencionó a la tienda"),
        "repost": gettext("Compartió %(post)s", post=post),
    }.get(action, "")


def _short(text: str) -> str:
    return text if len(text) <= WORDS_MAX else text[: WORDS_MAX - 1].rstrip() + "…"
