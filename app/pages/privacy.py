"""What is linked to a card and why, in the shopper's words, with the way out beside each link."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.language import gettext, language, prefer_language
from app.pages.card import phone
from app.pages.consent_words import consent_wordings
from app.pages.privacy_page import MORE, privacy_page
from app.pages.shop_frame import kept_apart_words, say, store_of, unlinked_words
from app.wiring import services
from loyalty.identity.consents import SOCIAL, WEB_VISITS
from loyalty.identity.members import rename_member
from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.consents import answer_consents, withdraw_consent
from loyalty.journeys.unlink import relink_own, unlink_own

bp = Blueprint("privacy", __name__, url_prefix="/card/privacy")


@bp.get("")
def privacy() -> str:
    """Show what is linked, what was accepted, and the phones and cards of this person."""
    mine = phone()
    with services().database.reading(mine.program_id) as session:
        prefer_language(store_of(session, mine).language)
        page = privacy_page(session, mine, rows=max(request.args.get("rows", MORE, type=int), MORE))
    return render_template("shop/privacy.html", page=page)


@bp.post("/unlink")
def unlink() -> Redirect:
    """Separate one thing; it takes effect at once and costs no points."""
    mine, parts = phone(), services()
    link_id, kind = request.form.get("link_id", ""), request.form.get("kind", "session")
    with parts.database.unit_of_work(mine.program_id) as session:
        unlink_own(session, mine.browser, link_id, tools=parts.tools)
    say(
        unlinked_words(kind),
        undo_url=url_for("privacy.relink"),
        undo_fields={"link_id": link_id},
    )
    return _back()


@bp.post("/relink")
def relink() -> Redirect:
    """Put back what was separated a moment ago."""
    mine, parts = phone(), services()
    with parts.database.unit_of_work(mine.program_id) as session:
        back = relink_own(session, mine.browser, request.form.get("link_id", ""), tools=parts.tools)
    rule = back.refused_rule
    say(gettext("Vuelve a estar unido.") if rule is None else kept_apart_words(rule))
    return _back()


@bp.post("/withdraw")
def withdraw() -> Redirect:
    """Take a consent back: its links end, the codes fall silent, the points stay."""
    mine, parts = phone(), services()
    purpose = request.form.get("purpose", "")
    told = {
        WEB_VISITS: gettext("Retirado. Tus visitas ya no se unen; tus puntos siguen aquí."),
        SOCIAL: gettext(
            "Retirado. Tus cuentas ya no están unidas y lo suyo se borró; tus puntos siguen aquí."
        ),
    }
    if purpose in told:
        with parts.database.unit_of_work(mine.program_id) as session:
            withdraw_consent(session, mine.browser, purpose, tools=parts.tools)
        say(told[purpose])
    return _back()


@bp.post("/accept")
def accept() -> Redirect:
    """Accept a purpose, from now on."""
    mine, parts = phone(), services()
    purpose, wordings = request.form.get("purpose", ""), consent_wordings()
    if purpose in wordings:
        with parts.database.unit_of_work(mine.program_id) as session:
            answer_consents(
                session,
                mine.browser,
                {purpose: True},
                wordings=wordings,
                language=language(),
                tools=parts.tools,
            )
        say(gettext("Aceptado, desde ahora y nunca hacia atrás."))
    return _back()


@bp.post("/name")
def name() -> Redirect:
    """Let the shopper say what the till may call them, or nothing."""
    mine, parts = phone(), services()
    with parts.database.unit_of_work(mine.program_id) as session:
        owner = owner_of(session, mine.browser)
        rename_member(
            session,
            mine.program_id,
            owner.member_id,
            display_name=request.form.get("name", "")[:60],
        )
    say(gettext("Guardado."))
    return _back()


def _back() -> Redirect:
    return redirect(url_for("privacy.privacy"), 303)
