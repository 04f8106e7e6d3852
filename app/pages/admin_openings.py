"""Balances from an older program: choose the file, look what it would give, give it once."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.language import gettext, language, ngettext
from app.pages.admin_frame import OWNER, my_stores, owner, say, to_the_door
from app.pages.admin_opening_words import EXAMPLE, unreadable_openings
from app.pages.admin_openings_page import Chosen, openings_page, openings_preview, report_rows
from app.problems import answer_problem
from app.staged_lists import stage_list, staged_list
from app.text import points_text, whole_text
from app.wiring import services
from loyalty.journeys.open_balances import KeptBalances, keep_balances, plan_balances
from loyalty.kernel.decimal_marks import DecimalMark
from loyalty.kernel.errors import ListUnreadableError, LoyaltyError
from loyalty.kernel.sheets import BYTES_MAX, DELIMITERS, write_sheet
from loyalty.points.opening_list import OpeningList, read_openings
from loyalty.points.opening_plan import OpeningPlan
from loyalty.programs.queries import StoreFacts

bp = Blueprint("admin_openings", __name__, url_prefix="/admin/points/openings")
bp.register_error_handler(SignInNeededError, to_the_door)

# Around the file stands the token.
AROUND_BYTES: Final = 16 * 1024
# A browser that is cut off while it sends shows an error of its own instead of our page.
DRAINED_MAX: Final = 200_000_000
CHUNK: Final = 256 * 1024
# How long one answer gives rows before it says how far it is.
STEP_S: Final = 15.0
MARKS: Final[dict[str, DecimalMark]] = {",": ",", ".": "."}


@bp.url_value_preprocessor
def let_lists_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Allow a larger message where an owner sends a list, and nowhere else."""
    if endpoint != "admin_openings.upload":
        return
    try:
        owner()
    except LoyaltyError:
        return  # the view says why
    request.max_content_length = BYTES_MAX + AROUND_BYTES


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """Say in words that this is no list: usually a photo that was chosen by mistake."""
    try:
        principal = owner()
    except LoyaltyError as error:
        return answer_problem(error.code)
    stream = request.environ["wsgi.input"]
    wanted = min(request.content_length or 0, DRAINED_MAX)
    while wanted > 0 and (chunk := stream.read(min(CHUNK, wanted))):
        wanted -= len(chunk)
    return _choose(principal, unreadable_openings("too_large"), 413)


@bp.get("")
def choose() -> Response:
    """Ask for the file."""
    return _choose(owner(), "", 200)


@bp.get("/example.csv")
def example() -> Response:
    """Give a short list to begin with."""
    owner()
    return _csv(EXAMPLE[language()].encode("utf-8-sig"), gettext("ejemplo"))


@bp.post("")
def upload() -> Redirect | Response:
    """Put the file aside for a while and lead to its preview."""
    principal, parts = owner(), services()
    sent = request.files.get("list")
    data = sent.read() if sent else b""
    if not data:
        return _choose(principal, unreadable_openings("empty"), 422)
    store = _store(principal)
    list_id = stage_list(parts.settings.home, principal.program_id, store.store_id, data)
    return redirect(url_for("admin_openings.preview", list_id=list_id), 303)


@bp.get("/<uuid:list_id>")
def preview(list_id: UUID) -> Response | Redirect:
    """Show what the list would give, or what became of it."""
    principal, parts = owner(), services()
    told = _told(principal, list_id, request.args.get("mark", ""), request.args.get("again", ""))
    if told is None:
        return _gone()
    try:
        read, is_asked, plan = _planned(principal, told)
    except ListUnreadableError as error:
        reason, column = str(error.facts["reason"]), str(error.facts.get("column", ""))
        return _choose(principal, unreadable_openings(reason, column), 422)
    with parts.database.reading(principal.program_id) as session:
        chosen = Chosen(told.mark, is_asked, told.again)
        page = openings_preview(session, principal, list_id, read, plan, chosen=chosen)
    return make_response(render_template("admin/openings_preview.html", page=page))


@bp.get("/<uuid:list_id>/report.csv")
def report(list_id: UUID) -> Response | Redirect:
    """Give what became of each row, for a spreadsheet."""
    principal = owner()
    told = _told(principal, list_id, request.args.get("mark", ""), request.args.get("again", ""))
    if told is None:
        return _gone()
    try:
        read, _, plan = _planned(principal, told)
    except ListUnreadableError as error:
        return _choose(principal, unreadable_openings(str(error.facts["reason"])), 422)
    data = write_sheet(report_rows(read, plan), delimiter=DELIMITERS[language()])
    return _csv(data, gettext("saldos"))


@bp.post("/<uuid:list_id>")
def keep(list_id: UUID) -> Redirect:
    """Give what the list says, part by part, for some seconds; sent again it goes on."""
    principal, parts, form = owner(), services(), request.form
    told = _told(principal, list_id, form.get("mark", ""), form.get("again", ""))
    if told is None:
        return _gone()
    store = _store(principal)
    try:
        kept = keep_balances(parts.database, told, store, seconds=STEP_S, tools=parts.tools)
    except ListUnreadableError:
        kept = None  # the preview says why
    if kept is not None:
        done = ngettext(
            "%(points)s dados, en %(count)s fila.",
            "%(points)s dados, en %(count)s filas.",
            kept.rows,
            points=points_text(kept.points),
            count=whole_text(kept.rows),
        )
        if kept.left:
            left = whole_text(kept.left)
            done = gettext("%(done)s Faltan %(left)s: sigue.", done=done, left=left)
        say(done, tone="attention" if kept.left else "success")
    again = "1" if told.again else None
    address = url_for("admin_openings.preview", list_id=list_id, mark=told.mark, again=again)
    return redirect(address, 303)


def _planned(
    principal: StaffPrincipal, told: KeptBalances
) -> tuple[OpeningList, bool, OpeningPlan]:
    parts, store = services(), _store(principal)
    read, is_asked = read_openings(told.data, mark=told.mark)
    with parts.database.reading(principal.program_id) as session:
        plan = plan_balances(session, store, read, told, tools=parts.tools)
    return read, is_asked, plan


def _told(principal: StaffPrincipal, list_id: UUID, mark: str, again: str) -> KeptBalances | None:
    store, home = _store(principal), services().settings.home
    data = staged_list(home, principal.program_id, store.store_id, list_id)
    if data is None:
        return None
    made_by = f"staff:{principal.staff_id}"
    return KeptBalances(data, MARKS.get(mark), again=again == "1", made_by=made_by)


def _store(principal: StaffPrincipal) -> StoreFacts:
    with services().database.reading(principal.program_id) as session:
        return my_stores(session, principal, OWNER)[0]


def _choose(principal: StaffPrincipal, wrong: str, status: int) -> Response:
    with services().database.reading(principal.program_id) as session:
        page = openings_page(session, principal, wrong)
    return make_response(render_template("admin/openings.html", page=page), status)


def _csv(data: bytes, name: str) -> Response:
    answer = Response(data, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _gone() -> Redirect:
    say(
        gettext("Esa lista ya no está aquí: se guarda una hora. Elígela otra vez."),
        tone="attention",
    )
    return redirect(url_for("admin_openings.choose"), 303)
