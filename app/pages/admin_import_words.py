"""How an import is put into words: columns, reasons, changes, and a list to begin with."""

from typing import Final

from app.language import gettext, ngettext
from app.pages.admin_product_words import quantity_text, share_text
from app.text import money_text, whole_text
from loyalty.catalog.import_plan import Change, Part

EXAMPLE: Final = {
    "es": (
        "Referencia;Nombre;Categoría;Precio;Unidad;IVA;Existencias;Código de barras\r\n"
        "PAN-1;Barra de pueblo;Panes;1,20;ud;4;40;\r\n"
        "QUE-3;Queso de cabra;Quesos;18,50;kg;4;2,5;\r\n"
        "MIEL;Miel de romero 500 g;Despensa;6,90;ud;10;12;8400000000017\r\n"
    ),
    "en": (
        "Reference,Name,Category,Price,Unit,Tax,Stock,Barcode\r\n"
        "BREAD-1,Country loaf,Breads,1.20,unit,4,40,\r\n"
        "CHEESE-3,Goat cheese,Cheeses,18.50,kg,4,2.5,\r\n"
        "HONEY,Rosemary honey 500 g,Larder,6.90,unit,10,12,8400000000017\r\n"
    ),
}


def column_word(column: str | None) -> str:
    """Name a column, as the example does."""
    words = {
        "sku": gettext("Referencia"),
        "name": gettext("Nombre"),
        "price": gettext("Precio"),
        "tax": gettext("IVA"),
        "stock": gettext("Existencias"),
        "unit": gettext("Unidad"),
        "category": gettext("Categoría"),
        "barcode": gettext("Código de barras"),
        "description": gettext("Descripción"),
        "on_sale": gettext("En venta"),
    }
    return words.get(column or "", gettext("Fila"))


def reason_text(reason: str) -> str:
    """Say why a cell was refused."""
    words = {
        "missing": gettext("está vacío"),
        "too_long": gettext("es demasiado largo"),
        "formula": gettext("empieza como una fórmula"),
        "not_a_number": gettext("no es un número"),
        "out_of_range": gettext("es negativo, enorme o con demasiados decimales"),
        "unit_unknown": gettext("no es ud ni kg"),
        "neither_yes_nor_no": gettext("no es sí ni no"),
        "duplicate": gettext("ya salió en otra fila"),
        "too_many_cells": gettext("tiene más celdas que títulos"),
    }
    return words[reason]


def unreadable_text(reason: str, column: str = "") -> str:
    """Say why a file cannot be read at all, and what to do."""
    words = {
        "empty": gettext("No has elegido ningún archivo, o está vacío."),
        "too_large": gettext(
            "Ese archivo pasa de 20 MB. Parece una foto o un vídeo: elige la lista."
        ),
        "too_many_rows": gettext("La lista pasa de 100.000 filas. Pártela en dos."),
        "not_text": gettext("Eso no es un CSV. Si es una hoja de cálculo, guárdala como CSV."),
    }
    if reason == "no_headings":
        return gettext(
            "La primera fila tiene que llevar los títulos. Falta la columna %(column)s.",
            column=column_word(column),
        )
    return words[reason]


def saved_text(count: int, *, left: int) -> str:
    """Say how many products were kept, and how many are still to come."""
    done = ngettext(
        "%(count)s producto guardado.",
        "%(count)s productos guardados.",
        count,
        count=whole_text(count),
    )
    if not left:
        return done
    return gettext("%(done)s Faltan %(left)s: sigue guardando.", done=done, left=whole_text(left))


def part_text(part: Part, change: Change) -> str:
    """Say what changes in a product: from what to what."""
    draft, before = change.row.draft, change.before
    old, new = {
        "price": (
            money_text(before.price_minor, before.currency),
            money_text(draft.price_minor, before.currency),
        ),
        "name": (before.name, draft.name),
        "tax": (share_text(before.tax_bp), share_text(draft.tax_bp)),
        "unit": (before.unit, draft.unit),
        "category": (before.category, draft.category),
        "barcode": (before.barcode, draft.barcode),
        "description": (before.description[:60], draft.description[:60]),
        "on_sale": (_yes_no(is_so=before.is_active), _yes_no(is_so=draft.is_active)),
        "stock": (
            gettext("sin contar")
            if before.on_hand_milli is None
            else quantity_text(before.on_hand_milli, before.unit),
            quantity_text(change.row.stock_milli or 0, draft.unit),
        ),
    }[part]
    nothing = gettext("nada")
    return f"{column_word(part)}: {old or nothing} → {new or nothing}"


def _yes_no(*, is_so: bool) -> str:
    return gettext("sí") if is_so else gettext("no")
