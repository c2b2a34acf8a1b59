//! The week as a form, on the page of the hours and in the first steps: a field a day, typed as on a door.

use crate::routing::plan::{Language, Shop};
use crate::routing::week::{MOST_SPANS, Week, is_same_as_above, read_day, write_day};
use crate::routing::{Hours, HoursTag};
use crate::web::form::Fields;
use crate::words::page::{hours as said, weekdays};

pub struct WeekForm {
    pub days: Vec<DayForm>,
    pub holidays_off: bool,
    /// Of the hours that the form was made from, so that whoever sends it second is told.
    pub tag: String,
}

pub struct DayForm {
    pub name: &'static str,
    /// The name of its field: `d0` is Monday's.
    pub field: String,
    pub typed: String,
    pub fault: Option<&'static str>,
}

impl WeekForm {
    fn of(week: &Week, tag: String, language: Language) -> WeekForm {
        let names = weekdays(language);
        let day = |(n, spans): (usize, &Vec<_>)| DayForm {
            name: names[n],
            field: format!("d{n}"),
            typed: write_day(spans),
            fault: None,
        };
        WeekForm { days: week.days.iter().enumerate().map(day).collect(), holidays_off: week.holidays_off, tag }
    }

    /// Of the hours as they are; `None`: they are more than a week can say.
    pub fn stored(shop: &Shop, language: Language) -> Option<WeekForm> {
        let week = match &shop.hours {
            None => Week::default(),
            Some(hours) => {
                Week::read(hours.as_str()).filter(|week| week.days.iter().all(|day| day.len() <= MOST_SPANS))?
            }
        };
        Some(WeekForm::of(&week, HoursTag::of(shop.hours.as_ref()).to_string(), language))
    }

    /// The week that was typed and the form as it was, or the form with what is wrong beside it.
    pub fn read(fields: &Fields, language: Language) -> Result<(Week, WeekForm), WeekForm> {
        let mut week = Week { holidays_off: fields.get("holidays_off").is_some(), ..Week::default() };
        let mut form = WeekForm::of(&week, fields.text("tag").to_owned(), language);
        let mut above: Option<Vec<_>> = None;
        for (spans, shown) in week.days.iter_mut().zip(&mut form.days) {
            shown.typed = fields.text(&shown.field).to_owned();
            let read = match &above {
                Some(above) if is_same_as_above(&shown.typed) => Ok(above.clone()),
                _ => read_day(&shown.typed),
            };
            match read {
                Ok(read) => *spans = read,
                Err(error) => shown.fault = Some(said::typed_error(error, language)),
            }
            above = Some(spans.clone());
        }
        if form.days.iter().any(|day| day.fault.is_some()) { Err(form) } else { Ok((week, form)) }
    }

    /// The hours that were seen when the form was made; `None`: it is no form of ours.
    pub fn seen(fields: &Fields) -> Option<HoursTag> {
        HoursTag::parse(fields.text("tag"))
    }

    /// The form for whoever has been told of the hours as they are now.
    pub fn told(self, now: Option<&Hours>) -> WeekForm {
        WeekForm { tag: HoursTag::of(now).to_string(), ..self }
    }
}
