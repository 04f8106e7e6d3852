"""What each refusal says to a person: what happened, why, and what to do. Never who is to blame."""

from flask_babel import lazy_gettext as _l

from app.reward_texts import REWARD_TEXTS, ProblemText
from loyalty.wire.refusals import Refusal

PROBLEM_TEXTS: dict[Refusal, ProblemText] = {
    Refusal.MALFORMED_REQUEST: ProblemText(
        _l("No se entiende lo que llegó"),
        _l("Falta un dato o tiene otra forma."),
        _l("Revisa los datos y envíalos otra vez."),
    ),
    Refusal.BODY_TOO_LARGE: ProblemText(
        _l("Es demasiado largo"),
        _l("Lo enviado pasa del tamaño permitido."),
        _l("Envía menos de una vez."),
    ),
    Refusal.NOT_FOUND: ProblemText(
        _l("Aquí no hay nada"),
        _l("Esta dirección no lleva a ninguna página."),
        _l("Comprueba la dirección o vuelve al principio."),
    ),
    Refusal.METHOD_NOT_ALLOWED: ProblemText(
        _l("Así no se puede"),
        _l("Esta dirección existe, pero no para esto."),
        _l("Vuelve atrás y usa los botones de la página."),
    ),
    Refusal.UNSUPPORTED_MEDIA_TYPE: ProblemText(
        _l("Formato desconocido"),
        _l("Solo se acepta JSON."),
        _l("Envía el contenido como application/json."),
    ),
    Refusal.FORM_EXPIRED: ProblemText(
        _l("La página llevaba mucho tiempo abierta"),
        _l("No se ha guardado nada."),
        _l("Recarga la página y hazlo otra vez. Si vuelve a pasar, permite sus cookies."),
    ),
    Refusal.SIGN_IN_NEEDED: ProblemText(
        _l("Hay que entrar primero"),
        _l("No sabemos quién eres, o tu sesión ya terminó."),
        _l("Entra otra vez y repite lo que hacías."),
    ),
    Refusal.NOT_ALLOWED: ProblemText(
        _l("No tienes permiso para esto"),
        _l("Tu puesto en esta tienda no lo incluye."),
        _l("Pídeselo a quien lleva la tienda."),
    ),
    Refusal.TILL_REVOKED: ProblemText(
        _l("Esta caja ya no está unida"),
        _l("La tienda la quitó de su lista."),
        _l("Pide un código nuevo en la página de la tienda y únela otra vez."),
    ),
    Refusal.FOREIGN_ORIGIN: ProblemText(
        _l("La petición viene de otra página"),
        _l("Solo se acepta lo que envían nuestras páginas."),
        _l("Abre la página desde su dirección y repite."),
    ),
    Refusal.TOO_MANY_TRIES: ProblemText(
        _l("Demasiados intentos"),
        _l("Por seguridad hay que esperar un poco."),
        _l("Espera un minuto y prueba otra vez."),
    ),
    Refusal.RATE_LIMITED: ProblemText(
        _l("Demasiadas peticiones"),
        _l("Han llegado muchas seguidas desde la misma conexión."),
        _l("Espera un minuto y sigue."),
    ),
    Refusal.LINK_EXPIRED: ProblemText(
        _l("Este enlace ya no vale"),
        _l("Caducó, ya se usó o llegó cortado."),
        _l("Pide uno nuevo."),
    ),
    Refusal.PAIRING_CODE_WRONG: ProblemText(
        _l("El código no coincide"),
        _l("Los códigos para unir una caja valen diez minutos y una sola vez."),
        _l("Pide otro en la página de la tienda."),
    ),
    Refusal.PIN_WRONG: ProblemText(
        _l("El PIN no coincide"),
        _l("Tras cinco fallos se bloquea."),
        _l("Escríbelo otra vez, o pide uno nuevo a quien lleva la tienda."),
    ),
    Refusal.PIN_NEEDED: ProblemText(
        _l("Falta tu PIN"),
        _l("En esta caja se ven tarjetas de personas, así que primero entra alguien."),
        _l("Elige tu nombre y escribe tu PIN."),
    ),
    Refusal.PIN_NEEDS_LINE: ProblemText(
        _l("Ese PIN aún no se conoce aquí"),
        _l("Sin línea, una caja solo comprueba un PIN que ya valió en ella."),
        _l("Entra con otra persona, o espera a que vuelva la línea."),
    ),
    Refusal.TILL_CANNOT_KEEP: ProblemText(
        _l("La caja no pudo apuntarlo"),
        _l("El disco de este equipo está lleno o no deja escribir. No se ha guardado nada."),
        _l("Haz sitio en el disco y guárdalo otra vez."),
    ),
    Refusal.QUEUE_NOT_EMPTY: ProblemText(
        _l("Aún hay ventas por mandar"),
        _l("Esta caja guarda actos que la tienda no tiene todavía."),
        _l("Espera a que vuelva la línea, o guárdalos antes en un archivo."),
    ),
    Refusal.AMOUNT_INVALID: ProblemText(
        _l("El importe no puede ser"),
        _l("Es cero, negativo o demasiado grande."),
        _l("Escribe el importe otra vez."),
    ),
    Refusal.CURRENCY_MISMATCH: ProblemText(
        _l("Es otra moneda"),
        _l("La tienda cobra en una moneda y la venta llegó en otra."),
        _l("Revisa la moneda de la caja."),
    ),
    Refusal.SALE_CONFLICT: ProblemText(
        _l("Ese número de venta ya está usado"),
        _l("Hay otra venta guardada con el mismo número y otro contenido."),
        _l("Guarda esta venta como nueva."),
    ),
    Refusal.SALE_ID_RESERVED: ProblemText(
        _l("Ese número de venta es de un pedido"),
        _l("Los números que empiezan por «order:» los pone la entrega de un pedido."),
        _l("Entrega el pedido: la venta se guarda sola."),
    ),
    Refusal.SALE_UNKNOWN: ProblemText(
        _l("No encontramos esa venta"),
        _l("No hay ninguna venta con ese número en tu programa."),
        _l("Comprueba el número, o envía antes la venta."),
    ),
    Refusal.REFUND_CONFLICT: ProblemText(
        _l("Ese número de devolución ya está usado"),
        _l("Hay otra devolución guardada con el mismo número y otro contenido."),
        _l("Guarda esta devolución como nueva."),
    ),
    Refusal.REFUND_EXCEEDS_SALE: ProblemText(
        _l("Es más de lo que queda por devolver"),
        _l("Todas las devoluciones juntas no pasan del total de la venta."),
        _l("Devuelve como mucho lo que queda."),
    ),
    Refusal.REASSIGNMENT_CONFLICT: ProblemText(
        _l("Ese cambio ya está usado"),
        _l("Hay otro cambio guardado con el mismo número y otro contenido."),
        _l("Haz el cambio otra vez desde la lista de ventas."),
    ),
    Refusal.UNDO_TOO_LATE: ProblemText(
        _l("Ya no se puede deshacer aquí"),
        _l("Se deshace durante el mismo día de la venta."),
        _l("Pídeselo a quien lleva la tienda."),
    ),
    Refusal.OTHER_TILL: ProblemText(
        _l("Lo hizo otra caja"),
        _l("Solo deshace una venta la caja que la hizo."),
        _l("Hazlo en esa caja."),
    ),
    Refusal.ALREADY_USED: ProblemText(
        _l("Este código ya se usó"),
        _l("Cada código vale una sola vez para gastar."),
        _l("Espera al siguiente código del teléfono."),
    ),
    Refusal.POINTS_INVALID: ProblemText(
        _l("No son puntos que se puedan mover"),
        _l("Los puntos son enteros, más de cero y no más de un millón de una vez."),
        _l("Escribe otra cantidad."),
    ),
    Refusal.POINTS_SHORT: ProblemText(
        _l("No quedan tantos puntos"),
        _l("Algunos pueden estar reservados, pendientes o caducados."),
        _l("Usa menos puntos, o paga sin ellos."),
    ),
    Refusal.REDEEMING_BLOCKED: ProblemText(
        _l("Antes hay que saldar los puntos que se deben"),
        _l("La tienda no deja gastar puntos mientras se deben otros."),
        _l("Se saldan solos con las próximas compras."),
    ),
    Refusal.HOLD_UNKNOWN: ProblemText(
        _l("No hay tal reserva de puntos"),
        _l("Ese número no corresponde a ninguna reserva."),
        _l("Empieza el canje otra vez."),
    ),
    Refusal.HOLD_ENDED: ProblemText(
        _l("Esa reserva de puntos ya terminó"),
        _l("Se usó, se soltó o pasó su hora. Lo que usó una venta vuelve con su devolución."),
        _l("Empieza el canje otra vez."),
    ),
    Refusal.HOLD_EXCEEDED: ProblemText(
        _l("Son más puntos de los reservados"),
        _l("De una reserva se usa como mucho lo que guarda."),
        _l("Usa menos puntos, o reserva otra vez."),
    ),
    Refusal.GIVE_BACK_EXCEEDED: ProblemText(
        _l("Son más puntos de los que se canjearon"),
        _l("De un canje vuelve como mucho lo que se usó."),
        _l("Devuelve como mucho lo que queda."),
    ),
    Refusal.ADJUST_LIMIT: ProblemText(
        _l("Son demasiados puntos para tu puesto"),
        _l("Cada puesto puede mover a mano hasta una cantidad."),
        _l("Pídeselo a quien lleva la tienda."),
    ),
    Refusal.STOCK_SHORT: ProblemText(
        _l("No queda tanto"),
        _l("Otra persona se ha llevado o ha encargado lo que quedaba."),
        _l("Elige menos cantidad, u otro producto."),
    ),
    Refusal.LIST_UNREADABLE: ProblemText(
        _l("Esa lista no se puede leer"),
        _l("No es un CSV con una columna de nombre y otra de precio."),
        _l("Guárdala como CSV desde tu hoja de cálculo y elígela otra vez."),
    ),
    Refusal.SLOT_FULL: ProblemText(
        _l("Esa hora ya está completa"),
        _l("Otra persona ha cogido el último sitio."),
        _l("Elige otra hora."),
    ),
    Refusal.SLOT_UNAVAILABLE: ProblemText(
        _l("A esa hora no se puede recoger"),
        _l("La tienda no la ofrece ahora: falta muy poco, o está cerrada."),
        _l("Elige una de las horas que se muestran."),
    ),
    Refusal.ORDER_INVALID: ProblemText(
        _l("Ese pedido no se puede hacer"),
        _l("Hay un producto que ya no se vende, o una cantidad que no puede ser."),
        _l("Repasa el pedido y mándalo otra vez."),
    ),
    Refusal.ORDER_CONFLICT: ProblemText(
        _l("Ese pedido ya está hecho, y es otro"),
        _l("Hay un pedido guardado con el mismo número y otro contenido."),
        _l("Empieza un pedido nuevo."),
    ),
    Refusal.ORDER_STATE: ProblemText(
        _l("Con este pedido ya no se puede"),
        _l("El pedido está en otro punto: recogido, anulado, o sin preparar todavía."),
        _l("Mira cómo está el pedido ahora."),
    ),
    Refusal.ORDER_ELSEWHERE: ProblemText(
        _l("Este pedido se recoge en otra tienda"),
        _l("El código es bueno, pero no de aquí."),
        _l("Di en qué tienda está preparado."),
    ),
    Refusal.CHANGE_TOO_LATE: ProblemText(
        _l("Ya es tarde para cambiarlo"),
        _l("Falta poco para la hora de recogida y la tienda lo está preparando."),
        _l("Llama a la tienda."),
    ),
    Refusal.SPOKEN_CODE_WRONG: ProblemText(
        _l("Ese no es el código de este pedido"),
        _l("Se puede probar cinco veces; después hace falta el código con imagen."),
        _l("Pide que lo lea otra vez, letra por letra."),
    ),
    Refusal.HANDOFF_CONFLICT: ProblemText(
        _l("Esa entrega ya está hecha, y es otra"),
        _l("Hay una entrega guardada con el mismo número y otro contenido."),
        _l("Empieza la entrega otra vez."),
    ),
    Refusal.MENTION_INVALID: ProblemText(
        _l("Esa mención no se puede aceptar"),
        _l("Hacen falta dos direcciones distintas, y la segunda debe ser una página nuestra."),
        _l("Comprueba las dos direcciones y envíala otra vez."),
    ),
    Refusal.NETWORK_TROUBLE: ProblemText(
        _l("La otra red no contesta como debería"),
        _l("Está caída, va lenta, pide que esperemos o ya no nos deja entrar."),
        _l("Prueba más tarde; si sigue igual, conecta la cuenta otra vez."),
    ),
    Refusal.ADDRESS_REFUSED: ProblemText(
        _l("A esa dirección no vamos"),
        _l("No es una dirección pública de la web."),
        _l("Usa una dirección que cualquiera pueda abrir."),
    ),
    Refusal.ACCOUNT_TAKEN: ProblemText(
        _l("Esa cuenta ya está en otra tarjeta"),
        _l("Una cuenta solo se une a una persona."),
        _l("Quítala antes de la otra tarjeta."),
    ),
    Refusal.ORDER_NEEDS_LINE: ProblemText(
        _l("Este pedido necesita la línea"),
        _l("Sin conexión solo se entregan, con su código, los pedidos listos que la caja conoce."),
        _l("Espera a la línea, o pasa el código de recogida."),
    ),
    Refusal.POINTS_NEED_LINE: ProblemText(
        _l("Los puntos necesitan la línea"),
        _l("Sin conexión nadie sabe cuántos quedan. Siguen en la tarjeta para otro día."),
        _l("Cobra sin premio, o espera a la línea."),
    ),
    Refusal.CARD_UNKNOWN: ProblemText(
        _l("No encontramos esa tarjeta"),
        _l("No es de este programa, o ya no existe."),
        _l("Pide que abra su tarjeta otra vez."),
    ),
    Refusal.CODE_REFUSED: ProblemText(
        _l("Ese código no vale"),
        _l("No se ha podido comprobar la tarjeta."),
        _l("Pide que abra su tarjeta otra vez."),
    ),
    Refusal.EMAIL_INVALID: ProblemText(
        _l("Ese correo no parece completo"),
        _l("Falta algo, o sobra un espacio o una coma."),
        _l("Escríbelo otra vez."),
    ),
    Refusal.PHONE_INVALID: ProblemText(
        _l("Ese teléfono no parece completo"),
        _l("Falta o sobra alguna cifra, o el prefijo del país."),
        _l("Escríbelo otra vez."),
    ),
    Refusal.LINK_UNKNOWN: ProblemText(
        _l("No encontramos esa unión"),
        _l("No existe en este programa."),
        _l("Recarga la página."),
    ),
    Refusal.IDENTIFIER_BLOCKED: ProblemText(
        _l("Ese dato no es de nadie"),
        _l("Parece una casilla rellenada para salir del paso."),
        _l("Escribe el dato de verdad o déjalo vacío."),
    ),
    Refusal.IDENTIFIER_NOT_BLOCKABLE: ProblemText(
        _l("Eso no se bloquea"),
        _l("Solo se bloquean navegadores, números de cliente, teléfonos y correos."),
        _l("Anula la tarjeta, o separa lo que no es de esta persona."),
    ),
    Refusal.IDENTIFIER_UNKNOWN: ProblemText(
        _l("No conocemos ese dato"),
        _l("Nadie lo ha usado en este programa."),
        _l("Recarga la página."),
    ),
    Refusal.CONSENT_NEEDED: ProblemText(
        _l("Para unir esto hace falta tu permiso"),
        _l("El permiso se retiró, o nunca se dio."),
        _l("Puedes darlo en Privacidad, si quieres."),
    ),
    Refusal.NOTE_EMPTY: ProblemText(
        _l("La nota está vacía"),
        _l("No hay ninguna palabra que guardar."),
        _l("Escribe algo y envíala otra vez."),
    ),
    Refusal.PROGRAM_EXISTS: ProblemText(
        _l("Ese programa ya existe"),
        _l("Hay un programa con el mismo número."),
        _l("Elige otro número o usa el que ya hay."),
    ),
    Refusal.STORE_ADDRESS_TAKEN: ProblemText(
        _l("Esa dirección ya la usa otra tienda"),
        _l("Cada tienda tiene una dirección propia."),
        _l("Elige otra."),
    ),
    Refusal.SETTING_INVALID: ProblemText(
        _l("Ese valor no puede ser"),
        _l("Un dato de la tienda tiene otra forma."),
        _l("Revisa el dato y guarda otra vez."),
    ),
    Refusal.FEED_PLACE_UNKNOWN: ProblemText(
        _l("No se puede seguir desde ahí"),
        _l("Lo que venía después ya no se guarda, o ese lugar no existe aquí."),
        _l("Lee los datos de nuevo y sigue desde lo último."),
    ),
    Refusal.STORAGE_UNAVAILABLE: ProblemText(
        _l("Ahora no se puede guardar"),
        _l("No consta que se haya guardado."),
        _l("Se puede enviar otra vez sin miedo: no se duplica."),
    ),
    Refusal.INTERNAL_ERROR: ProblemText(
        _l("Algo ha fallado aquí"),
        _l("No es culpa tuya. Ha quedado apuntado."),
        _l("Prueba otra vez en un momento."),
    ),
    **REWARD_TEXTS,
}
