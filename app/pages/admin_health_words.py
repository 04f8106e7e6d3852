"""The sentences about whether all is well: what is not, since when, and what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from babel.dates import format_timedelta

from app.house import BackupState, House, RoomState
from app.language import gettext, ngettext
from app.outbound import NO_SERVER
from app.pages.network_health_words import network_troubles
from app.settings import Settings
from app.text import decimal_text, locale_name, recent_text, whole_text
from loyalty.journeys.tell_health import Health, MailHealth, TillHealth, TillState

ATTENTION: Final = "attention"
REFUSAL: Final = "refusal"
GIB: Final = 1024**3
MIB: Final = 1024**2


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing to look at: what, since when if that is known, and what to do."""

    title: str
    since: str
    step: str
    tone: str


def troubles(health: Health, house: House, settings: Settings, *, zone: str) -> list[Trouble]:
    """List what is not well, the worst first."""
    when = _since(health, zone)
    found = [
        *_room_troubles(house),
        *(_till_trouble(till, when) for till in health.tills if not till.is_well),
        *_mail_troubles(health.mail, settings, when),
        *(
            _trouble(title, step, since=since)
            for title, step, since in network_troubles(health.networks, when)
        ),
        *_job_troubles(health, when),
        *_seal_troubles(health, when),
        *_backup_troubles(house, now=health.at),
        *_clock_troubles(health),
        *_key_troubles(house),
    ]
    return sorted(found, key=lambda one: one.tone != REFUSAL)


def size_text(size_bytes: int) -> str:
    """Write a size: 1,2 GB; 340 MB."""
    if size_bytes >= GIB:
        return gettext("%(size)s GB", size=decimal_text(size_bytes / GIB))
    return gettext("%(size)s MB", size=whole_text(max(1, round(size_bytes / MIB))))


def ago_text(at: datetime, *, now: datetime) -> str:
    """Say how long ago something was: hace 3 horas."""
    return str(
        format_timedelta(min(at - now, timedelta()), add_direction=True, locale=locale_name())
    )


def why_text(reason: str) -> str:
    """Say in words why a mail was not sent."""
    for told, words in _whys().items():
        if reason.startswith(told):
            return words
    return gettext("no se pudo mandar")


def _whys() -> dict[str, str]:
    return {
        NO_SERVER: gettext("no hay servidor de correo puesto"),
        "the mail server was not reached": gettext("el servidor de correo no responde"),
        "the sign-in at the mail server": gettext("el servidor de correo no acepta la contraseña"),
        "the recipient was refused": gettext("esa dirección no existe o no admite correo"),
        "the mail server refused": gettext("el servidor de correo no lo aceptó"),
        "the address cannot": gettext("la dirección no puede estar en un correo"),
    }


def _since(health: Health, zone: str) -> Callable[[datetime | None], str]:
    def say(at: datetime | None) -> str:
        if at is None:
            return ""
        return gettext("Desde %(when)s", when=recent_text(at, zone, now=health.at))

    return say


def _trouble(title: str, step: str, *, since: str = "", tone: str = ATTENTION) -> Trouble:
    return Trouble(title, since, step, tone)


def _till_trouble(till: TillHealth, when: Callable[[datetime | None], str]) -> Trouble:
    title, step = _till_words(till)
    return _trouble(title, step, since=when(till.since))


def _till_words(till: TillHealth) -> tuple[str, str]:
    name = till.name
    if till.state is TillState.ASIDE:
        return (
            ngettext(
                "%(name)s apartó %(num)s venta que no se pudo guardar",
                "%(name)s apartó %(num)s ventas que no se pudieron guardar",
                till.aside,
                name=name,
            ),
            gettext("Abre Ajustes en esa caja: dice por qué y las guarda en un archivo."),
        )
    if till.state is TillState.CUT_OFF:
        return (
            ngettext(
                "%(name)s se calló con %(num)s venta sin enviar",
                "%(name)s se calló con %(num)s ventas sin enviar",
                till.waiting,
                name=name,
            ),
            gettext("Enciéndela y mira su línea. Están a salvo en ella y se mandan solas."),
        )
    if till.state is TillState.STUCK:
        return (
            ngettext(
                "%(num)s venta de %(name)s no acaba de llegar",
                "%(num)s ventas de %(name)s no acaban de llegar",
                till.waiting,
                name=name,
            ),
            gettext("Mira la línea de esa caja. Si la tiene, arranca su programa otra vez."),
        )
    if till.state is TillState.HOLES:
        return (
            ngettext(
                "Falta %(num)s venta de %(name)s, en medio de otras",
                "Faltan %(num)s ventas de %(name)s, en medio de otras",
                till.holes,
                name=name,
            ),
            gettext("Enciende esa caja: manda otra vez lo que falta."),
        )
    if till.state is TillState.COPIED:
        return (
            gettext("%(name)s parece estar en dos sitios", name=name),
            gettext("Alguien copió sus archivos a otro equipo. Desempareja uno de los dos."),
        )
    return (
        gettext("%(name)s no da señales y la tienda está abierta", name=name),
        gettext("Si está apagada, no pasa nada. Si no, mira su línea."),
    )


def _mail_troubles(
    mail: MailHealth, settings: Settings, when: Callable[[datetime | None], str]
) -> Iterator[Trouble]:
    if not settings.mail_url and not settings.demo:
        yield _trouble(
            gettext("No hay servidor de correo: nadie recibe sus códigos"),
            gettext("Quien lleva el servidor lo pone en ENLAZA_MAIL_URL."),
        )
        return
    if mail.failing_since is not None:
        yield _trouble(
            gettext("Los correos no salen: %(why)s", why=why_text(mail.facts.failures[0].reason)),
            gettext("Quien lleva el servidor mira ENLAZA_MAIL_URL. Luego se piden otra vez."),
            since=when(mail.failing_since),
        )
    elif mail.late_since is not None:
        title = ngettext(
            "%(num)s correo espera demasiado",
            "%(num)s correos esperan demasiado",
            mail.facts.waiting,
        )
        if mail.facts.waiting_reason:
            title = f"{title}: {why_text(mail.facts.waiting_reason)}"
        yield _trouble(
            title,
            gettext("Se intenta solo otra vez. Si sigue, quien lleva el servidor lo mira."),
            since=when(mail.late_since),
        )


def _job_troubles(health: Health, when: Callable[[datetime | None], str]) -> Iterator[Trouble]:
    if not health.are_jobs_well:
        yield _trouble(
            gettext("Las tareas de fondo no corren"),
            gettext("Sin ellas no salen correos. Quien lleva el servidor lo arranca otra vez."),
            since=when(health.jobs_at),
        )


def _seal_troubles(health: Health, when: Callable[[datetime | None], str]) -> Iterator[Trouble]:
    # Without jobs nothing is sealed: then that is what there is to mend.
    if health.seals.late_since is not None and health.are_jobs_well:
        yield _trouble(
            gettext("El libro de puntos no se está sellando"),
            gettext(
                "Los puntos valen lo mismo. Quien lleva el servidor lo arranca otra vez y, si"
                " sigue, escribe: enlaza verify."
            ),
            since=when(health.seals.late_since),
        )


def _room_troubles(house: House) -> Iterator[Trouble]:
    room = size_text(house.room_bytes)
    if house.room is RoomState.NONE:
        yield _trouble(
            gettext("Casi no queda sitio en el disco: %(room)s", room=room),
            gettext("Libera sitio ya. Sin sitio no se guarda ninguna venta más."),
            tone=REFUSAL,
        )
    elif house.room is RoomState.SMALL:
        yield _trouble(
            gettext("Queda poco sitio en el disco: %(room)s", room=room),
            gettext("Libera sitio esta semana: borra copias viejas o agranda el disco."),
        )


def _backup_troubles(house: House, *, now: datetime) -> Iterator[Trouble]:
    step = gettext(
        "Quien lleva el servidor escribe: enlaza backup CARPETA. Mejor cada noche, sola."
    )
    if house.backup_state is BackupState.NEVER:
        yield _trouble(gettext("Aún no hay ninguna copia"), step)
    elif house.backup is not None and house.backup_state is BackupState.OLD:
        ago = ago_text(house.backup.made_at, now=now)
        yield _trouble(gettext("La última copia es de %(ago)s", ago=ago), step)
    elif house.backup_state is BackupState.UNCHECKED:
        yield _trouble(
            gettext("La última copia no se ha comprobado"),
            gettext("Haz otra: al acabar se lee entera y se comprueba."),
        )


def _clock_troubles(health: Health) -> Iterator[Trouble]:
    if health.clock_ahead is not None:
        ahead = format_timedelta(health.clock_ahead, locale=locale_name())
        yield _trouble(
            gettext("El reloj del servidor va atrasado"),
            gettext(
                "La última venta está %(ahead)s por delante. Quien lo lleva pone el reloj en hora.",
                ahead=ahead,
            ),
        )


def _key_troubles(house: House) -> Iterator[Trouble]:
    if not house.are_keys_well:
        yield _trouble(
            gettext("Los archivos de llaves no están como deben"),
            gettext("Faltan, cambiaron o los pueden leer otros. Sin ellos no vuelve a arrancar."),
        )
