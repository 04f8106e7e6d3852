"""Whole addresses with a signed token in them, for mails and the command line.

They are written out here, not by `url_for`, because jobs and commands have no request.
"""

from uuid import UUID

from app.links import LinkPurpose, LinkSigner
from app.settings import Settings


def staff_sign_in_address(
    settings: Settings, links: LinkSigner, program_id: int, challenge_id: UUID
) -> str:
    """Give the address that signs a member of staff in, after one press of a button."""
    payload = {"program_id": program_id, "challenge_id": str(challenge_id)}
    token = links.sign(LinkPurpose.STAFF_SIGN_IN, payload)
    return f"{settings.base_url}/sign-in/{program_id}/link/{token}"


def save_card_address(
    settings: Settings, links: LinkSigner, program_id: int, challenge_id: UUID
) -> str:
    """Give the address that saves a card by e-mail, after one press of a button."""
    payload = {"program_id": program_id, "challenge_id": str(challenge_id)}
    token = links.sign(LinkPurpose.SAVE_CARD, payload)
    return f"{settings.base_url}/card/save/link/{token}"


def visited_store_address(settings: Settings, slug: str, visit_token: str) -> str:
    """Give the address of a store's card page that continues a visit of the shop's own site."""
    return f"{settings.base_url}/S/{slug.upper()}?visit={visit_token}"


def join_address(base_url: str, slug: str) -> str:
    """Give the public address of a store, where a shopper gets a card."""
    return f"{base_url}/S/{slug.upper()}"


def order_address(settings: Settings, links: LinkSigner, program_id: int, order_id: UUID) -> str:
    """Give the address of an order's page, for whoever ordered; nobody can guess it."""
    payload = {"program_id": program_id, "order_id": str(order_id)}
    return f"{settings.base_url}/order/{links.sign(LinkPurpose.ORDER, payload)}"


def webmention_address(base_url: str, program_id: int, connection_id: UUID) -> str:
    """Give the address that takes webmentions for a store's pages; its pages name it."""
    return f"{base_url}/hooks/webmention/{program_id}.{connection_id.hex}"
