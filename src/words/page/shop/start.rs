//! What the first steps say.

use crate::routing::plan::Language;

said! {
    step_shop: "Your shop", "Tu tienda";
    step_hours: "Hours", "Horario";
    step_closed_days: "Closed days", "Días de cierre";
    step_phone: "First phone", "Primer teléfono";
    step_number: "Number", "Número";
    step_greeting: "Greeting", "Saludo";
    step_call: "Test call", "Llamada de prueba";
    steps: "Steps", "Pasos";
    done: "done", "hecho";
    skip: "Skip this", "Saltar este paso";
    next: "Save and go on", "Guardar y seguir";
    go_on: "Go on", "Seguir";
    hours_there: "Hours are set already, and say more than a week can. They are changed under Hours.",
        "El horario ya está puesto y tiene más de lo que cabe en esta tabla semanal. Se cambia en Horario.";
    phones_there: "There are phones already. More are added under Shop, Phones.",
        "Ya hay teléfonos. Se añaden más en Tienda, Teléfonos.";
    greeting_hint: "When you are closed, callers hear when you open next and can leave a message. Listen to it; keep our voice, or say \
         the welcome and the end yourself, now or later.",
        "Cuando está cerrado, quien llama oye cuándo vuelves a abrir y puede dejar un mensaje. Escúchalo; deja nuestra voz o graba tú la bienvenida y la despedida, ahora o más adelante.";
    keep_our_voice: "Keep our voice and go on", "Dejar nuestra voz y seguir";
    call_hint: "Ring one of your phones. When it rings, calls will too.",
        "Haz sonar uno de tus teléfonos. Si suena, también sonará cuando llamen.";
    no_phone_yet: "There is no phone yet to be rung.", "Todavía no hay ningún teléfono que hacer sonar.";
    finish: "Finished: show me the shop", "Listo: ver la tienda";
}
