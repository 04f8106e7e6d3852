"""The till's dynamic texts: those its modules fill with names, figures and times.

Texts that never change stand in `templates/till`. A key that ends in `_one` and `_other` is
chosen by the count.
"""

from collections.abc import Callable

Translate = Callable[[str], str]


def till_words(_: Translate) -> dict[str, str]:
    """Give every dynamic text in the language of `_`."""
    return (
        _selling(_)
        | _redeeming(_)
        | _reading(_)
        | _camera(_)
        | _correcting(_)
        | _orders(_)
        | _waiting(_)
        | _agent(_)
        | _entering(_)
    )


def _redeeming(_: Translate) -> dict[str, str]:
    return {
        "stamps_one": _("1 sello"),
        "stamps_other": _("%(n)s sellos"),
        "stamps_of": _("%(stamps)s de %(needed)s sellos"),
        "stamps_wait_one": _("1 en espera"),
        "stamps_wait_other": _("%(n)s en espera"),
        "redeem_how_many_points": _("Cuántos puntos usa"),
        "redeem_how_many_stamps": _("Cuántos sellos usa"),
        "points_from_one": _("desde 1 punto"),
        "points_from_other": _("desde %(n)s puntos"),
        "redeem_detail": _("Tiene %(points)s. La compra es de %(amount)s."),
        "redeem_all": _("Usar %(points)s, todo lo que se puede"),
        "redeem_use": _("Usar %(cost)s"),
        "redeem_least": _("Como poco %(points)s."),
        "redeem_most": _("Como mucho %(points)s: es lo que tiene o lo que vale la compra."),
        "redeem_amount_first": _("Escribe antes el importe: el premio se descuenta de él."),
        "redeem_locked": _("Quita el premio para cambiar el importe."),
        "redeem_off": _("%(bill)s %(off)s por %(cost)s"),
        "redeem_over": _("El premio se soltó: ha pasado el tiempo. Elígelo otra vez."),
        "redeem_member_pin": _("PIN de la persona: 4 cifras, las teclea ella"),
        "redeem_cashier_pin": _("Tu PIN de caja; hoy quedan %(points)s"),
        "redeem_no_proof": _(
            "Con la tarjeta impresa sola no se usan puntos: pide el código del móvil."
        ),
        "redeem_pin_wrong": _("Son 4 cifras."),
        "redeem_pin_cashier_wrong": _("Escribe tu PIN de caja."),
        "redeem_reason_needed": _("Escribe el motivo."),
        "redeem_no_answer": _("La tienda no contesta. Prueba otra vez o cobra sin premio."),
        "redeem_offline": _("Sin línea no se usan puntos. Siguen en su tarjeta para otro día."),
        "redeem_failed": _("La venta está guardada. El premio no se pudo usar: %(why)s"),
        "why_title": _("Por qué tiene estos puntos"),
        "why_wait": _("Preguntando a la tienda…"),
        "why_offline": _("Sin línea no se puede saber."),
    }


def _selling(_: Translate) -> dict[str, str]:
    return {
        "idle_title": _("Pasa la tarjeta por el lector"),
        "idle_detail": _("Listo. No hace falta tocar nada."),
        "plain_title": _("Venta sin tarjeta"),
        "plain_detail": _("Si la tiene, aún puedes pasarla."),
        "rewards_title": _("Puede pedir ahora"),
        "next_title": _("Lo siguiente"),
        "missing_one": _("le falta 1 punto"),
        "missing_other": _("le faltan %(n)s puntos"),
        "missing_after": _("le faltan %(missing)s, tras esta compra %(after)s"),
        "points_one": _("1 punto"),
        "points_other": _("%(n)s puntos"),
        "unit_points_one": _("punto"),
        "unit_points_other": _("puntos"),
        "plus_points_one": _("+1 punto"),
        "plus_points_other": _("+%(n)s puntos"),
        "save": _("Guardar compra"),
        "save_plain": _("Guardar compra sin tarjeta"),
        "save_here": _("Guardar en esta caja"),
        "cancel_sale": _("Dejar esta venta"),
        "not_person": _("No es %(name)s, quitar tarjeta"),
        "not_card": _("No es su tarjeta, quitarla"),
        "amount_needed": _("Escribe el importe. Por ejemplo, 1240 o 12,40."),
        "before": _("Antes: %(amount)s"),
        "anonymous": _("tarjeta sin nombre"),
        "no_card": _("sin tarjeta"),
        "saved_toast": _("Guardado: %(total)s, %(name)s"),
        "fact_gain": _("Con esta compra"),
        "fact_after": _("Tendrá"),
        "fact_now": _("Tiene ahora"),
        "fact_with_card": _("Con tarjeta serían"),
        "fact_rule": _("Por qué"),
        "fact_at": _("Hora"),
        "fact_returned": _("Devuelto"),
        "rule": _("%(points)s por cada %(amount)s"),
        "kept_toast": _("En esta caja: %(total)s, %(name)s"),
        "claim_label": _("Código del recibo"),
        "claim_sent": _("Recibo en camino."),
        "claim_offline": _("Sin línea no sale el correo. Imprime el recibo o enseña el código."),
    }


def _reading(_: Translate) -> dict[str, str]:
    return {
        "checking_title": _("Comprobando la tarjeta…"),
        "checking_detail": _("Puedes ir escribiendo el importe."),
        "unchecked_title": _("Ahora no se puede comprobar"),
        "unchecked_detail": _("La caja guarda el código. Los puntos llegan al volver la línea."),
        "cut_title": _("El código llegó cortado"),
        "cut_detail": _("El lector no envió todas las letras."),
        "foreign_title": _("Este código no es de una tarjeta"),
        "foreign_detail": _("Puede ser de un producto, de un tique o de una web."),
        "step_again_title": _("Pide que enseñe su tarjeta"),
        "step_again_detail": _("Pasa por el lector el código cuadrado."),
        "step_plain_title": _("Si no puede, cobra sin tarjeta"),
        "step_plain_detail": _("La venta se guarda igual."),
        "letters_offline_title": _("Las letras necesitan línea"),
        "letters_offline_detail": _("Pasa el código por el lector o cobra sin tarjeta."),
        "letters_wrong": _("Son 8 letras, sin cifras. Mira debajo del código."),
        "stray": _("Ese código no es de una tarjeta. Sigue: %(name)s"),
        "try_whole": _("Código entero de Enlaza. El lector va bien."),
        "try_other": _("Han llegado %(count)s caracteres. No es un código de Enlaza."),
        "try_pace": _("%(ms)s ms por letra."),
        "try_suffix": _("Termina en %(key)s."),
        "try_no_suffix": _("Sin tecla al final."),
        "try_by_place": _(
            "El teclado de este equipo cambia las letras; se leyó por la posición de las teclas."
        ),
    }


def _camera(_: Translate) -> dict[str, str]:
    return {
        "camera_on": _("Usar la cámara"),
        "camera_off": _("Apagar la cámara"),
        "camera_opening_title": _("Abriendo la cámara…"),
        "camera_opening_detail": _("Si el navegador pregunta, di que sí."),
        "camera_ready_title": _("Enseña el código a la cámara"),
        "camera_ready_detail": _("A un palmo, entero dentro del marco."),
        "camera_refused_title": _("La cámara no tiene permiso"),
        "camera_refused_detail": _(
            "Actívala en el candado de la barra de direcciones. Mientras, usa el lector o escribe "
            "el código."
        ),
        "camera_missing_title": _("Este equipo no tiene cámara"),
        "camera_missing_detail": _("Usa el lector o escribe el código."),
        "camera_busy_title": _("Otro programa usa la cámara"),
        "camera_busy_detail": _("Ciérralo y prueba otra vez. Mientras, escribe el código."),
        "camera_insecure_title": _("Aquí la cámara no funciona"),
        "camera_insecure_detail": _(
            "El navegador solo la deja con https. Usa el lector o escribe el código."
        ),
    }


def _correcting(_: Translate) -> dict[str, str]:
    return {
        "undo_of": _("Deshacer: %(what)s"),
        "state_refunded": _("devuelta"),
        "state_part_refunded": _("devuelta en parte"),
        "state_moved": _("cambiada de tarjeta"),
        "state_waiting": _("espera la línea"),
        "refunded_toast": _("Devuelto: %(total)s. Escribe el importe bueno."),
        "returns_left": _("Quedan %(count)s · %(money)s"),
        "returns_left_free": _("Quedan %(count)s · pagado con puntos"),
        "returns_nameless": _("Línea %(number)s del tique"),
        "returns_less": _("Uno menos: %(name)s"),
        "returns_more": _("Uno más: %(name)s"),
        "returns_do_free": _("Devolver sin dinero"),
        "returns_none": _("Elige primero qué vuelve."),
        "returns_empty": _("De esta venta ya no queda nada por devolver."),
        "returns_offline": _("Hace falta línea con la tienda para elegir productos."),
        "move_refused": _("%(why)s. Prueba con otra tarjeta o déjala sin tarjeta."),
        "kind_sale": _("Venta"),
        "kind_refund": _("Devolución"),
        "kind_move": _("Cambio de tarjeta"),
        "kind_handoff": _("Entrega"),
        "kind_redemption": _("Canje"),
    }


def _orders(_: Translate) -> dict[str, str]:
    return {
        "order_ready": _("Listo"),
        "order_not_ready": _("En marcha"),
        "order_waits": _("Le espera el pedido %(number)s"),
        "order_give": _("Entregar"),
        "order_look": _("Ver"),
        "order_ready_title": _("Pedido %(number)s, listo"),
        "order_title": _("Pedido %(number)s"),
        "order_not_ready_detail": _("aún no está listo"),
        "order_proof_needed": _(
            "Pasa el código de recogida por el lector, o escribe las 8 letras que dice %(name)s."
        ),
        "order_spoken_title": _("Las 8 letras del pedido %(number)s"),
        "order_letters_wrong": _("Son 8 letras, sin cifras. Pide que las lea otra vez."),
        "order_spoken_closed": _("Ya no se puede con letras. Pide el código con imagen."),
        "order_no_answer": _("No hay respuesta de la tienda. Pulsa otra vez: no se entrega doble."),
        "order_offline_title": _("Sin línea no se entrega este pedido"),
        "order_offline_detail": _("Esta caja no sabe si ya se entregó. Espera a la línea."),
        "order_give_back": _("Devolver %(amount)s"),
        "row_order": _("Pedido %(number)s entregado"),
        "return_goods": _("Devolver"),
        "return_of": _("Devolver: %(what)s"),
    }


def _waiting(_: Translate) -> dict[str, str]:
    return {
        "ago_now": _("hace un momento"),
        "ago_minutes_one": _("hace 1 min"),
        "ago_minutes_other": _("hace %(n)s min"),
        "ago_hours_one": _("hace 1 h"),
        "ago_hours_other": _("hace %(n)s h"),
        "line_up": _("En línea · al día"),
        "line_sending_one": _("Enviando 1"),
        "line_sending_other": _("Enviando %(n)s"),
        "line_down": _("Sin conexión"),
        "offline_since": _("Sin conexión desde las %(time)s."),
        "offline_can": _("Puedes seguir cobrando."),
        "offline_waiting_one": _("1 venta espera desde %(ago)s."),
        "offline_waiting_other": _("%(n)s ventas esperan, la primera desde %(ago)s."),
        "back_online_one": _("Línea de vuelta. 1 venta enviada, ninguna repetida."),
        "back_online_other": _("Línea de vuelta. %(n)s ventas enviadas, ninguna repetida."),
        "row_waiting": _("espera la línea"),
        "kept_title": _("Guardada en esta caja"),
        "kept_detail": _("Se envía sola al volver la línea, una sola vez."),
        "aside_banner_one": _("1 venta no se pudo guardar en la tienda."),
        "aside_banner_other": _("%(n)s ventas no se pudieron guardar en la tienda."),
        "aside_step_title": _("La venta está apartada en esta caja"),
        "aside_step_detail": _("No se pierde: sale en los ajustes de la caja."),
        "aside_step2_title": _("Avisa a quien lleva la tienda"),
        "aside_step2_detail": _("Puede guardarla en un archivo y mirar por qué."),
        "unsent_more_one": _("Y 1 más: todas están en el archivo."),
        "unsent_more_other": _("Y %(n)s más: todas están en el archivo."),
        "unsent_none": _("Todo está enviado."),
        "unsent_waiting_one": _("1 espera la línea."),
        "unsent_waiting_other": _("%(n)s esperan la línea."),
        "unsent_aside_one": _("1 apartada: la tienda no la aceptó."),
        "unsent_aside_other": _("%(n)s apartadas: la tienda no las aceptó."),
        "other_store_title": _("Es de otra tienda"),
        "other_store_detail": _(
            "Se cobró cuando esta caja era de otra tienda. Guarda el archivo y avisa."
        ),
        "not_written": _("Este navegador no pudo guardarla. No se ha enviado: prueba otra vez."),
        "unpair_refused_one": _("Aún hay 1 venta sin enviar. Espera la línea o guarda el archivo."),
        "unpair_refused_other": _(
            "Aún hay %(n)s ventas sin enviar. Espera la línea o guarda el archivo."
        ),
    }


def _agent(_: Translate) -> dict[str, str]:
    """Say how the program at the counter stands, where there is one."""
    return {
        "line_bad": _("Línea floja"),
        "line_refused": _("Caja no unida"),
        "agent_silent": _("Programa parado"),
        "agent_since": _("El programa de esta caja no contesta desde las %(time)s."),
        "agent_took_one": _("El programa contesta otra vez. 1 venta apuntada."),
        "agent_took_other": _("El programa contesta otra vez. %(n)s ventas apuntadas."),
        "agent_revoked": _("La tienda quitó esta caja de su lista."),
        "agent_revoked_can": _(
            "Lo que cobres queda apuntado aquí. Pide un código nuevo y únela otra vez."
        ),
        "agent_certificate": _("Quien contesta no es la tienda: su certificado no vale."),
        "agent_not_ours": _("Contesta la red, no la tienda. Quizá pide entrar en su página."),
        "agent_trouble": _("La tienda no contesta bien desde las %(time)s."),
        "agent_waiting_one": _("1 venta por mandar, de %(ago)s."),
        "agent_waiting_other": _("%(n)s ventas por mandar, la más antigua %(ago)s."),
        "agent_copy": _("Clientes: copia de las %(time)s."),
        "agent_trust": _("Firmas: copia de las %(time)s."),
        "agent_damaged_one": _("El archivo de ventas se dañó el %(day)s, %(time)s. Se salvó 1."),
        "agent_damaged_other": _(
            "El archivo de ventas se dañó el %(day)s, %(time)s. Se salvaron %(n)s."
        ),
        "agent_lost_one": _("1 se perdió."),
        "agent_lost_other": _("%(n)s se perdieron."),
        "agent_unpair": _(
            "El programa de este equipo la quita con enlaza-till unpair, cuando no quede nada "
            "por mandar."
        ),
        "meanwhile_title": _("Mientras tanto puedes"),
        "unit_copy": _("%(unit)s a las %(time)s"),
    }


def _entering(_: Translate) -> dict[str, str]:
    return {
        "no_answer": _("No hay respuesta. Revisa la conexión y prueba otra vez."),
        "pair_not_letters": _("Son 8 letras, sin cifras. Mira la página del dueño."),
        "pin_locked": _("El PIN está bloqueado. Pide uno nuevo a quien lleva la tienda."),
        "pin_of": _("PIN de %(name)s"),
        "pin_offline": _("Sin línea no se puede cambiar de persona."),
        "tries_left_one": _("Queda 1 intento."),
        "tries_left_other": _("Quedan %(n)s intentos."),
    }
