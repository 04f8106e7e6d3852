"""The owner names the shop's own site: what links to its pages is told to the shop from then on."""

from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.connectors.base import web_address
from loyalty.connectors.errors import MentionInvalidError
from loyalty.connectors.webmention import NETWORK
from loyalty.journeys.tools import Tools
from loyalty.social.connect import NewConnection, connect

# A store without a site of its own: its page here is all that can be linked to.
OWN_PAGE_ONLY: Final = "page"


def connect_site(
    session: Session,
    program_id: int,
    store_id: UUID,
    *,
    site: str,
    own_host: str,
    tools: Tools,
) -> UUID:
    """Take webmentions for a store's site, and for its page here; `site` "" for its page only.

    The service's own host is nobody's site: of its pages the store's alone is the store's.
    Errors: `MentionInvalidError` ("not_an_address").
    """
    text = site.strip()
    address = web_address(text if "://" in text or not text else f"https://{text}")
    host = urlsplit(address).hostname or ""
    if text and (not host or "." not in host.strip(".")):
        raise MentionInvalidError(reason="not_an_address", field="target")
    is_own = not host or host == own_host
    draft = NewConnection(
        store_id=store_id,
        network=NETWORK,
        base_url="" if is_own else f"{urlsplit(address).scheme}://{urlsplit(address).netloc}",
        account=f"{OWN_PAGE_ONLY}:{store_id}" if is_own else host,
    )
    return connect(session, program_id, draft, at=tools.clock.now(), keys=tools.keys)
