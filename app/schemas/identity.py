"""Who is who as staff say it through the API: links, retractions, not the same, questions."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.schemas.base import IdIn, MessageIn, MessageOut, Moment

LinkId = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
# Blanks are no reason.
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]


class LinkIn(MessageIn):
    """Two identifiers that are one person, says staff; of two memberships `keep_member` stays."""

    act_id: IdIn
    a: UUID
    b: UUID
    reason: Reason
    keep_member: UUID | None = None


class LinkedOut(MessageOut):
    """What became of it: the evidence, whose it is now, and the points that changed hands.

    `link_id` is null when both were one person already; with `refused_rule` it joined nothing.
    """

    act_id: str
    replayed: bool
    link_id: str | None
    refused_rule: str | None
    person_id: str
    points: int
    debt: int


class _ExplainedIn(MessageIn):
    """An act that is asked why; putting it back, with `undo`, needs no reason."""

    act_id: IdIn
    reason: Reason | None = None
    undo: bool = False

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.reason is None and not self.undo:
            message = "say why"
            raise ValueError(message)
        return self


class RetractionIn(_ExplainedIn):
    """A piece of evidence to take back, and with it all that says the same of the same two."""

    link_id: LinkId


class RetractionOut(MessageOut):
    """What came off, or was put back; each end names the person it belongs to now.

    With `refused_rule` what was put back is kept and joins nothing.
    """

    act_id: str
    replayed: bool
    link_ids: list[str]
    refused_rule: str | None
    a: UUID
    a_person_id: str
    b: UUID
    b_person_id: str


class CannotLinkIn(MessageIn):
    """Two identifiers that are never one person; with `undo` that is taken back."""

    act_id: IdIn
    a: UUID
    b: UUID
    reason: Reason
    undo: bool = False


class CannotLinkOut(MessageOut):
    """Whether it changed anything, and whose both are now."""

    act_id: str
    replayed: bool
    changed: bool
    a_person_id: str
    b_person_id: str


class BlockIn(_ExplainedIn):
    """A value that joins nobody from now on; with `undo` it may again."""

    identifier_id: UUID


class BlockOut(MessageOut):
    """Whether it changed anything, how the value stands now, and whose it is."""

    act_id: str
    replayed: bool
    identifier_id: UUID
    changed: bool
    state: Literal["ok", "generic", "blocked"]
    person_id: str


class SplitPartOut(MessageOut):
    """A person there would be."""

    person_id: str
    identifier_ids: list[UUID]


class SplitOut(MessageOut):
    """What would split if a link went; nothing is changed by asking."""

    link_id: str
    splits: bool
    person_ids: list[str]
    parts: list[SplitPartOut]


class ReviewSideOut(MessageOut):
    """One of the two persons a question is about."""

    person_id: str
    identifier_id: UUID
    member_id: UUID | None
    display_name: str | None
    since: Moment
    points: int
    purchases: int


class ReviewOut(MessageOut):
    """Are these two one person? `question` says it in a sentence, `why` what makes us ask."""

    link_id: str
    rule: str
    kind: str
    times: int
    first_at: Moment
    last_at: Moment
    question: str
    why: str
    one: ReviewSideOut
    other: ReviewSideOut


class ReviewsOut(MessageOut):
    """The open questions, the weightiest first."""

    reviews: list[ReviewOut]


class ApprovalIn(MessageIn):
    """They are one person, and why; of two memberships `keep_member` stays."""

    act_id: IdIn
    reason: Reason
    keep_member: UUID | None = None


class DismissalIn(MessageIn):
    """They are not the same (never joined by inference again), or nobody can say."""

    act_id: IdIn
    answer: Literal["not_the_same", "leave"]
    reason: Annotated[str, Field(max_length=200)] = ""


class DismissalOut(MessageOut):
    """What was noted; `a` and `b` name both for an undo by `/identity/cannot-links`."""

    act_id: str
    replayed: bool
    changed: bool
    a: UUID
    b: UUID
