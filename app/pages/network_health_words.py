"""Sentences about how a connection to a network is doing, for its page and for the health page."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from app.language import gettext, ngettext
from app.pages.network_words import network_name, poll_trouble_text
from app.text import recent_text
from loyalty.journeys.connect_site import OWN_PAGE_ONLY
from loyalty.journeys.tell_networks import ConnectionHealth, ConnectionState
from loyalty.social.connect import ConnectionFacts

MINUTE_S: Final = 60
HOUR_S: Final = 60 * MINUTE_S


def is_own_page(facts: ConnectionFacts) -> bool:
    """Say whether it is about the store's page here alone, which carries its line already."""
    return facts.account.startswith(f"{OWN_PAGE_ONLY}:")


def place_text(facts: ConnectionFacts) -> str:
    """Name what is connected: @pan@calle.example; calle.example; the page here."""
    if facts.network == "webmention":
        return gettext("tu página en Enlaza") if is_own_page(facts) else facts.account
    return f"@{facts.account}"


def connection_title(facts: ConnectionFacts) -> str:
    """Name a connection: Mastodon · @pan@calle.example."""
    return f"{network_name(facts.network)} · {place_text(facts)}"


def state_chip(health: ConnectionHealth) -> tuple[str, str]:
    """Say in a word or two how a connection stands, and in which tone."""
    chips = {
        ConnectionState.FINE: (gettext("en orden"), "success"),
        ConnectionState.NEW: (gettext("recién conectada"), "plain"),
        ConnectionState.ENDED: (gettext("desconectada"), "plain"),
    }
    return chips.get(health.state) or (gettext("mírala"), "attention")


def connection_lines(health: ConnectionHealth, zone: str, *, now: datetime) -> tuple[str, ...]:
    """Say how it is doing: the last answer, how late we learn, what fails, when we ask again."""
    facts = health.facts
    if health.state is ConnectionState.ENDED:
        return (gettext("No miramos nada desde que la desconectaste. Lo contado se queda."),)
    if facts.network == "webmention":
        return _waiting(health)
    lines = [
        gettext("Última respuesta: %(when)s.", when=recent_text(facts.polled_at, zone, now=now))
        if facts.polled_at
        else gettext("Aún no ha contestado ninguna vez.")
    ]
    if facts.newest_at is not None:
        lines.append(gettext("Lo más nuevo lo supimos con %(lag)s.", lag=lag_text(facts.lag_s)))
    if health.state is ConnectionState.REVOKED:
        return (*lines, gettext("El servidor retiró el permiso: no preguntamos más."))
    if facts.failures:
        told = ngettext(
            "%(num)s fallo seguido: %(why)s.",
            "%(num)s fallos seguidos: %(why)s.",
            facts.failures,
            why=poll_trouble_text(facts.problem),
        )
        lines.append(told)
    if facts.failures and facts.due_at > now:
        when = recent_text(facts.due_at, zone, now=now)
        lines.append(gettext("Volvemos a preguntar: %(when)s.", when=when))
    elif not facts.failures:
        lines.append(gettext("Preguntamos cada medio minuto."))
    return (*lines, *_waiting(health, quiet=True))


def lag_text(lag_s: int) -> str:
    """Say how late something was learned."""
    if lag_s < MINUTE_S:
        return gettext("menos de un minuto de retraso")
    if lag_s < HOUR_S:
        return ngettext(
            "%(num)s minuto de retraso", "%(num)s minutos de retraso", lag_s // MINUTE_S
        )
    return ngettext("%(num)s hora de retraso", "%(num)s horas de retraso", lag_s // HOUR_S)


def _waiting(health: ConnectionHealth, *, quiet: bool = False) -> tuple[str, ...]:
    told = []
    if health.inbox.waiting:
        told.append(ngettext("%(num)s por leer.", "%(num)s por leer.", health.inbox.waiting))
    elif not quiet:
        told.append(gettext("Nada por leer."))
    if health.inbox.aside:
        told.append(
            ngettext(
                "%(num)s apartada: no se pudo leer. Se borra en una semana.",
                "%(num)s apartadas: no se pudieron leer. Se borran en una semana.",
                health.inbox.aside,
            )
        )
    return tuple(told)


def network_troubles(
    networks: tuple[ConnectionHealth, ...], when: Callable[[datetime | None], str]
) -> Iterator[tuple[str, str, str]]:
    """Tell what an owner should look at: what, what to do, since when."""
    for one in networks:
        if not one.is_well:
            title, step = _trouble(one)
            yield title, step, when(one.since)


def _trouble(one: ConnectionHealth) -> tuple[str, str]:
    place = place_text(one.facts)
    if one.state is ConnectionState.REVOKED:
        return (
            gettext("%(place)s ya no nos deja entrar", place=place),
            gettext("Abre Redes y conéctala otra vez. Mientras, no vemos sus «me gusta»."),
        )
    if one.state is ConnectionState.FAILING:
        return (
            gettext(
                "%(place)s falla: %(why)s",
                place=place,
                why=poll_trouble_text(one.facts.problem),
            ),
            gettext("Se intenta solo otra vez. Si corre prisa, abre Redes y pulsa Probar ahora."),
        )
    if one.state is ConnectionState.LATE:
        return (
            gettext("Nadie mira %(place)s desde hace rato", place=place),
            gettext("Abre Redes y pulsa Probar ahora. Si sigue, mira las tareas de fondo."),
        )
    return (
        ngettext(
            "%(num)s aviso de %(place)s no se pudo leer",
            "%(num)s avisos de %(place)s no se pudieron leer",
            one.inbox.aside,
            place=place,
        ),
        gettext("No hay que hacer nada: se borra solo en una semana."),
    )
