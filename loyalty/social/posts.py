"""Keep which post something was done with, so that an owner and a cashier can name it."""

from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, table_of
from loyalty.social.models import SocialPost
from loyalty.social.queries import PostFacts

POST: Final = table_of(SocialPost)


def keep_post(session: Session, program_id: int, connection_id: UUID, post: PostFacts) -> None:
    """Keep the words and the address of a post of ours; told again, as they are now."""
    told = {"words": post.words, "url": post.url, "seen_at": post.seen_at}
    key = {"program_id": program_id, "connection_id": connection_id, "target": post.target}
    if not insert_new(session, SocialPost, key | told):
        session.execute(
            update(POST)
            .where(
                POST.c.program_id == program_id,
                POST.c.connection_id == connection_id,
                POST.c.target == post.target,
            )
            .values(**told)
        )
