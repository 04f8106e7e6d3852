"""A store's products: find, change, count, add one by hand, put on and off sale, take the list."""

from uuid import UUID, uuid4

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.forms import id_of
from app.language import gettext, language
from app.pages.admin_amounts import text_from_milli
from app.pages.admin_frame import (
    my_store,
    my_stores,
    owner_or_manager,
    refuse_form,
    say,
    to_the_door,
)
from app.pages.admin_product_form import (
    counted_from_form,
    draft_from_form,
    form_of,
    quantity_from_form,
)
from app.pages.admin_product_page import new_product_page, product_page
from app.pages.admin_products_page import products_page
from app.wiring import services
from loyalty.catalog.edit_product import add_product, change_product
from loyalty.catalog.export_list import write_list
from loyalty.catalog.products import set_active
from loyalty.catalog.queries import ProductFacts, products_by_id, products_of
from loyalty.catalog.stock import count_stock
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.kernel.money import minor_digits

bp = Blueprint("admin_products", __name__, url_prefix="/admin/products")
bp.register_error_handler(SignInNeededError, to_the_door)

ROLES = ("owner", "manager")


@bp.get("")
def first() -> Redirect:
    """Lead to the products of the first store."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        store = my_stores(session, principal, *ROLES)[0]
    return redirect(url_for("admin_products.products", store_id=store.store_id), 303)


@bp.get("/<uuid:store_id>")
def products(store_id: UUID) -> str:
    """List what a store sells, or what a search finds."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        page = products_page(session, principal, store, request.args)
    return render_template("admin/products.html", page=page)


@bp.get("/<uuid:store_id>/list.csv")
def export(store_id: UUID) -> Response:
    """Give the whole list as a CSV, as the import reads it."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        listed = products_of(session, principal.program_id, store_id)
    data = write_list(listed, language=language(), minor_digits=minor_digits(store.currency))
    answer = Response(data, mimetype="text/csv")
    name = f"{gettext('productos')}-{store.slug.lower()}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/<uuid:store_id>/new")
def new(store_id: UUID) -> str:
    """Show an empty product."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        page = new_product_page(session, principal, store)
    return render_template("admin/product.html", page=page)


@bp.post("/<uuid:store_id>")
def add(store_id: UUID) -> Redirect:
    """Add a product by hand."""
    principal, parts = owner_or_manager(), services()
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            store = my_store(session, principal, store_id, *ROLES)
            at = parts.tools.clock.now()
            draft = draft_from_form(request.form, store.currency)
            stock = quantity_from_form(request.form, draft.unit)
            product_id = add_product(
                session, principal.program_id, store_id, draft, currency=store.currency, at=at
            )
            if stock is not None:
                counted = {product_id: stock}
                act_id = f"count:{product_id}"
                count_stock(session, principal.program_id, counted, act_id=act_id, at=at)
    except SettingInvalidError as error:
        refuse_form("product", error)
        return redirect(url_for("admin_products.new", store_id=store_id), 303)
    say(gettext("Producto añadido."))
    return _to(store_id, product_id)


@bp.get("/<uuid:store_id>/<uuid:product_id>")
def product(store_id: UUID, product_id: UUID) -> str:
    """Show one product: what it is, how much is there and why."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        store = my_store(session, principal, store_id, *ROLES)
        facts = _my_product(session, principal, store_id, product_id)
        page = product_page(session, principal, store, facts, now=services().tools.clock.now())
    return render_template("admin/product.html", page=page)


@bp.post("/<uuid:store_id>/<uuid:product_id>")
def change(store_id: UUID, product_id: UUID) -> Redirect:
    """Change what a product is; undone by the same form with what stood there."""
    principal, parts = owner_or_manager(), services()
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            store = my_store(session, principal, store_id, *ROLES)
            before = _my_product(session, principal, store_id, product_id)
            draft = draft_from_form(request.form, store.currency, sku=before.sku)
            at = parts.tools.clock.now()
            change_product(session, principal.program_id, product_id, draft, at=at)
    except SettingInvalidError as error:
        refuse_form("product", error)
        return _to(store_id, product_id)
    say(gettext("Producto guardado."), undo=request.path, fields=form_of(before))
    return _to(store_id, product_id)


@bp.post("/<uuid:store_id>/<uuid:product_id>/count")
def count(store_id: UUID, product_id: UUID) -> Redirect:
    """Set the stock to what somebody counted, once for each form."""
    principal, parts = owner_or_manager(), services()
    act = id_of("act")
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            my_store(session, principal, store_id, *ROLES)
            before = _my_product(session, principal, store_id, product_id)
            quantity = counted_from_form(request.form, before.unit)
            counted, at = {product_id: quantity}, parts.tools.clock.now()
            count_stock(session, principal.program_id, counted, act_id=f"count:{act}", at=at)
    except SettingInvalidError as error:
        refuse_form("count", error)
        return _to(store_id, product_id, "shelf")
    done = gettext("Existencias guardadas.")
    had = before.on_hand_milli
    if had is None or had < 0 or had == quantity:
        say(done)
    else:
        fields = {"stock": text_from_milli(had), "act": str(uuid4())}
        say(done, undo=request.path, fields=fields)
    return _to(store_id, product_id, "shelf")


@bp.post("/<uuid:store_id>/<uuid:product_id>/sale")
def sale(store_id: UUID, product_id: UUID) -> Redirect:
    """Put a product on sale or take it off; undone by the opposite."""
    principal, parts = owner_or_manager(), services()
    is_active = request.form.get("on") == "1"
    with parts.database.unit_of_work(principal.program_id) as session:
        my_store(session, principal, store_id, *ROLES)
        facts = _my_product(session, principal, store_id, product_id)
        at = parts.tools.clock.now()
        set_active(session, principal.program_id, product_id, is_active=is_active, at=at)
    done = (
        gettext("%(name)s está a la venta.") if is_active else gettext("%(name)s, fuera de venta.")
    )
    back = request.form.get("back", "")
    fields = {"on": "0" if is_active else "1", "back": back}
    say(done % {"name": facts.name}, undo=request.path, fields=fields)
    if back == "list":
        return redirect(url_for("admin_products.products", store_id=store_id), 303)
    return _to(store_id, product_id)


def _my_product(
    session: Session, principal: StaffPrincipal, store_id: UUID, product_id: UUID
) -> ProductFacts:
    facts = products_by_id(session, principal.program_id, [product_id]).get(product_id)
    if facts is None or facts.store_id != store_id:
        raise NotFoundError
    return facts


def _to(store_id: UUID, product_id: UUID, part: str = "main") -> Redirect:
    address = url_for(
        "admin_products.product", store_id=store_id, product_id=product_id, _anchor=part
    )
    return redirect(address, 303)
