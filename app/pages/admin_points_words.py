"""What is wrong with a field of the forms about points and rewards, and what would be right."""

from app.language import gettext


def points_messages() -> dict[str, str]:
    """Say it for each field."""
    return {
        "points": gettext("Pon de 1 a 1000 puntos."),
        "per_minor": gettext("Pon el importe que hay que gastar, más de cero."),
        "reward_name": gettext("Escribe el premio, hasta 60 letras."),
        "reward_points": gettext("Pon cuántos puntos cuesta, al menos 1."),
        "value_minor_per_1000": gettext("Escribe el importe, por ejemplo 10 o 7,50."),
        "debt_policy": gettext("Elige qué pasa con lo que se debe."),
        "expiry_months": gettext("Pon de 1 a 120 meses, o déjalo vacío."),
        "expiry_grace_days": gettext("Pon de 0 a 365 días."),
        "expiry_warning_days": gettext("Pon de 0 a 365 días."),
        "pending_days": gettext("Pon de 0 a 365 días."),
        "card_sales_per_day": gettext("Pon al menos 1, o déjalo vacío."),
        "card_points_per_day": gettext("Pon al menos 1, o déjalo vacío."),
        "welcome_points": gettext("Pon un número entero de puntos; 0 es nada."),
        "birthday_points": gettext("Pon un número entero de puntos; 0 es nada."),
        "referral_points": gettext("Pon un número entero de puntos; 0 es nada."),
        "referral_most": gettext("Pon un número entero de personas; 0 es ninguna."),
        "adjust_manager_most": gettext("Pon un número entero de puntos; 0 es nada."),
        "cashier_allowance": gettext("Pon un número entero de puntos; 0 es nada."),
        "offline_allowance": gettext("Pon un número entero de puntos; 0 es nada."),
        "adjust_points": gettext("Pon un número entero de puntos, al menos 1."),
        "reason": gettext("Escribe el motivo, hasta 200 letras."),
        "minor": gettext("Escribe el importe, por ejemplo 5 o 2,50."),
        "cap_minor": gettext("Escribe el importe, por ejemplo 5 o 2,50."),
        "worth_minor": gettext("Escribe el importe, por ejemplo 5 o 2,50."),
        "from_minor": gettext("Escribe el importe, por ejemplo 5 o 2,50."),
        "minimum_minor": gettext("Escribe el importe, por ejemplo 5 o 2,50."),
        "percent": gettext("Pon de 1 a 100."),
        "per_points": gettext("Pon cuántos puntos, al menos 1."),
        "pieces": gettext("Pon de 1 a 100."),
        "per_sale_most": gettext("Pon de 1 a 100."),
        "per": gettext("Elige con qué se gana un sello."),
        "products": gettext("Elige al menos una categoría o un producto."),
        "goods": gettext("No encuentro ese producto en tu lista."),
        "free": gettext("No encuentro ese producto en tu lista."),
        "valid_from": gettext("Escribe un día que exista."),
        "valid_until": gettext("Escribe un día que exista y que no sea antes del primero."),
        "per_member": gettext("Pon un número entero, al menos 1."),
        "per_member_day": gettext("Pon un número entero, al menos 1."),
        "at_till": gettext("Elige al menos un sitio: en caja o en la web."),
    }
