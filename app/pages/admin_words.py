"""The owner's words: roles, and what is wrong with a field of a form."""

from app.language import gettext
from app.pages.admin_points_words import points_messages


def role_word(role: str) -> str:
    """Name a role, whoever holds it."""
    words = {
        "owner": gettext("titular"),
        "manager": gettext("responsable"),
        "cashier": gettext("caja"),
        "courier": gettext("reparto"),
    }
    return words[role]


def field_message(field: str) -> str:
    """Say what is wrong with a field and what would be right."""
    messages = {
        "name": gettext("Escribe el nombre, hasta 60 letras."),
        "display_name": gettext("Escribe el nombre, hasta 80 letras."),
        "street": gettext("La dirección es demasiado larga."),
        "color": gettext("Elige un color de la paleta."),
        "hours": gettext("Revisa las horas: cada tramo abre y cierra, y no se pisan."),
        "contact_kind": gettext("Elige cómo te pueden llamar o escribir."),
        "contact_value": gettext("Revisa el teléfono o el correo: así no llega a nadie."),
        "email": gettext("Revisa el correo: falta, no existe o ya es de alguien del equipo."),
        "role": gettext("Elige qué puede hacer."),
        "pin": gettext("El PIN tiene de 4 a 6 cifras, no todas iguales."),
        "till_name": gettext("Ponle un nombre a la caja."),
        "last_owner": gettext("Tiene que quedar al menos una persona titular."),
        "slug": gettext("La dirección web lleva letras sin acento, cifras y guiones."),
        "slug_taken": gettext("Otra tienda ya tiene esa dirección web."),
        "product_name": gettext("Escribe el nombre, hasta 120 letras."),
        "price": gettext("Escribe el precio, por ejemplo 1,50."),
        "tax": gettext("Escribe el impuesto en tanto por ciento, de 0 a 100."),
        "unit": gettext("Elige si se vende por pieza o por kilo."),
        "category": gettext("La categoría tiene hasta 60 letras."),
        "barcode": gettext("El código de barras tiene hasta 20 cifras o letras."),
        "description": gettext("La descripción tiene hasta 500 letras."),
        "sku": gettext("La referencia tiene hasta 64 letras."),
        "sku_taken": gettext("Ya hay un producto con esa referencia."),
        "stock": gettext("Escribe cuánto hay: piezas enteras, o kilos con hasta tres decimales."),
        "no_hours": gettext("Primero pon las horas en que abres: sin ellas no hay qué ofrecer."),
        "capacity": gettext("Pon cuántos pedidos caben, de 1 a 1000."),
        "days_ahead": gettext("Pon de 0 a 60 días."),
        "slot_minutes": gettext("Cada tramo de recogida dura entre 5 minutos y 4 horas."),
        "lead_minutes": gettext("El tiempo para prepararlo llega hasta 14 días."),
        "cutoff_minutes": gettext("El plazo para cambiar llega hasta 7 días."),
        "hold_minutes": gettext("Pon entre 5 minutos y 7 días."),
        "keep_hours": gettext("Se guarda hasta 14 días."),
        "slot_beyond_hours": gettext(
            "Dura más de lo que abres seguido: así no cabe ninguno. Acórtalo."
        ),
        "lead_beyond_days": gettext(
            "Con tanto tiempo para prepararlo no queda ningún día que elegir. Da más días."
        ),
        "day": gettext("Elige un día, de hoy a dos años."),
        "until": gettext("El último día va después del primero, y son 62 como mucho."),
        "day_name": gettext("El motivo tiene hasta 60 letras."),
        "count": gettext("Pide de 1 a 200 tarjetas."),
    }
    messages |= points_messages()
    return messages.get(field, gettext("Revisa este dato."))
