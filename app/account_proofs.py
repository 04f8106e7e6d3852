"""Say whether a web page is somebody's: it names them with `rel="me"`, as only its owner can.

Either the page carries our one-time line, or it and a profile that was proved before name each
other. A comment under the page proves nothing: what strangers write carries no `rel="me"`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from app.guarded_fetch import Guard, fetch
from app.mastodon_sign_in import ServerTypedWrongError
from loyalty.connectors.base import ANSWER_BYTES_MAX, Answer, Request, web_address
from loyalty.connectors.webmention import PAGES, is_me_both_ways, me_links, page_owner
from loyalty.kernel.errors import LoyaltyError

PROFILES_MAX: Final = 3
TYPED_LENGTH_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class PageProof:
    """A web page whose owner was there, in the one form that is compared, and its address."""

    actor_id: str
    url: str


def read_page_typed(typed: str) -> str:
    """Read the address of somebody's page; `https://` need not be typed.

    Errors: `ServerTypedWrongError`.
    """
    text = typed.strip()[:TYPED_LENGTH_MAX]
    address = web_address(text if "://" in text else f"https://{text}")
    host = page_owner(address).partition("/")[0]
    if not address or "." not in host.strip("."):
        raise ServerTypedWrongError(reason="not_a_page")
    return address.partition("#")[0]


def line_for_page(home: str, code: str) -> str:
    """Give the address that a page names as its owner's: the shop's, with the one-time code."""
    return f"{home}#{code}"


def prove_page(
    address: str, *, lines: Collection[str], profiles: Collection[str], guard: Guard
) -> PageProof | None:
    """Say whose page it is if it carries one of our lines, or a proved profile says so too.

    Errors: `NetworkTroubleError`, `AddressRefusedError`.
    """
    answer = _page(address, guard)
    url = answer.url or address
    if page_owner(url) != page_owner(address):
        return None  # it leads elsewhere: what stands there is somebody else's
    links = me_links(answer, url=url)
    if set(links) & {web_address(line) for line in lines}:
        return PageProof(page_owner(url), url)
    named = {page_owner(link) for link in links}
    for profile in [one for one in profiles if page_owner(one) in named][:PROFILES_MAX]:
        if _says_so_too(url, links, profile, guard):
            return PageProof(page_owner(url), url)
    return None


def _says_so_too(url: str, links: frozenset[str], profile: str, guard: Guard) -> bool:
    try:
        back = me_links(_page(profile, guard), url=profile)
    except LoyaltyError:
        return False
    return is_me_both_ways(url, links, profile, back)


def _page(address: str, guard: Guard) -> Answer:
    asked = Request("GET", address, accepts=PAGES, bytes_max=ANSWER_BYTES_MAX)
    return fetch(asked, guard=guard)
