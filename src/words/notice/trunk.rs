//! A carrier by which no calls come or go.

use crate::notice::TrunkFault;
use crate::routing::plan::Language;

/// What has happened, and what to do.
pub(super) fn text(name: &str, fault: TrunkFault, language: Language) -> (String, &'static str) {
    match language {
        Language::En => english(name, fault),
        Language::Es => spanish(name, fault),
    }
}

fn english(name: &str, fault: TrunkFault) -> (String, &'static str) {
    let (says, to_do) = match fault {
        TrunkFault::NotFound => (
            "cannot be found by its name".to_owned(),
            "Look whether the internet connection works; if it does, whether the carrier's name is right in ringall.toml.",
        ),
        TrunkFault::Silent => (
            "does not answer".to_owned(),
            "Look whether the router and the internet connection work; if they do, ask the carrier.",
        ),
        TrunkFault::Unreached => (
            "does not answer".to_owned(),
            "Look whether the router and the internet connection work; if they do, ask the carrier. If calls come and go all \
             the same, it does not answer such questions: set ask_every_s = 0 for it in ringall.toml.",
        ),
        TrunkFault::WrongPassword => (
            "does not accept the password".to_owned(),
            "Write auth_user and password in ringall.toml as the carrier shows them, and start ringall again.",
        ),
        TrunkFault::Unanswerable => (
            "asks for the password in a way that ringall does not know".to_owned(),
            "Ask the carrier for an account with an ordinary SIP password (digest).",
        ),
        TrunkFault::Refused(code) => (
            format!("refuses the account ({code})"),
            "Ask the carrier whether the account is blocked or unpaid; if it is not, look at register and auth_user in \
             ringall.toml.",
        ),
        TrunkFault::Failing(code) => (
            format!("says that it cannot serve now ({code})"),
            "It is asked again and again; if this lasts, ask the carrier.",
        ),
    };
    let so = match fault {
        TrunkFault::Unreached => "calls to cell phones go through it only where there is no other",
        _ => "no calls come or go through it",
    };
    (format!("the carrier \u{201c}{name}\u{201d} {says}: {so}."), to_do)
}

fn spanish(name: &str, fault: TrunkFault) -> (String, &'static str) {
    let (says, to_do) = match fault {
        TrunkFault::NotFound => (
            "no se encuentra por su nombre".to_owned(),
            "Mira si funciona la conexión a internet; si funciona, si el nombre del operador está bien en ringall.toml.",
        ),
        TrunkFault::Silent => (
            "no responde".to_owned(),
            "Mira si funcionan el router y la conexión a internet; si funcionan, pregunta al operador.",
        ),
        TrunkFault::Unreached => (
            "no responde".to_owned(),
            "Mira si funcionan el router y la conexión a internet; si funcionan, pregunta al operador. Si aun así entran y \
             salen llamadas, es que no responde a esas preguntas: ponle ask_every_s = 0 en ringall.toml.",
        ),
        TrunkFault::WrongPassword => (
            "no acepta la contraseña".to_owned(),
            "Escribe auth_user y password en ringall.toml como los muestra el operador y vuelve a arrancar ringall.",
        ),
        TrunkFault::Unanswerable => (
            "pide la contraseña de una forma que ringall no conoce".to_owned(),
            "Pide al operador una cuenta con una contraseña SIP corriente (digest).",
        ),
        TrunkFault::Refused(code) => (
            format!("rechaza la cuenta ({code})"),
            "Pregunta al operador si la cuenta está bloqueada o sin pagar; si no lo está, mira register y auth_user en \
             ringall.toml.",
        ),
        TrunkFault::Failing(code) => (
            format!("dice que ahora no puede dar servicio ({code})"),
            "Se le sigue preguntando; si dura, pregunta al operador.",
        ),
    };
    let so = match fault {
        TrunkFault::Unreached => "las llamadas a móviles solo salen por él donde no hay otro",
        _ => "por él no entran ni salen llamadas",
    };
    (format!("el operador «{name}» {says}: {so}."), to_do)
}
