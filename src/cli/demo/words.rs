//! Every sentence of the demo, in the languages it speaks. Each is told only after what it says was measured.

use std::time::Duration;

use chrono_tz::Tz;

use crate::now::UnixMs;
use crate::routing::local_time;
use crate::routing::plan::Language;
use crate::words;

use super::log::LoggedCall;
use super::story::Fault;

/// The story's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(pub Language);

/// A sentence in both languages, with the same arguments.
macro_rules! say {
    ($self:ident, $en:literal, $es:literal) => {
        match $self.0 {
            Language::En => format!($en),
            Language::Es => format!($es),
        }
    };
}

impl Words {
    pub fn opening(self, shop: &str, sip: &str) -> String {
        say!(self, "{shop} is open: ringall listens on {sip}.", "{shop} está abierta: ringall escucha en {sip}.")
    }

    pub fn calls(self, who: &str) -> String {
        say!(self, "{who} calls the shop.", "{who} llama a la tienda.")
    }

    pub fn ring_and_show(self, phones: &[&str], shown: &str) -> String {
        let phones = self.list(phones);
        say!(
            self,
            "Every phone rings: {phones} show \"{shown}\".",
            "Suenan todos los teléfonos: {phones} muestran \"{shown}\"."
        )
    }

    pub fn hears_ringing(self, who: &str) -> String {
        say!(
            self,
            "{who} hears ringing. The call was in the log, on disk, by then.",
            "{who} oye la llamada. Ya estaba en el registro, en disco."
        )
    }

    pub fn pick_up_together(self, phones: &[&str], apart: Duration) -> String {
        let (phones, apart) = (self.list(phones), self.time(apart));
        say!(
            self,
            "{phones} pick up in the same moment, {apart} apart.",
            "{phones} descuelgan en el mismo momento, con {apart} de diferencia."
        )
    }

    pub fn has_the_call(self, phone: &str, caller: &str, after: Duration) -> String {
        let after = self.time(after);
        say!(
            self,
            "{phone} has the call: {caller} is put through {after} after the pick-up.",
            "{phone} tiene la llamada: {caller} está en línea {after} después de descolgar."
        )
    }

    pub fn was_second(self, phone: &str) -> String {
        say!(
            self,
            "{phone} is told that a colleague has it, and is let go.",
            "{phone} recibe el aviso de que un compañero la tiene, y queda libre."
        )
    }

    pub fn was_a_moment_late(self, phone: &str) -> String {
        say!(
            self,
            "{phone} had stopped ringing a moment before, and shows no missed call.",
            "{phone} había dejado de sonar un momento antes, y no muestra llamada perdida."
        )
    }

    pub fn stops_ringing(self, phone: &str) -> String {
        say!(
            self,
            "{phone} stops ringing, and shows no missed call.",
            "{phone} deja de sonar, y no muestra llamada perdida."
        )
    }

    pub fn hear_each_other(self, one: &str, one_hz: u16, other: &str, other_hz: u16) -> String {
        say!(
            self,
            "{one} and {other} hear each other: {one_hz} Hz one way, {other_hz} Hz the other.",
            "{one} y {other} se oyen: {one_hz} Hz en un sentido, {other_hz} Hz en el otro."
        )
    }

    pub fn hangs_up(self, who: &str, other: &str, heard: (u64, u64), other_heard: (u64, u64)) -> String {
        let ((came, said), (other_came, other_said)) = (heard, other_heard);
        say!(
            self,
            "{who} hangs up. {who} heard {came} of {other}'s {said} packets, {other} heard {other_came} of {other_said}.",
            "{who} cuelga. {who} oyó {came} de los {said} paquetes de {other}; {other} oyó {other_came} de {other_said}."
        )
    }

    pub fn log_line(self, call: &LoggedCall) -> String {
        let name = call.caller.name.as_deref().or(call.caller.number.as_deref()).unwrap_or("?");
        let nth = call.nth_call_from_caller;
        let by = call.answered_by.as_deref().unwrap_or("?");
        let ring = self.time(Duration::from_millis(call.ring_ms));
        let talk = self.time(Duration::from_millis(call.talk_ms));
        let ended_by = match (self.0, call.ended_by.as_deref()) {
            (Language::En, Some("caller")) => "the caller hung up",
            (Language::Es, Some("caller")) => "colgó quien llamaba",
            (_, other) => other.unwrap_or("?"),
        };
        say!(
            self,
            "The log: {name}, call number {nth}. {by} answered after {ring}; they talked for {talk}; {ended_by}.",
            "El registro: {name}, llamada número {nth}. {by} contestó a los {ring}; hablaron {talk}; {ended_by}."
        )
    }

    /// Of today by the clock alone: "16:30", "las 16:30"; else "tomorrow at 16:30", "mañana a las 16:30".
    pub fn moment(self, at: UnixMs, zone: Tz, now: UnixMs) -> String {
        let (local, today) = (local_time::local(zone, at), local_time::local(zone, now).date());
        if local.date() != today {
            return words::page::moment_within(at, self.0, zone, now);
        }
        let clock = local.format("%H:%M");
        say!(self, "{clock}", "las {clock}")
    }

    /// `until`: as [`Words::moment`] says it.
    pub fn closes(self, until: &str) -> String {
        say!(
            self,
            "The owner closes the shop until {until}; the service knows by now.",
            "La dueña cierra la tienda hasta {until}; el servicio ya lo sabe."
        )
    }

    pub fn hears_the_greeting(self, who: &str, greeting: &str, length: Duration) -> String {
        let length = self.time(length);
        say!(
            self,
            "{who} hears, for {length}: \"{greeting}\" Then the beep.",
            "{who} oye, durante {length}: «{greeting}» Después, la señal."
        )
    }

    pub fn speaks(self, who: &str, how_long: Duration) -> String {
        let how_long = self.time(how_long);
        say!(self, "{who} has spoken for {how_long}, and hangs up.", "{who} ha hablado {how_long}, y cuelga.")
    }

    pub fn message_is_safe(self, who: &str, length: Duration, voice: usize, frames: usize) -> String {
        let length = self.time(length);
        say!(
            self,
            "The message is safe, on disk and in the log: {length}, {who}'s voice in {voice} of its {frames} frames.",
            "El mensaje está a salvo, en disco y en el registro: {length}, la voz de {who} en {voice} de {frames} tramas."
        )
    }

    /// `before`: as [`Words::moment`] says it.
    pub fn call_back(self, who: &str, before: &str) -> String {
        say!(self, "To do: call {who} before {before}.", "Pendiente: llamar a {who} antes de {before}.")
    }

    pub fn your_turn(self) -> String {
        say!(
            self,
            "Your turn. The shop is open again, and stays up:",
            "Te toca. La tienda vuelve a abrir, y sigue en marcha:"
        )
    }

    pub fn the_page_is(self) -> String {
        say!(self, "call it, and see its page:", "llámala y mira su página:")
    }

    pub fn the_log_is(self) -> String {
        say!(self, "its log:", "su registro:")
    }

    pub fn elsewhere(self) -> String {
        say!(self, "from another machine:", "desde otro equipo:")
    }

    pub fn this_machine(self) -> String {
        say!(self, "you@this-machine", "tú@este-equipo")
    }

    pub fn your_own_shop(self) -> String {
        say!(self, "your own shop:", "tu propia tienda:")
    }

    pub fn again(self, who: &str) -> String {
        say!(self, "Enter: {who} calls again. Ctrl-C: the end.", "Intro: {who} llama otra vez. Ctrl-C: fin.")
    }

    pub fn ctrl_c(self) -> String {
        say!(self, "Ctrl-C: the end.", "Ctrl-C: fin.")
    }

    pub fn cannot_start(self, why: &str) -> String {
        say!(self, "The demo cannot start: {why}", "La demostración no puede empezar: {why}")
    }

    pub fn went_wrong(self, fault: &Fault) -> String {
        let what = self.fault(fault);
        say!(self, "This did not go as it should: {what}", "Esto no ha ido como debía: {what}")
    }

    fn fault(self, fault: &Fault) -> String {
        match fault {
            Fault::DoesNotRing(phone) => say!(self, "{phone} does not ring.", "{phone} no suena."),
            Fault::Shows { phone, name, number } => {
                say!(self, "{phone} shows \"{name}\" and {number}.", "{phone} muestra \"{name}\" y {number}.")
            }
            Fault::NoRinging(who) => say!(self, "{who} hears no ringing.", "{who} no oye la llamada."),
            Fault::NotLogged(who) => say!(
                self,
                "{who} hears ringing, but the call is not in the log yet.",
                "{who} oye la llamada, pero aún no está en el registro."
            ),
            Fault::IsRefused { who, status } => say!(
                self,
                "{who}'s call is refused with SIP status {status}.",
                "La llamada de {who} se rechaza con el estado SIP {status}."
            ),
            Fault::NotAnswered(who) => say!(
                self,
                "the phones were picked up, but {who} is not put through.",
                "se descolgaron los teléfonos, pero {who} no está en línea."
            ),
            Fault::NobodyHasIt => say!(
                self,
                "every phone that was picked up lost the call.",
                "todos los teléfonos que se descolgaron perdieron la llamada."
            ),
            Fault::NotLetGo(phone) => say!(
                self,
                "{phone} was not told that the call is a colleague's.",
                "{phone} no recibió el aviso de que la llamada es de un compañero."
            ),
            Fault::ShowsMissedCall(phone) => say!(
                self,
                "{phone} shows a missed call, though a colleague has it.",
                "{phone} muestra una llamada perdida, aunque la tiene un compañero."
            ),
            Fault::DoesNotHear { who, whom } => {
                say!(self, "{who} does not hear {whom}.", "{who} no oye a {whom}.")
            }
            Fault::HearsBadly { who, heard, came, said } => say!(
                self,
                "{who} heard the other side in {heard} of {came} packets; {said} were sent.",
                "{who} oyó al otro lado en {heard} de {came} paquetes; se enviaron {said}."
            ),
            Fault::CallGoesOn(who) => say!(
                self,
                "the call was hung up, but for {who} it goes on.",
                "se colgó la llamada, pero para {who} continúa."
            ),
            Fault::Api { path, why } => say!(self, "GET {path}: {why}", "GET {path}: {why}"),
            Fault::Store(why) => say!(self, "the database: {why}", "la base de datos: {why}"),
            Fault::StaysOpen => say!(
                self,
                "the owner has closed the shop, but the service does not know.",
                "la dueña ha cerrado la tienda, pero el servicio no lo sabe."
            ),
            Fault::HearsNothing(who) => say!(self, "{who} hears nothing.", "{who} no oye nada."),
            Fault::HearsAnotherGreeting { who, per_mille } => say!(
                self,
                "of 1000 parts of the greeting {who} hears {per_mille} as they were meant.",
                "de 1000 partes del saludo, {who} oye {per_mille} como debían sonar."
            ),
            Fault::NoMessage(who) => {
                say!(self, "the log has no message of {who}'s.", "el registro no tiene ningún mensaje de {who}.")
            }
            Fault::MessageIsAnother { length_ms, frames, voice } => say!(
                self,
                "the message is {length_ms} ms long, and {voice} of its {frames} frames hold the caller's voice.",
                "el mensaje dura {length_ms} ms, y {voice} de sus {frames} tramas tienen la voz de quien llamó."
            ),
            Fault::NotOwed(who) => say!(
                self,
                "nobody is told to call {who} back.",
                "nadie recibe el encargo de devolver la llamada a {who}."
            ),
            Fault::LogLacksTheEnd => say!(
                self,
                "the log has no row of this call, or it has no end.",
                "el registro no tiene esta llamada, o no tiene su final."
            ),
            Fault::LogDiffers { field, logged, seen } => say!(
                self,
                "the log's {field} is {logged}; seen was {seen}.",
                "{field} en el registro es {logged}; lo visto fue {seen}."
            ),
        }
    }

    /// A time as the story's first column and sentences have it.
    pub fn time(self, time: Duration) -> String {
        let ms = time.as_secs_f64() * 1000.0;
        let text = match ms {
            _ if ms < 1.0 => format!("{ms:.2} ms"),
            _ if ms < 100.0 => format!("{ms:.1} ms"),
            _ if ms < 1000.0 => format!("{ms:.0} ms"),
            _ => format!("{:.2} s", ms / 1000.0),
        };
        match self.0 {
            Language::En => text,
            Language::Es => text.replace('.', ","),
        }
    }

    fn list(self, names: &[&str]) -> String {
        let and = match self.0 {
            Language::En => " and ",
            Language::Es => " y ",
        };
        match names {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [most @ .., last] => format!("{}{and}{last}", most.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_lists_read_as_people_write_them() {
        let (en, es) = (Words(Language::En), Words(Language::Es));
        let times = [38_u64, 1_940, 124_000, 4_200_000].map(Duration::from_micros);
        assert_eq!(times.map(|time| en.time(time)), ["0.04 ms", "1.9 ms", "124 ms", "4.20 s"]);
        assert_eq!(es.time(times[1]), "1,9 ms");
        assert_eq!(en.list(&["Counter", "Workshop", "Ana"]), "Counter, Workshop and Ana");
        assert_eq!(es.list(&["Counter", "Ana"]), "Counter y Ana");
    }

    #[test]
    fn a_time_of_another_day_says_which() {
        let zone = chrono_tz::Europe::Madrid;
        // 20 November 2026, 16:30 in Madrid.
        let half_past_four = UnixMs(1_795_188_600_000);
        for (hours_before, en, es) in [(1, "16:30", "las 16:30"), (17, "tomorrow at 16:30", "mañana a las 16:30")] {
            let now = UnixMs(half_past_four.0 - hours_before * 3_600_000);
            assert_eq!(Words(Language::En).moment(half_past_four, zone, now), en);
            assert_eq!(Words(Language::Es).moment(half_past_four, zone, now), es);
        }
    }
}
