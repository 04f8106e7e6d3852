"""The link by which a shopper brings somebody along."""

from uuid import UUID

from app.addresses import join_address
from app.links import LinkExpiredError, LinkPurpose
from app.wiring import services
from loyalty.programs.queries import StoreFacts


def friend_href(store: StoreFacts, member_id: UUID) -> str:
    """Give the address that a member shares: the shop's own page, signed with who sent it."""
    payload = {"program_id": store.program_id, "member_id": str(member_id)}
    token = services().links.sign(LinkPurpose.FRIEND, payload)
    return f"{join_address(services().settings.base_url, store.slug)}?friend={token}"


def friend_behind(store: StoreFacts, token: str) -> UUID | None:
    """Read who sent somebody here; a link of another shop, or cut, counts for nothing."""
    try:
        payload, _ = services().links.read(LinkPurpose.FRIEND, token)
    except LinkExpiredError:
        return None
    return UUID(str(payload["member_id"])) if payload["program_id"] == store.program_id else None
