"""The accounts a shopper has linked, and the codes that prove another one; read only."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from loyalty.identity.consents import SOCIAL, ConsentFacts, live_consent
from loyalty.identity.queries import links_of_person
from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.last_like import linked_engagements
from loyalty.journeys.link_account import profile_code, profile_codes_in_force
from loyalty.journeys.take_engagement import KIND
from loyalty.journeys.tools import Tools
from loyalty.programs.sessions import BrowserFacts
from loyalty.social.accounts import AccountFacts, accounts_by_id
from loyalty.social.connect import ConnectionFacts, connections_of
from loyalty.social.queries import EngagementFacts

ENDED = "ended"


@dataclass(frozen=True, slots=True)
class OwnAccounts:
    """What a shopper has linked, the yes it rests on, and where the shop can be found."""

    accounts: tuple[AccountFacts, ...]
    consent: ConsentFacts | None
    shop_at: tuple[ConnectionFacts, ...]


def own_accounts(session: Session, shopper: BrowserFacts) -> OwnAccounts:
    """Tell the accounts that are linked to a shopper's card now."""
    owner = owner_of(session, shopper)
    links = [
        link
        for link in links_of_person(session, owner.program_id, owner.person.cluster_id)
        if link.kind == KIND and link.active and link.refused_rule is None
    ]
    ends = {end for link in links for end in (link.a, link.b)}
    shown = accounts_by_id(session, owner.program_id, ends) if ends else {}
    return OwnAccounts(
        accounts=tuple(sorted(shown.values(), key=lambda one: (one.linked_at, one.display))),
        consent=live_consent(session, owner.program_id, owner.member_ids, SOCIAL),
        shop_at=shop_networks(session, owner.program_id),
    )


@dataclass(frozen=True, slots=True)
class OwnEngagement:
    """What a shopper's own account did with a post of the shop, and how the account is shown."""

    engagement: EngagementFacts
    account: AccountFacts


def own_engagements(session: Session, shopper: BrowserFacts) -> tuple[OwnEngagement, ...]:
    """Tell a shopper what the shop knows of their accounts, newest first."""
    accounts = {one.identifier_id: one for one in own_accounts(session, shopper).accounts}
    if not accounts:
        return ()
    found = linked_engagements(session, shopper.program_id, list(accounts))
    return tuple(OwnEngagement(one, accounts[one.identifier_id]) for one in found)


def shop_networks(session: Session, program_id: int) -> tuple[ConnectionFacts, ...]:
    """List where a shop can be liked: its connections that were not ended."""
    return tuple(one for one in connections_of(session, program_id) if one.state != ENDED)


def code_for(
    session: Session, shopper: BrowserFacts, network: str, actor_id: str, *, tools: Tools
) -> str:
    """Give the one-time code that this shopper puts where only the owner of an account can."""
    owner = owner_of(session, shopper)
    return profile_code(owner, network, actor_id, at=tools.clock.now(), keys=tools.keys)


def codes_that_count(
    session: Session, shopper: BrowserFacts, network: str, actor_id: str, *, tools: Tools
) -> tuple[str, ...]:
    """Give the codes of this shopper that prove an account now."""
    owner = owner_of(session, shopper)
    return profile_codes_in_force(owner, network, actor_id, at=tools.clock.now(), keys=tools.keys)
