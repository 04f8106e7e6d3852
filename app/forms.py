"""Reads from forms what has to have a form of its own."""

from uuid import UUID

from flask import request

from loyalty.kernel.errors import MalformedRequestError


def id_of(field: str) -> UUID:
    """Read an id of ours from a form.

    Errors: `MalformedRequestError` when it is none (somebody wrote the form by hand).
    """
    return read_id(request.form.get(field, ""), field=field)


def read_id(text: str, *, field: str) -> UUID:
    """Read an id of ours from a text.

    Errors: `MalformedRequestError` when it is none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise MalformedRequestError(field=field) from None
