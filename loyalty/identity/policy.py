"""What kinds of identifier and of evidence there are, and what each may do; data, not code.

A kind is added by adding a row. Tills and kiosks are no kind at all: they join nothing. A
tablet of the shop's own that came in as a device is blocked by staff (`states.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Trait(StrEnum):
    """What kinds of identifier have in common."""

    EXCLUSIVE = "exclusive"  # at most one open in a person
    PERSONAL = "personal"  # verified, makes a person known, limited in number
    CARRIED = "carried"  # something of the shop's that a person carries
    SHAREABLE = "shareable"  # several people may use it: then it joins none of them
    SESSION = "session"  # belongs to one person, always


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """What an identifier of one kind may do.

    Units: at most `most` of the kind in one person. Seen with more than `members_most` members
    within `within` (none: ever), a value is generic: it stands for many and joins nobody.
    """

    trait: Trait
    most: int | None = None
    members_most: int | None = None
    within: timedelta | None = None

    @property
    def makes_known(self) -> bool:
        """Say whether it makes its person known, so that no inference merges them."""
        return self.trait in KNOWN_TRAITS

    @property
    def may_turn_generic(self) -> bool:
        """Say whether too many members on one value make it stand for nobody."""
        return self.members_most is not None


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """What one kind of evidence weighs, and what it may rest on.

    `strength`: 1 somebody's own act, 2 a strong conclusion, 3 a weak one: the order of judging.
    `consent` is True when it may rest on nothing else, False when on the contract only.
    `one_thing` says that both ends are one thing from the first day: it is judged before all else,
    and not even "not the same" parts them.
    """

    strength: int
    consent: bool | None = None
    one_thing: bool = False


KNOWN_TRAITS: Final = frozenset({Trait.EXCLUSIVE, Trait.PERSONAL})
# From this strength on a link is a conclusion, not somebody's own act.
INFERRED_FROM: Final = 2
# A family may share a number; five cards within a season are a number typed to get past a field.
_SHARED_BY: Final = 4
_SEASON: Final = timedelta(days=90)

KINDS: Final[Mapping[str, KindPolicy]] = {
    "member": KindPolicy(Trait.EXCLUSIVE),
    "email": KindPolicy(Trait.PERSONAL, most=8, members_most=_SHARED_BY, within=_SEASON),
    "phone": KindPolicy(Trait.PERSONAL, most=4, members_most=_SHARED_BY, within=_SEASON),
    "social": KindPolicy(Trait.PERSONAL, most=8, members_most=_SHARED_BY, within=_SEASON),
    "card": KindPolicy(Trait.CARRIED),
    "receipt": KindPolicy(Trait.CARRIED),
    "order": KindPolicy(Trait.CARRIED),
    # A browser kept by a cookie, and what a vendor's till calls a customer ("<connector>:<id>"):
    # a family shares the first, and "walk-in customer" is the second of half a street.
    "device": KindPolicy(Trait.SHAREABLE, members_most=1),
    "vendor": KindPolicy(Trait.SHAREABLE, members_most=1),
    "session": KindPolicy(Trait.SESSION),
}

LINKS: Final[Mapping[str, LinkPolicy]] = {
    "card": LinkPolicy(strength=1, consent=False, one_thing=True),  # a card and its membership
    "email": LinkPolicy(strength=1, consent=False),  # proved by a code or link
    "phone": LinkPolicy(strength=1, consent=False),  # told by its owner, kept by staff or form
    "join": LinkPolicy(strength=1, consent=False),  # two memberships; names the one that stays
    "receipt": LinkPolicy(strength=1, consent=False),  # a sale claimed by its claim code
    "order": LinkPolicy(strength=1, consent=False),  # placed on the phone that holds the card
    "staff": LinkPolicy(strength=1, consent=False),  # staff say so, with a reason
    "social": LinkPolicy(strength=1, consent=True),  # an account whose owner was there
    "session": LinkPolicy(strength=2, consent=True),  # a session's code was scanned
    "vendor": LinkPolicy(strength=2, consent=False),  # a vendor's customer, with a scanned code
    "device": LinkPolicy(strength=3, consent=False),  # signed in on this browser
}


# What staff may block; a membership and a card are somebody's own: a card is voided instead.
BLOCKABLE_KINDS: Final = frozenset({"device", "vendor", "phone", "email"})
KNOWN_KINDS: Final = frozenset(kind for kind, policy in KINDS.items() if policy.makes_known)
# What only somebody's consent links; staff, who can only say what rests on the contract, do not.
CONSENTED_KINDS: Final = frozenset(kind for kind, policy in LINKS.items() if policy.consent)
ONE_THING: Final = frozenset(kind for kind, policy in LINKS.items() if policy.one_thing)
GENERIC_KINDS: Final = frozenset(kind for kind, policy in KINDS.items() if policy.may_turn_generic)
