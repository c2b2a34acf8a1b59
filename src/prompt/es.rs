//! Written by `prompts/make` from `prompts/es.txt`; change those.

use super::{Clip, Voice, ulaw};

pub(super) static VOICE: Voice = Voice {
    closed: Clip { words: "Ahora estamos cerrados", samples: ulaw(include_bytes!("../../prompts/es/closed.wav")) },
    further_notice: Clip {
        words: "Estamos cerrados hasta nuevo aviso",
        samples: ulaw(include_bytes!("../../prompts/es/further_notice.wav")),
    },
    message: Clip { words: "Puede dejar un mensaje", samples: ulaw(include_bytes!("../../prompts/es/message.wav")) },
    opens: [
        Clip { words: "Abrimos hoy", samples: ulaw(include_bytes!("../../prompts/es/opens-abrimos-hoy.wav")) },
        Clip { words: "Abrimos mañana", samples: ulaw(include_bytes!("../../prompts/es/opens-abrimos-manana.wav")) },
        Clip {
            words: "Abrimos el lunes",
            samples: ulaw(include_bytes!("../../prompts/es/opens-abrimos-el-lunes.wav")),
        },
        Clip {
            words: "Abrimos el martes",
            samples: ulaw(include_bytes!("../../prompts/es/opens-abrimos-el-martes.wav")),
        },
        Clip {
            words: "Abrimos el miércoles",
            samples: ulaw(include_bytes!("../../prompts/es/opens-abrimos-el-miercoles.wav")),
        },
        Clip {
            words: "Abrimos el jueves",
            samples: ulaw(include_bytes!("../../prompts/es/opens-abrimos-el-jueves.wav")),
        },
        Clip {
            words: "Abrimos el viernes",
            samples: ulaw(include_bytes!("../../prompts/es/opens-abrimos-el-viernes.wav")),
        },
        Clip {
            words: "Abrimos el sábado",
            samples: ulaw(include_bytes!("../../prompts/es/opens-abrimos-el-sabado.wav")),
        },
        Clip {
            words: "Abrimos el domingo",
            samples: ulaw(include_bytes!("../../prompts/es/opens-abrimos-el-domingo.wav")),
        },
    ],
    days: [
        Clip { words: "el día uno", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-uno.wav")) },
        Clip { words: "el día dos", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-dos.wav")) },
        Clip { words: "el día tres", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-tres.wav")) },
        Clip { words: "el día cuatro", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-cuatro.wav")) },
        Clip { words: "el día cinco", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-cinco.wav")) },
        Clip { words: "el día seis", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-seis.wav")) },
        Clip { words: "el día siete", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-siete.wav")) },
        Clip { words: "el día ocho", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-ocho.wav")) },
        Clip { words: "el día nueve", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-nueve.wav")) },
        Clip { words: "el día diez", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-diez.wav")) },
        Clip { words: "el día once", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-once.wav")) },
        Clip { words: "el día doce", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-doce.wav")) },
        Clip { words: "el día trece", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-trece.wav")) },
        Clip { words: "el día catorce", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-catorce.wav")) },
        Clip { words: "el día quince", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-quince.wav")) },
        Clip {
            words: "el día dieciséis", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-dieciseis.wav"))
        },
        Clip {
            words: "el día diecisiete",
            samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-diecisiete.wav")),
        },
        Clip {
            words: "el día dieciocho", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-dieciocho.wav"))
        },
        Clip {
            words: "el día diecinueve",
            samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-diecinueve.wav")),
        },
        Clip { words: "el día veinte", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-veinte.wav")) },
        Clip {
            words: "el día veintiuno", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-veintiuno.wav"))
        },
        Clip {
            words: "el día veintidós", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-veintidos.wav"))
        },
        Clip {
            words: "el día veintitrés",
            samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-veintitres.wav")),
        },
        Clip {
            words: "el día veinticuatro",
            samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-veinticuatro.wav")),
        },
        Clip {
            words: "el día veinticinco",
            samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-veinticinco.wav")),
        },
        Clip {
            words: "el día veintiséis",
            samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-veintiseis.wav")),
        },
        Clip {
            words: "el día veintisiete",
            samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-veintisiete.wav")),
        },
        Clip {
            words: "el día veintiocho",
            samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-veintiocho.wav")),
        },
        Clip {
            words: "el día veintinueve",
            samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-veintinueve.wav")),
        },
        Clip { words: "el día treinta", samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-treinta.wav")) },
        Clip {
            words: "el día treinta y uno",
            samples: ulaw(include_bytes!("../../prompts/es/days-el-dia-treinta-y-uno.wav")),
        },
    ],
    months: [
        Clip { words: "de enero", samples: ulaw(include_bytes!("../../prompts/es/months-de-enero.wav")) },
        Clip { words: "de febrero", samples: ulaw(include_bytes!("../../prompts/es/months-de-febrero.wav")) },
        Clip { words: "de marzo", samples: ulaw(include_bytes!("../../prompts/es/months-de-marzo.wav")) },
        Clip { words: "de abril", samples: ulaw(include_bytes!("../../prompts/es/months-de-abril.wav")) },
        Clip { words: "de mayo", samples: ulaw(include_bytes!("../../prompts/es/months-de-mayo.wav")) },
        Clip { words: "de junio", samples: ulaw(include_bytes!("../../prompts/es/months-de-junio.wav")) },
        Clip { words: "de julio", samples: ulaw(include_bytes!("../../prompts/es/months-de-julio.wav")) },
        Clip { words: "de agosto", samples: ulaw(include_bytes!("../../prompts/es/months-de-agosto.wav")) },
        Clip { words: "de septiembre", samples: ulaw(include_bytes!("../../prompts/es/months-de-septiembre.wav")) },
        Clip { words: "de octubre", samples: ulaw(include_bytes!("../../prompts/es/months-de-octubre.wav")) },
        Clip { words: "de noviembre", samples: ulaw(include_bytes!("../../prompts/es/months-de-noviembre.wav")) },
        Clip { words: "de diciembre", samples: ulaw(include_bytes!("../../prompts/es/months-de-diciembre.wav")) },
    ],
    times: [
        [
            Clip {
                words: "a las doce de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-doce-de-la-noche.wav")),
            },
            Clip {
                words: "a las doce y cuarto de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-doce-y-cuarto-de-la-noche.wav")),
            },
            Clip {
                words: "a las doce y media de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-doce-y-media-de-la-noche.wav")),
            },
            Clip {
                words: "a la una menos cuarto de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-la-una-menos-cuarto-de-la-noche.wav")),
            },
        ],
        [
            Clip {
                words: "a la una de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-la-una-de-la-madrugada.wav")),
            },
            Clip {
                words: "a la una y cuarto de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-la-una-y-cuarto-de-la-madrugada.wav")),
            },
            Clip {
                words: "a la una y media de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-la-una-y-media-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las dos menos cuarto de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-dos-menos-cuarto-de-la-madrugada.wav")),
            },
        ],
        [
            Clip {
                words: "a las dos de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-dos-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las dos y cuarto de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-dos-y-cuarto-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las dos y media de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-dos-y-media-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las tres menos cuarto de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-tres-menos-cuarto-de-la-madrugada.wav")),
            },
        ],
        [
            Clip {
                words: "a las tres de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-tres-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las tres y cuarto de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-tres-y-cuarto-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las tres y media de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-tres-y-media-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las cuatro menos cuarto de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cuatro-menos-cuarto-de-la-madrugada.wav")),
            },
        ],
        [
            Clip {
                words: "a las cuatro de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cuatro-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las cuatro y cuarto de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cuatro-y-cuarto-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las cuatro y media de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cuatro-y-media-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las cinco menos cuarto de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cinco-menos-cuarto-de-la-madrugada.wav")),
            },
        ],
        [
            Clip {
                words: "a las cinco de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cinco-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las cinco y cuarto de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cinco-y-cuarto-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las cinco y media de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cinco-y-media-de-la-madrugada.wav")),
            },
            Clip {
                words: "a las seis menos cuarto de la madrugada",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-seis-menos-cuarto-de-la-madrugada.wav")),
            },
        ],
        [
            Clip {
                words: "a las seis de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-seis-de-la-manana.wav")),
            },
            Clip {
                words: "a las seis y cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-seis-y-cuarto-de-la-manana.wav")),
            },
            Clip {
                words: "a las seis y media de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-seis-y-media-de-la-manana.wav")),
            },
            Clip {
                words: "a las siete menos cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-siete-menos-cuarto-de-la-manana.wav")),
            },
        ],
        [
            Clip {
                words: "a las siete de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-siete-de-la-manana.wav")),
            },
            Clip {
                words: "a las siete y cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-siete-y-cuarto-de-la-manana.wav")),
            },
            Clip {
                words: "a las siete y media de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-siete-y-media-de-la-manana.wav")),
            },
            Clip {
                words: "a las ocho menos cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-ocho-menos-cuarto-de-la-manana.wav")),
            },
        ],
        [
            Clip {
                words: "a las ocho de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-ocho-de-la-manana.wav")),
            },
            Clip {
                words: "a las ocho y cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-ocho-y-cuarto-de-la-manana.wav")),
            },
            Clip {
                words: "a las ocho y media de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-ocho-y-media-de-la-manana.wav")),
            },
            Clip {
                words: "a las nueve menos cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-nueve-menos-cuarto-de-la-manana.wav")),
            },
        ],
        [
            Clip {
                words: "a las nueve de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-nueve-de-la-manana.wav")),
            },
            Clip {
                words: "a las nueve y cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-nueve-y-cuarto-de-la-manana.wav")),
            },
            Clip {
                words: "a las nueve y media de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-nueve-y-media-de-la-manana.wav")),
            },
            Clip {
                words: "a las diez menos cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-diez-menos-cuarto-de-la-manana.wav")),
            },
        ],
        [
            Clip {
                words: "a las diez de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-diez-de-la-manana.wav")),
            },
            Clip {
                words: "a las diez y cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-diez-y-cuarto-de-la-manana.wav")),
            },
            Clip {
                words: "a las diez y media de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-diez-y-media-de-la-manana.wav")),
            },
            Clip {
                words: "a las once menos cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-once-menos-cuarto-de-la-manana.wav")),
            },
        ],
        [
            Clip {
                words: "a las once de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-once-de-la-manana.wav")),
            },
            Clip {
                words: "a las once y cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-once-y-cuarto-de-la-manana.wav")),
            },
            Clip {
                words: "a las once y media de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-once-y-media-de-la-manana.wav")),
            },
            Clip {
                words: "a las doce menos cuarto de la mañana",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-doce-menos-cuarto-de-la-manana.wav")),
            },
        ],
        [
            Clip {
                words: "a las doce del mediodía",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-doce-del-mediodia.wav")),
            },
            Clip {
                words: "a las doce y cuarto del mediodía",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-doce-y-cuarto-del-mediodia.wav")),
            },
            Clip {
                words: "a las doce y media del mediodía",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-doce-y-media-del-mediodia.wav")),
            },
            Clip {
                words: "a la una menos cuarto del mediodía",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-la-una-menos-cuarto-del-mediodia.wav")),
            },
        ],
        [
            Clip {
                words: "a la una de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-la-una-de-la-tarde.wav")),
            },
            Clip {
                words: "a la una y cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-la-una-y-cuarto-de-la-tarde.wav")),
            },
            Clip {
                words: "a la una y media de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-la-una-y-media-de-la-tarde.wav")),
            },
            Clip {
                words: "a las dos menos cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-dos-menos-cuarto-de-la-tarde.wav")),
            },
        ],
        [
            Clip {
                words: "a las dos de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-dos-de-la-tarde.wav")),
            },
            Clip {
                words: "a las dos y cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-dos-y-cuarto-de-la-tarde.wav")),
            },
            Clip {
                words: "a las dos y media de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-dos-y-media-de-la-tarde.wav")),
            },
            Clip {
                words: "a las tres menos cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-tres-menos-cuarto-de-la-tarde.wav")),
            },
        ],
        [
            Clip {
                words: "a las tres de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-tres-de-la-tarde.wav")),
            },
            Clip {
                words: "a las tres y cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-tres-y-cuarto-de-la-tarde.wav")),
            },
            Clip {
                words: "a las tres y media de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-tres-y-media-de-la-tarde.wav")),
            },
            Clip {
                words: "a las cuatro menos cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cuatro-menos-cuarto-de-la-tarde.wav")),
            },
        ],
        [
            Clip {
                words: "a las cuatro de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cuatro-de-la-tarde.wav")),
            },
            Clip {
                words: "a las cuatro y cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cuatro-y-cuarto-de-la-tarde.wav")),
            },
            Clip {
                words: "a las cuatro y media de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cuatro-y-media-de-la-tarde.wav")),
            },
            Clip {
                words: "a las cinco menos cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cinco-menos-cuarto-de-la-tarde.wav")),
            },
        ],
        [
            Clip {
                words: "a las cinco de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cinco-de-la-tarde.wav")),
            },
            Clip {
                words: "a las cinco y cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cinco-y-cuarto-de-la-tarde.wav")),
            },
            Clip {
                words: "a las cinco y media de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-cinco-y-media-de-la-tarde.wav")),
            },
            Clip {
                words: "a las seis menos cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-seis-menos-cuarto-de-la-tarde.wav")),
            },
        ],
        [
            Clip {
                words: "a las seis de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-seis-de-la-tarde.wav")),
            },
            Clip {
                words: "a las seis y cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-seis-y-cuarto-de-la-tarde.wav")),
            },
            Clip {
                words: "a las seis y media de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-seis-y-media-de-la-tarde.wav")),
            },
            Clip {
                words: "a las siete menos cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-siete-menos-cuarto-de-la-tarde.wav")),
            },
        ],
        [
            Clip {
                words: "a las siete de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-siete-de-la-tarde.wav")),
            },
            Clip {
                words: "a las siete y cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-siete-y-cuarto-de-la-tarde.wav")),
            },
            Clip {
                words: "a las siete y media de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-siete-y-media-de-la-tarde.wav")),
            },
            Clip {
                words: "a las ocho menos cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-ocho-menos-cuarto-de-la-tarde.wav")),
            },
        ],
        [
            Clip {
                words: "a las ocho de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-ocho-de-la-tarde.wav")),
            },
            Clip {
                words: "a las ocho y cuarto de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-ocho-y-cuarto-de-la-tarde.wav")),
            },
            Clip {
                words: "a las ocho y media de la tarde",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-ocho-y-media-de-la-tarde.wav")),
            },
            Clip {
                words: "a las nueve menos cuarto de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-nueve-menos-cuarto-de-la-noche.wav")),
            },
        ],
        [
            Clip {
                words: "a las nueve de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-nueve-de-la-noche.wav")),
            },
            Clip {
                words: "a las nueve y cuarto de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-nueve-y-cuarto-de-la-noche.wav")),
            },
            Clip {
                words: "a las nueve y media de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-nueve-y-media-de-la-noche.wav")),
            },
            Clip {
                words: "a las diez menos cuarto de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-diez-menos-cuarto-de-la-noche.wav")),
            },
        ],
        [
            Clip {
                words: "a las diez de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-diez-de-la-noche.wav")),
            },
            Clip {
                words: "a las diez y cuarto de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-diez-y-cuarto-de-la-noche.wav")),
            },
            Clip {
                words: "a las diez y media de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-diez-y-media-de-la-noche.wav")),
            },
            Clip {
                words: "a las once menos cuarto de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-once-menos-cuarto-de-la-noche.wav")),
            },
        ],
        [
            Clip {
                words: "a las once de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-once-de-la-noche.wav")),
            },
            Clip {
                words: "a las once y cuarto de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-once-y-cuarto-de-la-noche.wav")),
            },
            Clip {
                words: "a las once y media de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-once-y-media-de-la-noche.wav")),
            },
            Clip {
                words: "a las doce menos cuarto de la noche",
                samples: ulaw(include_bytes!("../../prompts/es/times-a-las-doce-menos-cuarto-de-la-noche.wav")),
            },
        ],
    ],
    hours: [
        Clip { words: "a las doce", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-doce.wav")) },
        Clip { words: "a la una", samples: ulaw(include_bytes!("../../prompts/es/hours-a-la-una.wav")) },
        Clip { words: "a las dos", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-dos.wav")) },
        Clip { words: "a las tres", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-tres.wav")) },
        Clip { words: "a las cuatro", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-cuatro.wav")) },
        Clip { words: "a las cinco", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-cinco.wav")) },
        Clip { words: "a las seis", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-seis.wav")) },
        Clip { words: "a las siete", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-siete.wav")) },
        Clip { words: "a las ocho", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-ocho.wav")) },
        Clip { words: "a las nueve", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-nueve.wav")) },
        Clip { words: "a las diez", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-diez.wav")) },
        Clip { words: "a las once", samples: ulaw(include_bytes!("../../prompts/es/hours-a-las-once.wav")) },
    ],
    minutes: [
        Clip { words: "y uno", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-uno.wav")) },
        Clip { words: "y dos", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-dos.wav")) },
        Clip { words: "y tres", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-tres.wav")) },
        Clip { words: "y cuatro", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cuatro.wav")) },
        Clip { words: "y cinco", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cinco.wav")) },
        Clip { words: "y seis", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-seis.wav")) },
        Clip { words: "y siete", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-siete.wav")) },
        Clip { words: "y ocho", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-ocho.wav")) },
        Clip { words: "y nueve", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-nueve.wav")) },
        Clip { words: "y diez", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-diez.wav")) },
        Clip { words: "y once", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-once.wav")) },
        Clip { words: "y doce", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-doce.wav")) },
        Clip { words: "y trece", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-trece.wav")) },
        Clip { words: "y catorce", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-catorce.wav")) },
        Clip { words: "y dieciséis", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-dieciseis.wav")) },
        Clip { words: "y diecisiete", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-diecisiete.wav")) },
        Clip { words: "y dieciocho", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-dieciocho.wav")) },
        Clip { words: "y diecinueve", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-diecinueve.wav")) },
        Clip { words: "y veinte", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-veinte.wav")) },
        Clip { words: "y veintiuno", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-veintiuno.wav")) },
        Clip { words: "y veintidós", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-veintidos.wav")) },
        Clip { words: "y veintitrés", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-veintitres.wav")) },
        Clip { words: "y veinticuatro", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-veinticuatro.wav")) },
        Clip { words: "y veinticinco", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-veinticinco.wav")) },
        Clip { words: "y veintiséis", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-veintiseis.wav")) },
        Clip { words: "y veintisiete", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-veintisiete.wav")) },
        Clip { words: "y veintiocho", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-veintiocho.wav")) },
        Clip { words: "y veintinueve", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-veintinueve.wav")) },
        Clip {
            words: "y treinta y uno",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-treinta-y-uno.wav")),
        },
        Clip {
            words: "y treinta y dos",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-treinta-y-dos.wav")),
        },
        Clip {
            words: "y treinta y tres",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-treinta-y-tres.wav")),
        },
        Clip {
            words: "y treinta y cuatro",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-treinta-y-cuatro.wav")),
        },
        Clip {
            words: "y treinta y cinco",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-treinta-y-cinco.wav")),
        },
        Clip {
            words: "y treinta y seis",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-treinta-y-seis.wav")),
        },
        Clip {
            words: "y treinta y siete",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-treinta-y-siete.wav")),
        },
        Clip {
            words: "y treinta y ocho",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-treinta-y-ocho.wav")),
        },
        Clip {
            words: "y treinta y nueve",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-treinta-y-nueve.wav")),
        },
        Clip { words: "y cuarenta", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cuarenta.wav")) },
        Clip {
            words: "y cuarenta y uno",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cuarenta-y-uno.wav")),
        },
        Clip {
            words: "y cuarenta y dos",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cuarenta-y-dos.wav")),
        },
        Clip {
            words: "y cuarenta y tres",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cuarenta-y-tres.wav")),
        },
        Clip {
            words: "y cuarenta y cuatro",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cuarenta-y-cuatro.wav")),
        },
        Clip {
            words: "y cuarenta y seis",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cuarenta-y-seis.wav")),
        },
        Clip {
            words: "y cuarenta y siete",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cuarenta-y-siete.wav")),
        },
        Clip {
            words: "y cuarenta y ocho",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cuarenta-y-ocho.wav")),
        },
        Clip {
            words: "y cuarenta y nueve",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cuarenta-y-nueve.wav")),
        },
        Clip { words: "y cincuenta", samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cincuenta.wav")) },
        Clip {
            words: "y cincuenta y uno",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cincuenta-y-uno.wav")),
        },
        Clip {
            words: "y cincuenta y dos",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cincuenta-y-dos.wav")),
        },
        Clip {
            words: "y cincuenta y tres",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cincuenta-y-tres.wav")),
        },
        Clip {
            words: "y cincuenta y cuatro",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cincuenta-y-cuatro.wav")),
        },
        Clip {
            words: "y cincuenta y cinco",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cincuenta-y-cinco.wav")),
        },
        Clip {
            words: "y cincuenta y seis",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cincuenta-y-seis.wav")),
        },
        Clip {
            words: "y cincuenta y siete",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cincuenta-y-siete.wav")),
        },
        Clip {
            words: "y cincuenta y ocho",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cincuenta-y-ocho.wav")),
        },
        Clip {
            words: "y cincuenta y nueve",
            samples: ulaw(include_bytes!("../../prompts/es/minutes-y-cincuenta-y-nueve.wav")),
        },
    ],
    parts: &[
        Clip { words: "de la madrugada", samples: ulaw(include_bytes!("../../prompts/es/parts-de-la-madrugada.wav")) },
        Clip { words: "de la mañana", samples: ulaw(include_bytes!("../../prompts/es/parts-de-la-manana.wav")) },
        Clip { words: "del mediodía", samples: ulaw(include_bytes!("../../prompts/es/parts-del-mediodia.wav")) },
        Clip { words: "de la tarde", samples: ulaw(include_bytes!("../../prompts/es/parts-de-la-tarde.wav")) },
        Clip { words: "de la noche", samples: ulaw(include_bytes!("../../prompts/es/parts-de-la-noche.wav")) },
    ],
    withheld: Clip { words: "Número oculto", samples: ulaw(include_bytes!("../../prompts/es/withheld.wav")) },
    unknown: Clip { words: "Número desconocido", samples: ulaw(include_bytes!("../../prompts/es/unknown.wav")) },
    digits: [
        Clip { words: "cero", samples: ulaw(include_bytes!("../../prompts/es/digits-cero.wav")) },
        Clip { words: "uno", samples: ulaw(include_bytes!("../../prompts/es/digits-uno.wav")) },
        Clip { words: "dos", samples: ulaw(include_bytes!("../../prompts/es/digits-dos.wav")) },
        Clip { words: "tres", samples: ulaw(include_bytes!("../../prompts/es/digits-tres.wav")) },
        Clip { words: "cuatro", samples: ulaw(include_bytes!("../../prompts/es/digits-cuatro.wav")) },
        Clip { words: "cinco", samples: ulaw(include_bytes!("../../prompts/es/digits-cinco.wav")) },
        Clip { words: "seis", samples: ulaw(include_bytes!("../../prompts/es/digits-seis.wav")) },
        Clip { words: "siete", samples: ulaw(include_bytes!("../../prompts/es/digits-siete.wav")) },
        Clip { words: "ocho", samples: ulaw(include_bytes!("../../prompts/es/digits-ocho.wav")) },
        Clip { words: "nueve", samples: ulaw(include_bytes!("../../prompts/es/digits-nueve.wav")) },
        Clip { words: "más", samples: ulaw(include_bytes!("../../prompts/es/digits-mas.wav")) },
    ],
    calls: [
        Clip { words: "primera llamada", samples: ulaw(include_bytes!("../../prompts/es/calls-primera-llamada.wav")) },
        Clip { words: "segunda llamada", samples: ulaw(include_bytes!("../../prompts/es/calls-segunda-llamada.wav")) },
        Clip { words: "tercera llamada", samples: ulaw(include_bytes!("../../prompts/es/calls-tercera-llamada.wav")) },
        Clip { words: "cuarta llamada", samples: ulaw(include_bytes!("../../prompts/es/calls-cuarta-llamada.wav")) },
        Clip { words: "quinta llamada", samples: ulaw(include_bytes!("../../prompts/es/calls-quinta-llamada.wav")) },
        Clip { words: "sexta llamada", samples: ulaw(include_bytes!("../../prompts/es/calls-sexta-llamada.wav")) },
        Clip { words: "séptima llamada", samples: ulaw(include_bytes!("../../prompts/es/calls-septima-llamada.wav")) },
        Clip { words: "octava llamada", samples: ulaw(include_bytes!("../../prompts/es/calls-octava-llamada.wav")) },
        Clip { words: "novena llamada", samples: ulaw(include_bytes!("../../prompts/es/calls-novena-llamada.wav")) },
        Clip { words: "décima llamada", samples: ulaw(include_bytes!("../../prompts/es/calls-decima-llamada.wav")) },
        Clip {
            words: "llamada número once",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-once.wav")),
        },
        Clip {
            words: "llamada número doce",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-doce.wav")),
        },
        Clip {
            words: "llamada número trece",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-trece.wav")),
        },
        Clip {
            words: "llamada número catorce",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-catorce.wav")),
        },
        Clip {
            words: "llamada número quince",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-quince.wav")),
        },
        Clip {
            words: "llamada número dieciséis",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-dieciseis.wav")),
        },
        Clip {
            words: "llamada número diecisiete",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-diecisiete.wav")),
        },
        Clip {
            words: "llamada número dieciocho",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-dieciocho.wav")),
        },
        Clip {
            words: "llamada número diecinueve",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-diecinueve.wav")),
        },
        Clip {
            words: "llamada número veinte",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-veinte.wav")),
        },
        Clip {
            words: "llamada número veintiuno",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-veintiuno.wav")),
        },
        Clip {
            words: "llamada número veintidós",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-veintidos.wav")),
        },
        Clip {
            words: "llamada número veintitrés",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-veintitres.wav")),
        },
        Clip {
            words: "llamada número veinticuatro",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-veinticuatro.wav")),
        },
        Clip {
            words: "llamada número veinticinco",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-veinticinco.wav")),
        },
        Clip {
            words: "llamada número veintiséis",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-veintiseis.wav")),
        },
        Clip {
            words: "llamada número veintisiete",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-veintisiete.wav")),
        },
        Clip {
            words: "llamada número veintiocho",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-veintiocho.wav")),
        },
        Clip {
            words: "llamada número veintinueve",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-veintinueve.wav")),
        },
        Clip {
            words: "llamada número treinta",
            samples: ulaw(include_bytes!("../../prompts/es/calls-llamada-numero-treinta.wav")),
        },
    ],
    many_calls: Clip {
        words: "más de treinta llamadas",
        samples: ulaw(include_bytes!("../../prompts/es/many_calls.wav")),
    },
    press: Clip { words: "Pulsa una tecla", samples: ulaw(include_bytes!("../../prompts/es/press.wav")) },
    has_it: Clip { words: "ya tiene la llamada", samples: ulaw(include_bytes!("../../prompts/es/has_it.wav")) },
    somebody_has_it: Clip {
        words: "Otra persona ya tiene la llamada",
        samples: ulaw(include_bytes!("../../prompts/es/somebody_has_it.wav")),
    },
    gone: Clip { words: "Quien llamaba ha colgado", samples: ulaw(include_bytes!("../../prompts/es/gone.wav")) },
    speak: Clip {
        words: "Habla después de la señal y pulsa almohadilla cuando termines",
        samples: ulaw(include_bytes!("../../prompts/es/speak.wav")),
    },
};
