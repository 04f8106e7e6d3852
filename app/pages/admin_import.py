"""A product list from a spreadsheet: choose the file, look what it would change, keep it."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.language import gettext, language
from app.pages.admin_amounts import share_from_text, text_from_share
from app.pages.admin_frame import my_store, owner_or_manager, say, to_the_door
from app.pages.admin_import_page import Chosen, choose_page, preview_page
from app.pages.admin_import_words import EXAMPLE, saved_text, unreadable_text
from app.problems import answer_problem
from app.staged_lists import end_list, stage_list, staged_list, was_kept
from app.wiring import services
from loyalty.catalog.rules import TAX_WHOLE_BP
from loyalty.journeys.import_products import (
    KeptList,
    keep_products,
    plan_products,
    read_products,
)
from loyalty.kernel.decimal_marks import DecimalMark
from loyalty.kernel.errors import ListUnreadableError, LoyaltyError
from loyalty.kernel.sheets import BYTES_MAX
from loyalty.programs.queries import StoreFacts

bp = Blueprint("admin_import", __name__, url_prefix="/admin/products")
bp.register_error_handler(SignInNeededError, to_the_door)

ROLES: Final = ("owner", "manager")
# Around the file stand the token and the tax.
AROUND_BYTES: Final = 16 * 1024
# A browser that is cut off while it sends shows an error of its own instead of our page.
DRAINED_MAX: Final = 200_000_000
CHUNK: Final = 256 * 1024
# How long one answer keeps rows before it says how far it is.
STEP_S: Final = 15.0
MARKS: Final[dict[str, DecimalMark]] = {",": ",", ".": "."}
TAX_USUAL_BP: Final = 1000


@bp.url_value_preprocessor
def let_lists_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Allow a larger message where an owner or a manager sends a list, and nowhere else."""
    if endpoint != "admin_import.upload":
        return
    try:
        owner_or_manager()
    except LoyaltyError:
        return  # the view says why
    request.max_content_length = BYTES_MAX + AROUND_BYTES


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """Say in words that this is no list: usually a photo that was chosen by mistake."""
    try:
        principal, parts = owner_or_manager(), services()
    except LoyaltyError as error:
        return answer_problem(error.code)
    stream = request.environ["wsgi.input"]
    wanted = min(request.content_length or 0, DRAINED_MAX)
    while wanted > 0 and (chunk := stream.read(min(CHUNK, wanted))):
        wanted -= len(chunk)
    store_id = (request.view_args or {})["store_id"]
    with parts.database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        page = choose_page(session, principal, store, unreadable_text("too_large"))
    return make_response(render_template("admin/import.html", page=page), 413)


@bp.get("/<uuid:store_id>/import")
def choose(store_id: UUID) -> str:
    """Ask for the file."""
    principal, parts = owner_or_manager(), services()
    with parts.database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        page = choose_page(session, principal, store, "")
    return render_template("admin/import.html", page=page)


@bp.get("/example.csv")
def example() -> Response:
    """Give a short list to begin with."""
    owner_or_manager()
    answer = Response(EXAMPLE[language()].encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{gettext("ejemplo")}.csv"'
    return answer


@bp.post("/<uuid:store_id>/import")
def upload(store_id: UUID) -> Redirect | Response:
    """Put the file aside for a while and lead to its preview."""
    principal, parts = owner_or_manager(), services()
    sent = request.files.get("list")
    data = sent.read() if sent else b""
    with parts.database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        if not data:
            page = choose_page(session, principal, store, unreadable_text("empty"))
            return make_response(render_template("admin/import.html", page=page), 422)
    list_id = stage_list(parts.settings.home, principal.program_id, store_id, data)
    tax = request.form.get("tax", "")
    address = url_for("admin_import.preview", store_id=store_id, list_id=list_id, tax=tax)
    return redirect(address, 303)


@bp.get("/<uuid:store_id>/import/<uuid:list_id>")
def preview(store_id: UUID, list_id: UUID) -> str | Response | Redirect:
    """Show what keeping the list would do."""
    principal, parts = owner_or_manager(), services()
    with parts.database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
    data = staged_list(parts.settings.home, principal.program_id, store_id, list_id)
    if data is None:
        return _gone(principal, store, list_id)
    chosen = _chosen(list_id, request.args.get("mark", ""), request.args.get("tax", ""))
    try:
        read, is_asked = read_products(data, store, mark=chosen.mark, tax_bp=chosen.tax_bp)
    except ListUnreadableError as error:
        told = unreadable_text(str(error.facts["reason"]), str(error.facts.get("column", "")))
        with parts.database.reading(principal.program_id) as session:
            page = choose_page(session, principal, store, told)
        return make_response(render_template("admin/import.html", page=page), 422)
    with parts.database.reading(principal.program_id) as session:
        plan = plan_products(session, store, list_id, read)
        shown = preview_page(session, principal, store, chosen, read, plan, is_mark_asked=is_asked)
    return render_template("admin/preview.html", page=shown)


@bp.post("/<uuid:store_id>/import/<uuid:list_id>")
def keep(store_id: UUID, list_id: UUID) -> Redirect:
    """Keep what differs, part by part, for some seconds; sent again it goes on where it was."""
    principal, parts, form = owner_or_manager(), services(), request.form
    with parts.database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
    data = staged_list(parts.settings.home, principal.program_id, store_id, list_id)
    if data is None:
        return _gone(principal, store, list_id)
    chosen = _chosen(list_id, form.get("mark", ""), form.get("tax", ""))
    retire = form.get("retire") == "1"
    told = KeptList(list_id, data, mark=chosen.mark, tax_bp=chosen.tax_bp, retires=retire)
    try:
        kept = keep_products(parts.database, told, store, seconds=STEP_S, tools=parts.tools)
    except ListUnreadableError:
        kept = None  # the preview says why
    if kept is None or kept.left:
        if kept is not None:
            say(saved_text(kept.done, left=kept.left), tone="attention")
        return redirect(_preview_address(store_id, chosen, retires=retire), 303)
    end_list(parts.settings.home, principal.program_id, store_id, list_id)
    say(saved_text(kept.done, left=0))
    return redirect(url_for("admin_products.products", store_id=store_id), 303)


def _preview_address(store_id: UUID, chosen: Chosen, *, retires: bool) -> str:
    return url_for(
        "admin_import.preview",
        store_id=store_id,
        list_id=chosen.list_id,
        mark=chosen.mark,
        tax=chosen.tax,
        retire="1" if retires else None,
    )


def _chosen(list_id: UUID, mark: str, tax: str) -> Chosen:
    tax_bp = share_from_text(tax)
    if tax_bp is None or tax_bp > TAX_WHOLE_BP:
        tax_bp = TAX_USUAL_BP
    return Chosen(list_id, MARKS.get(mark), text_from_share(tax_bp), tax_bp)


def _gone(principal: StaffPrincipal, store: StoreFacts, list_id: UUID) -> Redirect:
    """Lead back from a list that is not here any more, and say why."""
    home = services().settings.home
    if was_kept(home, principal.program_id, store.store_id, list_id):
        say(gettext("Esa lista ya está guardada."))
        return redirect(url_for("admin_products.products", store_id=store.store_id), 303)
    say(
        gettext("Esa lista ya no está aquí: se guarda una hora. Elígela otra vez."),
        tone="attention",
    )
    return redirect(url_for("admin_import.choose", store_id=store.store_id), 303)
