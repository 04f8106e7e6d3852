"""What went wrong at another server, and the names of networks, in plain words."""

from typing import Final

from app.guarded_fetch import AddressRefusedError
from app.language import gettext, ngettext
from app.mastodon_sign_in import ServerTypedWrongError
from loyalty.connectors.errors import NetworkTroubleError
from loyalty.kernel.errors import LoyaltyError
from loyalty.social.errors import AccountTakenError

# What may go wrong between here and there; anything else is a fault of ours.
TROUBLES: Final = (
    ServerTypedWrongError,
    AddressRefusedError,
    NetworkTroubleError,
    AccountTakenError,
)
MINUTE_S: Final = 60
NAMES: Final = {"mastodon": "Mastodon"}


def network_name(network: str) -> str:
    """Name a network as people do."""
    return NAMES.get(network) or gettext("Web")


def trouble_words(error: LoyaltyError, *, host: str) -> str:
    """Say what went wrong with a server that somebody named, and what to do."""
    reason = str(error.facts.get("reason", ""))
    if isinstance(error, AccountTakenError):
        return gettext("Esa cuenta ya está unida a otra tarjeta. Desúnela allí primero.")
    if isinstance(error, ServerTypedWrongError):
        return typed_words(reason)
    if isinstance(error, AddressRefusedError):
        return gettext("A %(host)s no podemos ir: no es una dirección pública.", host=host)
    if reason == "busy":
        wait = error.facts.get("retry_after_s")
        minutes = max(1, -(-wait // MINUTE_S)) if isinstance(wait, int) else 1
        return ngettext(
            "%(host)s pide que esperemos %(num)s minuto. Prueba después.",
            "%(host)s pide que esperemos %(num)s minutos. Prueba después.",
            minutes,
            host=host,
        )
    return _trouble_words(reason, host=host)


def _trouble_words(reason: str, *, host: str) -> str:
    words = {
        "down": gettext(
            "%(host)s no contesta. Mira si está bien escrito; si lo está, prueba en un rato.",
            host=host,
        ),
        "too_slow": gettext("%(host)s va demasiado lento ahora. Prueba en un rato.", host=host),
        "revoked": gettext("%(host)s no nos deja entrar. Prueba otra vez.", host=host),
        "gone": gettext("En %(host)s no hay nada con ese nombre. Revísalo.", host=host),
    }
    return words.get(reason) or gettext(
        "%(host)s no contesta como esperábamos. Revisa la dirección: es la que abres tú.",
        host=host,
    )


def typed_words(reason: str) -> str:
    """Say how what was typed should look."""
    if reason == "not_a_page":
        return gettext("Eso no parece una página. Se escribe así: https://ana.example")
    return gettext("Eso no parece una cuenta. Se escribe así: @ana@mastodon.social")


def poll_trouble_text(problem: str) -> str:
    """Say in half a sentence why a connection was not answered."""
    words = {
        "down": gettext("el servidor no contesta"),
        "too_slow": gettext("el servidor va demasiado lento"),
        "busy": gettext("el servidor pide que esperemos"),
        "revoked": gettext("el servidor ya no nos deja entrar"),
        "gone": gettext("la cuenta ya no está ahí"),
    }
    return words.get(problem) or gettext("el servidor contesta algo que no se entiende")
