"""What the pages show on which a shopper links an account of their own."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from app.account_proofs import line_for_page
from app.addresses import join_address
from app.auth import ShopperPrincipal
from app.errand import Errand
from app.language import gettext
from app.pages.consent_words import ConsentQuestion, social_question
from app.pages.network_words import network_name
from app.pages.shop_frame import ShopFrame, shop_frame, store_of
from app.text import date_text
from app.wiring import services
from loyalty.journeys.connect_site import OWN_PAGE_ONLY
from loyalty.journeys.own_accounts import code_for, own_accounts
from loyalty.social.connect import ConnectionFacts


@dataclass(frozen=True, slots=True)
class Way:
    """One way to prove an account."""

    name: str
    title: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """What was typed into a form that was refused; `field` is "account" or "consent"."""

    field: str = ""
    message: str = ""
    account: str = ""
    way: str = "server"
    is_ticked: bool = False


@dataclass(frozen=True, slots=True)
class NetworksPage:
    """Where the shop is, what is linked, and the form that links one more."""

    frame: ShopFrame
    shop_at: tuple[str, ...]
    question: ConsentQuestion
    accepted: str
    ways: tuple[Way, ...]
    typed: Refused


@dataclass(frozen=True, slots=True)
class LeavingPage:
    """The step out to somebody's own server."""

    frame: ShopFrame
    host: str
    address: str


@dataclass(frozen=True, slots=True)
class CodePage:
    """The code to put into a profile, or the line to put into a page."""

    frame: ShopFrame
    account: str
    code: str
    line: str
    message: str


NOTHING_REFUSED = Refused()


def networks_page(
    session: Session, shopper: ShopperPrincipal, typed: Refused = NOTHING_REFUSED
) -> NetworksPage:
    """Gather the form."""
    store = store_of(session, shopper)
    told = own_accounts(session, shopper.browser)
    return NetworksPage(
        frame=shop_frame(store),
        shop_at=tuple(shop_place(one) for one in told.shop_at),
        question=social_question(),
        accepted=gettext(
            "Aceptado el %(date)s.", date=date_text(told.consent.answered_at, store.time_zone)
        )
        if told.consent
        else "",
        ways=_ways(typed.way),
        typed=typed,
    )


def shop_place(connection: ConnectionFacts) -> str:
    """Say where a shop can be liked: Mastodon, @pan@calle.example."""
    if connection.network == "webmention":
        is_page = connection.account.startswith(f"{OWN_PAGE_ONLY}:")
        return gettext("Su página, aquí") if is_page else connection.account
    name = network_name(connection.network)
    return gettext("%(network)s, @%(account)s", network=name, account=connection.account)


def leaving_page(
    session: Session, shopper: ShopperPrincipal, errand: Errand, address: str
) -> LeavingPage:
    """Gather the step out."""
    return LeavingPage(
        frame=shop_frame(store_of(session, shopper)),
        host=host_of(errand.facts["base_url"]),
        address=address,
    )


def code_page(
    session: Session, shopper: ShopperPrincipal, errand: Errand, message: str = ""
) -> CodePage:
    """Gather the code, or the line."""
    parts = services()
    store = store_of(session, shopper)
    network, actor_id = errand.facts["network"], errand.facts["actor_id"]
    code = code_for(session, shopper.browser, network, actor_id, tools=parts.tools)
    home = join_address(parts.settings.base_url, store.slug)
    is_page = network == "webmention"
    return CodePage(
        frame=shop_frame(store),
        account=actor_id if is_page else f"@{actor_id}",
        code=code,
        line=f'<link rel="me" href="{line_for_page(home, code)}">' if is_page else "",
        message=message,
    )


def host_of(base_url: str) -> str:
    """Name a server in a sentence."""
    return urlsplit(base_url).netloc


def _ways(chosen: str) -> tuple[Way, ...]:
    told = (
        (
            "server",
            gettext("Entrar en mi servidor"),
            gettext("Lo más rápido. Te pregunta a ti y vuelves aquí."),
        ),
        (
            "code",
            gettext("Poner un código en mi perfil"),
            gettext("Sin entrar en ningún sitio. Luego lo quitas."),
        ),
        (
            "page",
            gettext("Tengo una web propia"),
            gettext("Con una línea rel=me en tu página."),
        ),
    )
    return tuple(Way(name, title, text, name == chosen) for name, title, text in told)
