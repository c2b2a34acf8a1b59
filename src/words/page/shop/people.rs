//! What is said of people, and of what they may do.

use crate::routing::plan::Language;

said! {
    owner: "Owner: may change everything", "Propietario: puede cambiarlo todo";
    staff: "Staff: answers, claims and notes", "Personal: contesta, se encarga y apunta";
    is_owner: "Owner", "Propietario";
    is_staff: "Staff", "Personal";
    invite: "Invite somebody", "Invitar a alguien";
    make_link: "Make the link", "Hacer el enlace";
    link_how: "Send this link to them. It is shown now and never again, is good once and for three days, and lets them choose a \
         password.",
        "Envíale este enlace. Se muestra ahora y nunca más; sirve una sola vez, durante tres días, y con él elige su \
         contraseña.";
    link: "Their link", "Su enlace";
    invited: "Has not chosen a password yet.", "Todavía no ha elegido contraseña.";
    not_an_email: "Write an e-mail address such as ana@example.com.", "Escribe un correo como ana@example.com.";
    email_taken: "Somebody has this e-mail already.", "Alguien ya tiene este correo.";
    role: "What they may do", "Qué puede hacer";
    own_phone: "Their own phone", "Su propio teléfono";
    no_phone: "None", "Ninguno";
    sign_out: "Sign out everywhere", "Cerrar la sesión en todas partes";
    new_link: "New link", "Enlace nuevo";
    remove: "Remove", "Quitar";
    you: "You", "Tú";
    last_owner: "Nothing was changed: somebody must be left who may change everything.",
        "No se ha cambiado nada: tiene que quedar alguien que pueda cambiarlo todo.";
}

/// In how many browsers somebody is signed in, and when they were last here.
pub fn signed_in(browsers: i64, seen: Option<&str>, language: Language) -> String {
    let count = match (language, browsers) {
        (Language::En, 0) => return "Not signed in.".to_owned(),
        (Language::Es, 0) => return "Sin sesión abierta en ningún navegador.".to_owned(),
        (Language::En, 1) => "Signed in on 1 browser".to_owned(),
        (Language::En, n) => format!("Signed in on {n} browsers"),
        (Language::Es, 1) => "Sesión abierta en 1 navegador".to_owned(),
        (Language::Es, n) => format!("Sesión abierta en {n} navegadores"),
    };
    match (language, seen) {
        (_, None) => format!("{count}."),
        (Language::En, Some(seen)) => format!("{count}; last here {seen}."),
        (Language::Es, Some(seen)) => format!("{count}; por última vez {seen}."),
    }
}
