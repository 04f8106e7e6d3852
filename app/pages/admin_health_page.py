"""What the page that says whether all is well shows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.house import BackupState, House, RoomState
from app.language import gettext, ngettext
from app.pages.admin_frame import OWNER, Frame, frame_of, my_stores
from app.pages.admin_health_sign import Look, look_at_all
from app.pages.admin_health_words import ATTENTION, REFUSAL, Trouble, ago_text, size_text, why_text
from app.pages.network_health_words import connection_lines, connection_title, state_chip
from app.text import clock_text, day_text, recent_text, whole_text
from app.wiring import services
from loyalty.journeys.tell_health import Health, MailHealth, TillHealth, TillState
from loyalty.journeys.tell_networks import ConnectionHealth, ConnectionState

SUCCESS = "success"
PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class HealthRow:
    """One thing and how it stands; `tone` is success, attention, refusal or plain."""

    title: str
    detail: str
    chip: str
    tone: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HealthPage:
    """Everything the page shows."""

    frame: Frame
    when: str
    title: str
    lead: str
    tone: str
    troubles: tuple[Trouble, ...]
    tills: tuple[HealthRow, ...]
    mail: HealthRow
    networks: tuple[HealthRow, ...]
    backup: HealthRow
    house: tuple[HealthRow, ...]


def health_page(session: Session, principal: StaffPrincipal) -> HealthPage:
    """Tell an owner how the tills of their stores and everything behind them stand."""
    stores = my_stores(session, principal, OWNER)
    zone = stores[0].time_zone
    look = look_at_all(session, principal)
    now = look.health.at
    names = {store.store_id: store.name for store in stores} if len(stores) > 1 else {}
    return HealthPage(
        frame=frame_of(session, principal, section="health"),
        when=gettext("%(day)s, %(time)s", day=day_text(now, zone), time=clock_text(now, zone)),
        title=look.sign.title,
        lead=_lead(look),
        tone=look.sign.tone,
        troubles=tuple(look.troubles),
        tills=tuple(
            _till(till, zone, store=names.get(till.store_id, ""), now=now)
            for till in look.health.tills
        ),
        mail=_mail(look.health.mail, zone, now=now),
        networks=tuple(
            _network(one, zone, now=now)
            for one in look.health.networks
            if one.state is not ConnectionState.ENDED
        ),
        backup=_backup(look.house, zone, now=now),
        house=_house(look.house, look.health, zone),
    )


def _lead(look: Look) -> str:
    if not look.troubles:
        return gettext("No tienes que hacer nada.")
    if look.sign.tone == REFUSAL:
        return gettext("Míralo ahora.")
    return gettext("Se puede seguir vendiendo. Esto es lo que conviene mirar:")


def _till(till: TillHealth, zone: str, *, store: str, now: datetime) -> HealthRow:
    chip, tone = _till_chip(till)
    kind = gettext("en un navegador") if till.kind == "browser" else gettext("programa de caja")
    if till.version:
        kind = f"{kind} {till.version}"
    heard = (
        gettext("aún no ha dado señales")
        if till.last_contact_at is None
        else gettext("última señal %(when)s", when=recent_text(till.last_contact_at, zone, now=now))
    )
    return HealthRow(
        title=till.name,
        detail=" · ".join(part for part in (store, kind, heard) if part),
        chip=chip,
        tone=tone,
        more=_till_queue(till, zone, now=now),
    )


def _till_chip(till: TillHealth) -> tuple[str, str]:
    if not till.is_well:
        return gettext("mírala"), ATTENTION
    chips = {
        TillState.FINE: (gettext("en línea"), SUCCESS),
        TillState.RESTING: (gettext("en reposo"), PLAIN),
        TillState.UNUSED: (gettext("sin uso"), PLAIN),
    }
    return chips[till.state]


def _till_queue(till: TillHealth, zone: str, *, now: datetime) -> tuple[str, ...]:
    if not till.has_queue:
        return (
            (gettext("Lo que no pudo enviar lo guarda y lo enseña ella."),)
            if till.kind == "browser"
            else ()
        )
    told = []
    if till.waiting and till.oldest_made_at:
        told.append(
            ngettext(
                "%(num)s venta espera, de %(when)s.",
                "%(num)s ventas esperan, la más antigua de %(when)s.",
                till.waiting,
                when=recent_text(till.oldest_made_at, zone, now=now),
            )
        )
    else:
        told.append(gettext("Nada espera."))
    if till.aside:
        told.append(ngettext("%(num)s apartada.", "%(num)s apartadas.", till.aside))
    if till.holes:
        told.append(ngettext("Falta %(num)s.", "Faltan %(num)s.", till.holes))
    return tuple(told)


def _mail(mail: MailHealth, zone: str, *, now: datetime) -> HealthRow:
    facts = mail.facts
    settings = services().settings
    details = [
        gettext("Nada espera.")
        if not facts.waiting or facts.oldest_at is None
        else ngettext(
            "%(num)s espera, de %(when)s.",
            "%(num)s esperan, el más antiguo de %(when)s.",
            facts.waiting,
            when=recent_text(facts.oldest_at, zone, now=now),
        )
    ]
    if facts.last_sent_at is not None:
        when = recent_text(facts.last_sent_at, zone, now=now)
        details.append(gettext("El último salió %(when)s.", when=when))
    is_set = bool(settings.mail_url) or settings.demo
    is_well = mail.is_well and is_set
    return HealthRow(
        title=gettext("Correos a clientes y equipo"),
        detail=" ".join(details),
        chip=gettext("en orden") if is_well else gettext("míralo"),
        tone=SUCCESS if is_well else ATTENTION,
        more=tuple(
            ngettext(
                "%(num)s sin mandar en un día: %(why)s.",
                "%(num)s sin mandar en un día: %(why)s.",
                one.count,
                why=why_text(one.reason),
            )
            for one in facts.failures
        ),
    )


def _network(one: ConnectionHealth, zone: str, *, now: datetime) -> HealthRow:
    chip, tone = state_chip(one)
    detail, *more = connection_lines(one, zone, now=now)
    return HealthRow(connection_title(one.facts), detail, chip, tone, tuple(more))


def _backup(house: House, zone: str, *, now: datetime) -> HealthRow:
    backup = house.backup
    is_well = house.backup_state in {BackupState.FINE, BackupState.NOT_NEEDED}
    title = gettext("Última copia")
    if backup is None:
        is_demo = house.backup_state is BackupState.NOT_NEEDED
        return HealthRow(
            title=title,
            detail=gettext("Ninguna. Una demo no la necesita.")
            if is_demo
            else gettext("Ninguna. Se hace con enlaza backup CARPETA, también mientras se vende."),
            chip=gettext("sin copia"),
            tone=PLAIN if is_demo else ATTENTION,
        )
    return HealthRow(
        title=title,
        detail=gettext(
            "%(ago)s (%(when)s), %(size)s.",
            ago=_capital(ago_text(backup.made_at, now=now)),
            when=recent_text(backup.made_at, zone, now=now),
            size=size_text(backup.size_bytes),
        ),
        chip=gettext("en orden") if is_well else gettext("mírala"),
        tone=SUCCESS if is_well else ATTENTION,
        more=(
            gettext("Comprobada: se leyó entera al acabar.")
            if backup.checked
            else gettext("Sin comprobar."),
            gettext("Cifrada con contraseña.")
            if backup.encrypted
            else gettext("Sin cifrar: guárdala donde nadie más entre."),
        ),
    )


def _house(house: House, health: Health, zone: str) -> tuple[HealthRow, ...]:
    room_tone = {RoomState.FINE: SUCCESS, RoomState.SMALL: ATTENTION, RoomState.NONE: REFUSAL}
    return (
        _ok_row(
            gettext("Sitio en el disco"),
            gettext("Quedan %(room)s libres.", room=size_text(house.room_bytes)),
            tone=room_tone[house.room],
        ),
        HealthRow(
            gettext("Base de datos"),
            gettext(
                "%(name)s, ocupa %(size)s. Responde.",
                name=house.database,
                size=size_text(house.database_bytes),
            ),
            gettext("en orden"),
            SUCCESS,
        ),
        _ok_row(
            gettext("Tareas de fondo"),
            gettext(
                "La última vez %(when)s.", when=recent_text(health.jobs_at, zone, now=health.at)
            )
            if health.jobs_at
            else gettext("Aún no han corrido."),
            tone=SUCCESS if health.are_jobs_well else ATTENTION,
        ),
        _ok_row(
            gettext("Libro de puntos"),
            _seal_text(health, zone),
            tone=SUCCESS if health.seals.late_since is None else ATTENTION,
        ),
        _ok_row(
            gettext("Llaves"),
            gettext("Solo el servicio las lee. Van dentro de cada copia."),
            tone=SUCCESS if house.are_keys_well else ATTENTION,
        ),
        _ok_row(
            gettext("Reloj del servidor"),
            gettext("Marca las %(time)s en la tienda.", time=clock_text(health.at, zone)),
            tone=SUCCESS if health.clock_ahead is None else ATTENTION,
        ),
        HealthRow(
            gettext("Versión de Enlaza"),
            house.version or gettext("desconocida"),
            "",
            PLAIN,
        ),
    )


def _seal_text(health: Health, zone: str) -> str:
    """Say how far the ledger is sealed: nobody can change what is, without being found."""
    if health.seals.sealed_at is None:
        return gettext("Aún no hay nada sellado.")
    return gettext(
        "Sellado hasta el bloque %(block)s, %(when)s.",
        block=whole_text(health.seals.block),
        when=recent_text(health.seals.sealed_at, zone, now=health.at),
    )


def _ok_row(title: str, detail: str, *, tone: str) -> HealthRow:
    chip = gettext("en orden") if tone == SUCCESS else gettext("míralo")
    return HealthRow(title, detail, chip, tone)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
