//! What is said of adding and changing phones, and of ringing each once.

use crate::call::Drilled;
use crate::routing::plan::Language;

said! {
    add: "Add a phone", "Añadir un teléfono";
    change: "Change", "Cambiar";
    what_kind: "What is it?", "¿Qué es?";
    kind_desk: "A desk phone, a cordless base or an app", "Un teléfono de mesa, una base inalámbrica o una aplicación";
    kind_cell: "A cell phone, rung by its number", "Un móvil, al que se llama por su número";
    kind_fixed: "A phone or system at a fixed SIP address", "Un teléfono o una centralita en una dirección SIP fija";
    name: "What you call it", "Cómo lo llamas";
    name_hint: "Such as Counter, or Ana's cell. It stands in the log.", "Por ejemplo Mostrador, o Móvil de Ana. Sale en el registro.";
    line: "Its number, or its SIP address (not of a desk phone)", "Su número o su dirección SIP (no de un teléfono de mesa)";
    not_a_name: "Write a name of at most 60 characters.", "Escribe un nombre de como mucho 60 caracteres.";
    name_taken: "Another phone has this name.", "Otro teléfono tiene este nombre.";
    line_taken: "Another phone of yours is this one already.", "Este ya es otro de tus teléfonos.";
    not_a_number: "This is no telephone number. Write it as +34600111222.",
        "Esto no es un número de teléfono. Escríbelo como +34600111222.";
    not_an_address: "This is no SIP address. Write it as sip:workshop@192.0.2.10:5060.",
        "Esto no es una dirección SIP. Escríbela como sip:taller@192.0.2.10:5060.";
    too_many: "A shop has at most 64 phones.", "Una tienda tiene como mucho 64 teléfonos.";
    rename: "Rename", "Cambiar el nombre";
    up: "Ring it earlier", "Que suene antes";
    down: "Ring it later", "Que suene después";
    own_hours: "Hours of its own", "Horario propio";
    own_hours_hint: "Empty: it rings while the shop is open. Else as in Mo-Fr 08:00-20:00.",
        "Vacío: suena mientras la tienda está abierta. Si no, como Mo-Fr 08:00-20:00.";
    off: "Off until …", "Apagado hasta…";
    off_hint: "It does not ring until then.", "No suena hasta entonces.";
    off_end: "Ring again from now on", "Que vuelva a sonar desde ahora";
    my_phone: "My phone", "Mi teléfono";
    is_off: "It is off until", "Está apagado hasta";
    not_later: "Write a day and time that is still to come, within a year.", "Escribe un día y una hora que aún no hayan pasado, dentro de un año como mucho.";
    password: "New password", "Contraseña nueva";
    password_hint: "For a phone that you set up by hand. The one before is refused at once.",
        "Para un teléfono que configuras a mano. La anterior deja de valer enseguida.";
    remove: "Remove this phone", "Quitar este teléfono";
    remove_hint: "It rings no more, and cannot register any more. The log keeps its name.",
        "Ya no sonará ni podrá registrarse. El registro conserva su nombre.";
    added: "The phone is added", "El teléfono está añadido";
    shown_once: "This password is shown now and never again: only what proves it is kept.",
        "Esta contraseña se muestra ahora y nunca más: solo se guarda con qué comprobarla.";
    server: "Server, or registrar", "Servidor o registrador";
    port: "Port and transport", "Puerto y transporte";
    user: "User, or account", "Usuario o cuenta";
    by_link: "Or let the phone set itself up, by a link or a QR code:", "O deja que se configure solo, con un enlace o un código QR:";
    by_hand: "By hand", "A mano";
    at_dect: "Open the base's own page in a browser. Under VoIP providers or SIP accounts add one with server, user and password as \
         above, then give it to the handsets.",
        "Abre la página de la base en un navegador. En proveedores VoIP o cuentas SIP añade una con el servidor, el usuario y la \
         contraseña de arriba y asígnala a los inalámbricos.";
    dect: "A cordless (DECT) base", "Una base inalámbrica (DECT)";
    at_yealink: "In the phone's own page: Account, Register. Switch the line on; Register Name and User Name are the user, Server Host \
         is the server.",
        "En la página del teléfono: Account, Register. Activa la línea; Register Name y User Name son el usuario, Server Host es el \
         servidor.";
    at_grandstream: "In the phone's own page: Accounts, General Settings. Account Active: Yes; SIP Server, SIP User ID and \
         Authenticate ID (the user), Authenticate Password.",
        "En la página del teléfono: Accounts, General Settings. Account Active: Yes; SIP Server, SIP User ID y Authenticate ID (el \
         usuario), Authenticate Password.";
    at_snom: "In the phone's own page: Identity 1, Login. Account is the user, Registrar is the server.",
        "En la página del teléfono: Identity 1, Login. Account es el usuario, Registrar es el servidor.";
    cell_added: "It rings 15 seconds after the others, and whoever picks up presses a key first, so that its mailbox never swallows a \
         customer. It is called by your carrier.",
        "Suena 15 segundos después que los demás, y quien conteste tiene que pulsar antes una tecla, para que su buzón de voz nunca se quede con un \
         cliente. La llamada sale por tu operador.";
    fixed_added: "It rings with the first. Nothing has to be set on our side.", "Suena con los primeros. Aquí no hay que poner nada más.";
    only_here: "Phones cannot reach this machine at the address above: it is only this machine's own. Set public_url under [web].",
        "Los teléfonos no pueden llegar a esta máquina en la dirección de arriba: es solo suya. Pon public_url en \
         [web].";
    next: "Next", "Siguiente";
    drill_how: "Each phone rings once, a few seconds, or until somebody lifts it. No customer is called, and nothing is written in the \
         log.",
        "Cada teléfono suena una vez, unos segundos o hasta que alguien lo descuelga. No se llama a ningún cliente y no se apunta nada \
         en el registro.";
    drill_begin: "Ring them now", "Hacerlos sonar ahora";
    drill_ring: "Ring this one", "Hacer sonar este";
    drill_cell: "A cell is not rung here: its call would cost money.", "A un móvil no se le llama aquí: la llamada costaría dinero.";
    drill_before: "Ring them ten minutes before each opening", "Hacerlos sonar diez minutos antes de cada apertura";
    drill_before_hint: "Each that is to ring then, once, also on days with hours of their own. Only phones that do not ring are told of, \
         as your other notices are. Never while somebody calls; cells are left out, as their calls would cost money.",
        "Suena una vez cada teléfono al que le toca ese día, también en días con horario propio. Solo se avisa de los que no suenan, por el mismo medio que tus otros avisos. Nunca mientras alguien llama; los móviles no, porque la llamada costaría dinero.";
    drill_look: "See what became of it", "Ver qué ha pasado";
}

/// What came of ringing a phone once; `None`: it cannot be reached.
pub fn drilled(what: Option<Drilled>, phone: &str, language: Language) -> String {
    match (language, what) {
        (Language::En, Some(Drilled::Asked)) => format!("{phone}: asked to ring."),
        (Language::En, Some(Drilled::Rings)) => format!("{phone} rings."),
        (Language::En, Some(Drilled::Lifted)) => format!("{phone} rang, and somebody lifted it. It works."),
        (Language::En, Some(Drilled::Rang)) => format!("{phone} rang. It works."),
        (Language::En, Some(Drilled::Silent)) => {
            format!("{phone} did not ring. Is it on, and not set to “do not disturb”?")
        }
        (Language::En, None) => format!("{phone} cannot be reached: it is not registered."),
        (Language::Es, Some(Drilled::Asked)) => format!("{phone}: se le ha pedido que suene."),
        (Language::Es, Some(Drilled::Rings)) => format!("{phone} está sonando."),
        (Language::Es, Some(Drilled::Lifted)) => format!("{phone} ha sonado y alguien ha descolgado. Funciona."),
        (Language::Es, Some(Drilled::Rang)) => format!("{phone} ha sonado. Funciona."),
        (Language::Es, Some(Drilled::Silent)) => format!("{phone} no ha sonado. ¿Está encendido y sin «no molestar»?"),
        (Language::Es, None) => format!("No se puede contactar con {phone}: no está registrado."),
    }
}
