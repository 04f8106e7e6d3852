"""A person in short, as a counter may see one."""

from app.schemas.base import MessageOut


class AnswerOut(MessageOut):
    """One of the four questions, and its answer in a sentence."""

    label: str
    text: str


class PersonShortOut(MessageOut):
    """Whose card it is and the four questions, with what happened at the counter alone."""

    person_id: str
    display_name: str | None
    points: int
    questions: list[AnswerOut]
