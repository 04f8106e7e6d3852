"""What `enlaza-till` says on the command line, in the two languages of the product."""

import os
from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["es", "en"]

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "paired": (
        "Emparejada: {till} de {store}. Ahora: enlaza-till serve",
        "Paired: {till} of {store}. Next: enlaza-till serve",
    ),
    "paired_without_page": (
        "La página de la caja no se pudo guardar todavía; se baja sola al arrancar.",
        "The till's page could not be kept yet; it is fetched at the next start.",
    ),
    "already_paired": (
        "Esta caja ya está emparejada ({till}). Antes: enlaza-till unpair",
        "This till is paired already ({till}). First: enlaza-till unpair",
    ),
    "not_paired": (
        (
            "Esta caja no está emparejada. Pide las ocho letras en la página del dueño y escribe: "
            "enlaza-till pair https://TU-TIENDA LETRAS"
        ),
        (
            "This till is not paired. Take the eight letters from the owner's page and type: "
            "enlaza-till pair https://YOUR-SHOP LETTERS"
        ),
    ),
    "insecure": (
        (
            "La dirección tiene que empezar por https://; por http:// la llave de la caja viajaría "
            "a la vista (solo vale en este mismo equipo)."
        ),
        (
            "The address must begin with https://; over http:// the till's key could be read on "
            "the way (it is only good on this same machine)."
        ),
    ),
    "letters_wrong": (
        "Estas letras no valen: se usaron ya, pasaron diez minutos o hay un error. Pide otras.",
        (
            "These letters are no good: used already, older than ten minutes, or mistyped. "
            "Take new ones."
        ),
    ),
    "refused": ("El servicio dijo que no: {detail}", "The service said no: {detail}"),
    "no_line": (
        "No hay línea con {url}. ({detail})",
        "There is no line to {url}. ({detail})",
    ),
    "certificate": (
        (
            "{url} no presentó un certificado válido. Si es vuestro propio certificado: "
            "--ca FICHERO. ({detail})"
        ),
        "{url} showed no valid certificate. If it is one of your own: --ca FILE. ({detail})",
    ),
    "not_ours": (
        "En {url} contestó otra cosa, no Enlaza: quizá la página de la wifi. ({detail})",
        "Something else answered at {url}, not Enlaza: perhaps the Wi-Fi's page. ({detail})",
    ),
    "trouble": (
        "El servicio en {url} tiene un problema; prueba dentro de un minuto. ({detail})",
        "The service at {url} has a problem; try again in a minute. ({detail})",
    ),
    "already_served": (
        "Ya hay un agente con {home} (proceso {pid}); dos a la vez no puede ser.",
        "An agent is already serving {home} (process {pid}); there cannot be two.",
    ),
    "serving": (
        "La caja está en http://127.0.0.1:{port}/till  (Ctrl+C para parar)",
        "The till is at http://127.0.0.1:{port}/till  (Ctrl+C to stop)",
    ),
    "port_taken": (
        "El puerto {port} está ocupado; --port elige otro.",
        "Port {port} is taken; --port chooses another.",
    ),
    "disk_full": (
        (
            "No se puede escribir en {home}: disco lleno o sin permiso. No se ha perdido nada. "
            "({detail})"
        ),
        "{home} cannot be written: the disk is full or not ours. Nothing was lost. ({detail})",
    ),
    "home_broken": (
        "La carpeta {home} no se puede usar: {detail}",
        "The folder {home} cannot be used: {detail}",
    ),
    "not_empty": (
        (
            "Quedan {count} por aceptar. Espera a que haya línea, o guárdalas antes: "
            "enlaza-till unpair --export FICHERO"
        ),
        (
            "{count} are not accepted yet. Wait for the line, or keep them first: "
            "enlaza-till unpair --export FILE"
        ),
    ),
    "serving_now": (
        "El agente está en marcha (proceso {pid}); páralo antes.",
        "The agent is running (process {pid}); stop it first.",
    ),
    "unpaired": (
        "La caja está suelta; su llave ya no abre nada.",
        "The till is unpaired; its key opens nothing any more.",
    ),
    "unpaired_here": (
        (
            "La caja está suelta aquí, pero el servicio no contestó: quítala también en la página "
            "del dueño."
        ),
        (
            "The till is unpaired here, but the service did not answer: remove it on the owner's "
            "page too."
        ),
    ),
    "exported": (
        "{count} guardadas en {file}.",
        "{count} kept in {file}.",
    ),
    "cannot_export": (
        "No se pudo escribir {file}: {detail}",
        "{file} could not be written: {detail}",
    ),
    "other_store": ("De otra tienda", "Of another store"),
    "other_store_detail": (
        "Se confirmó cuando esta caja era de otra tienda; solo se manda en nombre de aquella.",
        "It was confirmed while this till was another store's; it is only sent in that one's name.",
    ),
    "status_till": ("{till} de {store}, {url}", "{till} of {store}, {url}"),
    "status_off": ("El agente no está en marcha.", "The agent is not running."),
    "line_up": ("La línea está bien.", "The line is good."),
    "line_bad": ("La línea va mal ({reason}).", "The line is bad ({reason})."),
    "line_down": ("Sin línea ({reason}).", "There is no line ({reason})."),
    "line_refused": (
        "La caja fue retirada: no manda nada y lo guarda todo. Empareja otra vez.",
        "The till was revoked: it sends nothing and keeps everything. Pair it again.",
    ),
    "status_queue": (
        "Por mandar: {waiting}. Apartadas: {aside}.",
        "To be sent: {waiting}. Set aside: {aside}.",
    ),
    "status_oldest": ("La más antigua es de {at}.", "The oldest is of {at}."),
    "status_damaged": (
        (
            "El fichero de la cola se dañó el {at}: {rescued} salvadas, {lost} perdidas; "
            "el fichero está en {file}."
        ),
        (
            "The queue's file was damaged on {at}: {rescued} rescued, {lost} lost; "
            "the file is kept as {file}."
        ),
    ),
}


def language_of(store_language: str | None) -> Language:
    """Choose the store's language, or the machine's before there is a store."""
    told = store_language or next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)),
        "",
    )
    return "es" if told.lower().startswith(("es", "ca", "gl", "eu")) else "en"


def sentence(name: str, language: Language, /, **facts: object) -> str:
    """Write one sentence with its facts."""
    return SENTENCES[name][0 if language == "es" else 1].format(**facts)
