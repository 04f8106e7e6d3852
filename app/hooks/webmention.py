"""`POST /hooks/webmention/<program>.<connection>`: a page says that it links to one of ours.

Anybody may say so; nothing is believed before the page was read. Source: w3.org/TR/webmention.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, request
from werkzeug.exceptions import TooManyRequests

from app.addresses import join_address
from app.wiring import services
from loyalty.connectors.webmention import read_form
from loyalty.journeys.take_mention import take_mention
from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.ids import PROGRAM_ID_MAX

bp = Blueprint("webmention", __name__, url_prefix="/hooks/webmention")

CONNECTION_CHARS: Final = 32


@bp.post("/<endpoint>")
def take(endpoint: str) -> Response:
    """Keep a mention to be looked at soon; it is answered at once."""
    parts = services()
    # The form was read before, for letters that no database holds.
    body = urlencode(list(request.form.items(multi=True))).encode()
    mention = read_form(request.content_type or "", body)
    program_id, connection_id = read_endpoint(endpoint)
    with parts.database.unit_of_work(program_id) as session:
        is_taken = take_mention(
            session,
            program_id,
            connection_id,
            mention,
            own_page=lambda slug: join_address(parts.settings.base_url, slug),
            tools=parts.tools,
        )
    if not is_taken:
        raise TooManyRequests
    text = "Taken. The page is read soon.\n"
    return Response(text, HTTPStatus.ACCEPTED, content_type="text/plain; charset=utf-8")


def read_endpoint(endpoint: str) -> tuple[int, UUID]:
    """Read which program's connection an address names.

    Errors: `NotFoundError`.
    """
    program, _, connection = endpoint.partition(".")
    is_number = program.isascii() and program.isdigit() and len(program) <= len(str(PROGRAM_ID_MAX))
    if not is_number or not 1 <= int(program) <= PROGRAM_ID_MAX:
        raise NotFoundError
    if len(connection) != CONNECTION_CHARS:
        raise NotFoundError
    try:
        return int(program), UUID(hex=connection)
    except ValueError as error:
        raise NotFoundError from error
