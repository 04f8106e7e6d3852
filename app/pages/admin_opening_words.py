"""How a list of balances is put into words: columns, reasons, results, and one to begin with."""

from typing import Final

from app.language import gettext

EXAMPLE: Final = {
    "es": (
        "Tarjeta;Correo;Puntos;Caduca;Referencia\r\n"
        "00ff00ff00ff00ff;;340;31/12/2027;A-1\r\n"
        ";ana@example.com;25;;A-2\r\n"
    ),
    "en": (
        "Card,E-mail,Points,Expires,Reference\r\n"
        "00ff00ff00ff00ff,,340,2027-12-31,A-1\r\n"
        ",ana@example.com,25,,A-2\r\n"
    ),
}


def opening_column(column: str | None) -> str:
    """Name a column, as the example does."""
    words = {
        "card": gettext("Tarjeta"),
        "email": gettext("Correo"),
        "points": gettext("Puntos"),
        "expires": gettext("Caduca"),
        "reference": gettext("Referencia"),
    }
    return words.get(column or "", gettext("Fila"))


def opening_reason(reason: str) -> str:
    """Say why a row is not given, and what would help."""
    words = {
        "nobody_named": gettext("no dice de quién es: falta la tarjeta o el correo"),
        "missing": gettext("está vacío"),
        "too_long": gettext("es demasiado largo"),
        "formula": gettext("empieza como una fórmula"),
        "not_a_number": gettext("no es un número"),
        "fractional": gettext("no son puntos enteros"),
        "negative": gettext("es negativo"),
        "enormous": gettext("es demasiado"),
        "card_malformed": gettext("no es el número de una tarjeta"),
        "email_malformed": gettext("no es un correo"),
        "date_malformed": gettext("no es un día: pon 31/12/2027"),
        "duplicate": gettext("ya salió en otra fila"),
        "too_many_cells": gettext("tiene más celdas que títulos"),
        "card_unknown": gettext("nadie tiene esa tarjeta todavía"),
        "card_ambiguous": gettext("varias tarjetas empiezan así: pon más letras"),
        "email_unknown": gettext("nadie ha guardado su tarjeta con ese correo todavía"),
        "two_people": gettext("la tarjeta y el correo son de personas distintas"),
        "same_person": gettext("esa persona ya salió en otra fila"),
        "already_opened": gettext("esa persona ya trajo un saldo"),
        "reference_used": gettext("esa referencia ya dio otra cosa"),
        "date_past": gettext("ese día ya pasó"),
    }
    return words[reason]


def unreadable_openings(reason: str, column: str = "") -> str:
    """Say why a file cannot be read at all, and what to do."""
    if reason == "no_headings":
        name = opening_column(column)
        if column == "card":
            return gettext("La primera fila lleva los títulos. Falta Tarjeta o Correo.")
        return gettext("La primera fila lleva los títulos. Falta %(column)s.", column=name)
    words = {
        "empty": gettext("No has elegido ningún archivo, o está vacío."),
        "too_large": gettext(
            "Ese archivo pasa de 20 MB. Parece una foto o un vídeo: elige la lista."
        ),
        "too_many_rows": gettext("La lista pasa de 100.000 filas. Pártela en dos."),
        "not_text": gettext("Eso no es un CSV. Si es una hoja de cálculo, guárdala como CSV."),
    }
    return words[reason]
