//! Spanish, as it is spoken in Spain; the owner is *tú*.

use chrono::{Datelike, NaiveTime};

use super::super::es::{at, month, weekday};
use super::{Day, Labels};

pub(super) const WEEKDAYS: [&str; 7] = ["Lunes", "Martes", "Miércoles", "Jueves", "Viernes", "Sábado", "Domingo"];

pub(super) fn day(day: Day) -> String {
    match day {
        Day::Today => "hoy".to_owned(),
        Day::Yesterday => "ayer".to_owned(),
        Day::Tomorrow => "mañana".to_owned(),
        Day::Near(date) => weekday(date).to_owned(),
        Day::ThisYear(date) => format!("{} de {}", date.day(), month(date)),
        Day::AnotherYear(date) => format!("{} de {} de {}", date.day(), month(date), date.year()),
    }
}

/// `hoy a las 9:00`, but `el lunes a la 1:00`.
pub(super) fn moment_within(named: Day, time: NaiveTime) -> String {
    match named {
        Day::Today | Day::Yesterday | Day::Tomorrow => format!("{} a {}", day(named), at(time)),
        other => format!("el {} a {}", day(other), at(time)),
    }
}

pub(super) fn from(named: Day, time: NaiveTime) -> String {
    match named {
        Day::Tomorrow if time == NaiveTime::MIN => "desde medianoche".to_owned(),
        Day::Today => format!("desde {}", at(time)),
        Day::Tomorrow => format!("desde mañana a {}", at(time)),
        other => format!("desde el {} a {}", day(other), at(time)),
    }
}

pub(super) fn read_back(rings: bool, now: &str, next: Option<&str>) -> String {
    match (rings, next) {
        (true, Some(next)) => format!("Guardado. Hoy a {now} suenan los teléfonos; {next}, el saludo."),
        (true, None) => format!("Guardado. Hoy a {now} suenan los teléfonos, sin ningún cierre previsto."),
        (false, Some(next)) => format!("Guardado. Hoy a {now} se oye el saludo; {next}, suenan los teléfonos."),
        (false, None) => format!("Guardado. Hoy a {now} se oye el saludo, sin ninguna apertura prevista."),
    }
}

pub(super) const LABELS: Labels = Labels {
    skip: "Ir al contenido",
    account: "Cuenta",
    shops: "Tiendas",
    pages: "Páginas",
    now: "Ahora",
    calls: "Llamadas",
    phones: "Teléfonos",
    to_now: "Ir al principio",
    sign_in: "Entrar",
    email: "Correo",
    password: "Contraseña",
    forgot: "¿Has olvidado la contraseña?",
    forgot_how: "Con un enlace nuevo, hecho en la máquina donde funciona ringall, pones otra:",
    wrong_password: "El correo o la contraseña no son correctos.",
    too_busy: "Hay demasiada gente entrando ahora. Vuelve a probar en un momento.",
    set_up: "Elige una contraseña",
    new_password: "Contraseña nueva",
    again: "Otra vez la misma",
    keep_password: "Guardarla y entrar",
    passwords_differ: "No son iguales. Escribe las dos otra vez.",
    password_too_long: "Una contraseña tiene como mucho 200 caracteres.",
    password_guessable: "La usa mucha gente, así que es de las primeras que se prueban. Elige otra.",
    link_used: "Este enlace ya se usó. Entra con la contraseña elegida o haz un enlace nuevo con «ringall owner invite».",
    link_expired: "Este enlace es demasiado viejo. Haz uno nuevo con «ringall owner invite».",
    link_unknown: "Este enlace no se conoce: se hizo otro más nuevo o le falta un trozo. Haz uno nuevo con «ringall owner \
         invite».",
    not_found: "Aquí no hay nada",
    not_found_text: "En esta dirección no hay nada, o ya no hay nada.",
    forged: "No se ha hecho",
    forged_text: "No venía de un formulario de esta página, o el formulario era demasiado viejo. No se ha cambiado nada. \
         Abre la página otra vez y repítelo.",
    sign_in_again: "Has salido",
    sign_in_again_text: "Tu sesión se ha cerrado. No se ha cambiado nada. Entra y repítelo.",
    bad_form: "No se entiende",
    bad_form_text: "El formulario llegó incompleto o era demasiado largo. No se ha cambiado nada.",
    broken: "Un fallo nuestro",
    broken_text: "No se pudo hacer esta página. Las llamadas siguen igual. El registro del servicio dice más.",
    no_store: "Ahora no",
    no_store_text: "Ahora mismo no se puede leer el registro. Las llamadas siguen. Vuelve a probar en un momento; el registro \
          del servicio dice qué pasa.",
    no_loop: "Ahora no",
    no_loop_text: "La parte que atiende las llamadas no respondió. Vuelve a probar en un momento; el registro del servicio \
         dice más.",
    no_shop: "Todavía no hay tienda",
    no_shop_text: "Todavía no hay ninguna tienda. «ringall import FILE» la hace de un archivo; el README muestra cómo \
         es.",
    live_calls: "Llamadas en curso",
    no_live_calls: "No llama nadie.",
    who_rings: "Qué sonaría",
    no_phones: "La tienda no tiene teléfonos todavía.",
    live_on: "En directo: esta página sigue lo que pasa.",
    live_off: "Sin conexión en directo. Reintentando.",
    live_without: "Carga la página otra vez para ver lo nuevo.",
    outcome: "Resultado",
    all_outcomes: "Todas",
    number: "Número",
    filter: "Mostrar",
    no_calls: "No hay llamadas.",
    no_number: "Sin número",
    older: "Llamadas anteriores",
    not_a_number: "Esto no es un número de teléfono. Escríbelo como lo marcarías.",
    when: "Cuándo",
    why: "Por qué",
    rang: "Sonó",
    talked: "Duró",
    which: "Cuál",
    called: "Marcó",
    timeline: "Qué pasó",
    no_events: "Todavía no hay nada apuntado.",
    between_phones: "Entre teléfonos",
    registers: "Teléfono que se registra",
    fixed: "Teléfono con dirección fija",
    cell: "Móvil",
    rings: "Sonaría.",
    off_now: "A esta hora está apagado.",
    likely_mailbox: "Suena 15 segundos más tarde de lo previsto: contestó tres veces seguidas sin que nadie pulsara una tecla, \
         así que será su buzón de voz. Desactiva ese buzón o haz que salte más tarde.",
    unreachable: "No se puede contactar: no está registrado o su dirección no es correcta.",
    not_proven: "Sin noticias desde que arrancó el servicio",
    connect: "Conectar un teléfono de mesa",
    connect_how: "Escribe en el teléfono la dirección de su marca y reinícialo. Después se configura solo.",
    connect_once: "Solo se muestra ahora. Quien lo abra primero es el teléfono, así que no se lo muestres a nadie más.",
    connect_password: "Con él, el teléfono recibe una contraseña nueva. La vieja vale hasta entonces, y después no.",
    connect_code: "Código QR de esta dirección",
    connect_end: "Anular el enlace",
    connect_end_hint: "Por si lo ha visto alguien más. Un teléfono ya configurado se queda como está.",
    to_phones: "Todos los teléfonos",
    link_in_the_open: "Esta página llega sin https, así que la contraseña cruza la red tal cual. Hazlo solo dentro de la red de \
         la tienda.",
    link_unused: "El último enlace caducó antes de que llegara un teléfono.",
    at_yealink: "En la web del teléfono: Settings, Auto Provision, Server URL; luego Auto Provision Now.",
    at_grandstream: "En la web del teléfono: Maintenance, Upgrade and Provisioning, Config Server Path; elige HTTPS, o HTTP si la \
         dirección de esta página empieza así.",
    at_snom: "En la web del teléfono: Advanced, Update, Setting URL. El teléfono pone su nombre en lugar de {mac}.",
    at_poly: "En el teléfono: Settings, Advanced, Network Configuration, Provisioning Server; tipo HTTPS, o HTTP si la dirección \
         de esta página empieza así.",
    at_linphone: "En la aplicación: asistente, configuración remota; escribe la dirección o escanea el código. Vale para un solo intento.",
    what_if: "¿Qué oiría quien llamara?",
    at: "Cuándo",
    from_number: "Desde el número (puede quedar vacío)",
    ask: "Preguntar",
    not_a_time: "Escribe día y hora, como 2026-12-24T18:05.",
    language: "Idioma",
    as_browser: "Como pida el navegador",
    save: "Guardar",
    sign_out: "Salir",
    hours: "Horario",
    close_now: "Cerrar ahora hasta…",
    open_now: "Abrir ahora hasta…",
    for_now: "De momento",
    be_closed: "Cerrado",
    be_open: "Abierto",
    for_an_hour: "Una hora",
    until_midnight: "Hasta medianoche",
    or_until: "O hasta",
    set_override: "Hasta entonces",
    end_override: "Terminarlo ya",
    owed: "Por devolver",
    nobody_owed: "Nadie espera una llamada.",
    settle: "Resuelto…",
    called_elsewhere: "He llamado",
    came_in: "Vino a la tienda",
    not_needed: "No hace falta",
    to_caller: "Todo sobre quien llamó",
    who_they_are: "Quién es",
    name: "Nombre",
    note: "Nota: qué se prometió, qué quiere",
    blocked: "Bloqueado: oye el tono de ocupado y no suena ningún teléfono",
    saved: "Guardado.",
    all_calls: "Todas sus llamadas",
    name_too_long: "Un nombre es una línea de 200 caracteres como mucho.",
    note_too_long: "Una nota tiene 2000 caracteres como mucho.",
    week: "La semana",
    holidays_off: "Cerrado los festivos",
    more_than_a_week: "Este horario dice más de lo que cabe en una semana: cámbialo como texto.",
    as_text: "Escribir el horario como texto",
    expression: "Horario, como Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off",
    closures: "Cierres y aperturas especiales",
    no_closures: "No hay ninguno previsto.",
    closure: "Cerrado",
    delete: "Borrar",
    add_closure: "Añadir",
    from: "Desde",
    to: "Hasta",
    why_closed: "Por qué (puede quedar vacío)",
    open_anyway: "Abierto de todos modos a estas horas (puede quedar vacío)",
    add: "Añadirlo",
    messages: "Mensajes",
    no_messages: "No hay mensajes.",
    written_down: "Transcrito automáticamente: escúchalo para asegurarte.",
    cut_off: "Cortado: el servicio se paró mientras hablaba.",
    to_call: "La llamada",
    older_messages: "Mensajes anteriores",
    the_message: "El mensaje",
    call_from: "Llamar desde",
    pick_up_at: "Contestar en",
    ring_it: "Que suene",
    go_back: "Volver",
    missed_calls: "Llamadas perdidas",
    call_back_ring: "Que suenen los teléfonos por quien colgó sin respuesta",
    call_back_ring_hint: "Veinte segundos después de que cuelgue quien ha esperado, los teléfonos libres que se registran \
         suenan una vez y muestran PERDIDA. A quien descuelga se le pone con el cliente.",
    claim: "Llamo yo",
    unclaim: "No llamo yo",
    call: "Llamar",
};
