//! What the first steps say.

use crate::routing::plan::Language;

said! {
    step_shop: "Your shop", "Tu tienda";
    step_hours: "Hours", "Horario";
    step_phone: "First phone", "Primer teléfono";
    step_number: "Number", "Número";
    step_greeting: "Greeting", "Saludo";
    step_call: "Test call", "Llamada de prueba";
    steps: "Steps", "Pasos";
    done: "done", "hecho";
    skip: "Skip this", "Saltar este paso";
    next: "Save and go on", "Guardar y seguir";
    go_on: "Go on", "Seguir";
    weekdays: "Monday to Friday", "De lunes a viernes";
    opens_at: "opens", "abre";
    closes_at: "closes", "cierra";
    half_a_span: "Write both times, and not the same one twice.", "Escribe las dos horas, y que no sean la misma.";
    saturday: "Saturday", "Sábado";
    hours_hint: "Leave empty what is closed. Other days, other times and closed days are under Hours.",
        "Deja vacío lo que está cerrado. Otros días, otras horas y los días cerrados están en Horario.";
    hours_there: "Hours are set already. They are changed under Hours.", "El horario ya está puesto. Se cambia en Horario.";
    phones_there: "There are phones already. More are added under Shop, Phones.",
        "Ya hay teléfonos. Se añaden más en Tienda, Teléfonos.";
    greeting_hint: "Closed, callers hear when you open next, in the shipped voice, and leave a message. Your own words can be recorded \
         later.",
        "Con la tienda cerrada, quien llama oye, con una voz que ya viene incluida, cuándo vuelves a abrir, y puede \
         dejar un mensaje. Tus propias palabras se pueden grabar más tarde.";
    call_hint: "Ring one of your phones. When it rings, calls will too.",
        "Haz sonar uno de tus teléfonos. Si suena, también sonará cuando llamen.";
    no_phone_yet: "There is no phone yet to be rung.", "Todavía no hay ningún teléfono que hacer sonar.";
    finish: "Finished: show me the shop", "Listo: ver la tienda";
}
