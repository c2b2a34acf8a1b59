//! Hours, closures and "close now until …" by the page.

use axum::http::{StatusCode, header};
use ringall::routing::plan::{Override, OverrideState};

use crate::browser::{ANA, Browser, PASSWORD};
use crate::shop::{Answer, Place};

/// The week's form as it is on the page, with some of its fields typed anew.
async fn week(ana: &mut Browser<'_>, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let page = ana.sees("/hours").await;
    let form = page.split_once("action=\"/hours/week\"").expect("a week").1.split_once("</form>").expect("its end").0;
    let fields = form.split("<input ").skip(1).map(|input| {
        let value =
            |name: &str| input.split_once(&format!("{name}=\"")).map(|(_, rest)| rest.split_once('"').unwrap().0);
        (
            value("name").unwrap().to_owned(),
            value("value").unwrap_or_default().to_owned(),
            input.contains("checkbox") && !input.contains(" checked"),
        )
    });
    let fields = fields.filter(|(_, _, left_out)| !left_out).map(|(name, value, _)| {
        let value = typed.iter().find(|(other, _)| *other == name).map_or(value, |(_, typed)| (*typed).to_owned());
        (name, value)
    });
    fields.collect()
}

async fn saves(ana: &mut Browser<'_>, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    ana.sends("/hours/week", &fields).await
}

async fn hours_of(place: &Place) -> Option<String> {
    let plan = place.store.plan().await.unwrap();
    plan.shops[0].hours.as_ref().map(|hours| hours.as_str().to_owned())
}

/// Thursday, 24 December 2026, 18:05 is now.
const SPLIT_DAY: [(&str, &str); 1] = [("d3", "9-2, 4:30-8")];

#[tokio::test]
async fn a_week_is_saved_and_read_back_as_a_caller_meets_it() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mut fields = week(&mut ana, &SPLIT_DAY).await;
    fields.push(("holidays_off".to_owned(), "yes".to_owned()));
    let answer = saves(&mut ana, &fields).await;
    assert_eq!(
        (answer.status, &answer.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/hours?saved=yes".parse().unwrap())
    );
    assert_eq!(hours_of(&place).await.as_deref(), Some("Th 09:00-14:00,16:30-20:00; PH off"));
    let page = ana.sees("/hours?saved=yes").await;
    assert!(page.contains("Saved. Today at 18:05 the phones ring; from 20:00, the greeting."), "{page}");
    assert!(page.contains("name=\"d3\" value=\"09:00-14:00, 16:30-20:00\""), "{page}");
    assert!(page.contains("Today: 9:00–14:00, 16:30–20:00."), "{page}");

    // The week that is shown is the week that is kept.
    let unchanged = week(&mut ana, &[]).await;
    assert_eq!(saves(&mut ana, &unchanged).await.status, StatusCode::SEE_OTHER);
    assert_eq!(hours_of(&place).await.as_deref(), Some("Th 09:00-14:00,16:30-20:00; PH off"));
}

#[tokio::test]
async fn a_wrong_week_keeps_what_was_typed_and_says_why() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for (typed, words) in [
        (&[("d3", "9")][..], "Write from when to when"),
        (&[("d3", "09:00-09:00"), ("d4", "9-2")], "opens and closes at the same time"),
        (&[("d3", "9-14, 13-20")], "overlap"),
        (&[("d3", "8-9, 10-11, 12-13, 14-15, 16-17")], "at most four"),
        (&[("d3", "9 &\"<b>-18:00")], "Write from when to when"),
        (&[], "Write when you are open"),
    ] {
        let fields = week(&mut ana, typed).await;
        let answer = saves(&mut ana, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(words), "{words:?} is not in {}", answer.text);
        for (name, value) in typed.iter().filter(|(_, value)| !value.contains('<')) {
            assert!(answer.text.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name}: {}", answer.text);
        }
        assert!(!answer.text.contains("<b>"));
        if !typed.is_empty() {
            assert!(answer.text.contains("aria-invalid=\"true\" aria-describedby=\"d3-fault\""), "{}", answer.text);
        }
    }
    let tag = week(&mut ana, &[]).await.into_iter().find(|(name, _)| name == "tag").unwrap().1;
    let text = [("hours", "Mo-Fr 9 to 5 <b>"), ("tag", tag.as_str())];
    let answer = ana.fills("/hours/text", &text).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.text.contains("was not understood") && answer.text.contains("9 to 5 &#60;b&#62;"),
        "{}",
        answer.text
    );
    assert_eq!(hours_of(&place).await, None);
}

#[tokio::test]
async fn of_two_who_save_at_once_the_second_is_told() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mut bea = place.browser();
    bea.signs_in(ANA, PASSWORD).await;
    let (first, second) = (week(&mut ana, &SPLIT_DAY).await, week(&mut bea, &[("d4", "10-12")]).await);
    for _ in 0..2 {
        // Whoever sends the same again has it so already.
        assert_eq!(saves(&mut ana, &first).await.status, StatusCode::SEE_OTHER);
    }
    let told = saves(&mut bea, &second).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(
        told.text.contains("Somebody else has changed the hours") && told.text.contains("Th 09:00-14:00,16:30-20:00")
    );
    assert!(told.text.contains("name=\"d4\" value=\"10-12\""), "what was typed is kept: {}", told.text);
    assert_eq!(hours_of(&place).await.as_deref(), Some("Th 09:00-14:00,16:30-20:00"), "nothing of the second is saved");

    // Whoever has seen it may save all the same: the page that tells carries the tag of the hours as they are.
    let (_, rest) = told.text.split_once("name=\"tag\" value=\"").expect("a tag");
    let tag = rest.split_once('"').unwrap().0.to_owned();
    let again: Vec<_> = second
        .into_iter()
        .map(|(name, value)| if name == "tag" { (name, tag.clone()) } else { (name, value) })
        .collect();
    assert_eq!(saves(&mut bea, &again).await.status, StatusCode::SEE_OTHER);
    assert_eq!(hours_of(&place).await.as_deref(), Some("Fr 10:00-12:00"));
}

#[tokio::test]
async fn hours_that_are_more_than_a_week_are_edited_as_text() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let tag = week(&mut ana, &[]).await.into_iter().find(|(name, _)| name == "tag").unwrap().1;
    let expression = "Mo-Fr 09:00-18:00; Dec 24 09:00-12:00";
    let answer = ana.fills("/hours/text", &[("hours", expression), ("tag", &tag)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let page = ana.sees("/hours").await;
    assert!(page.contains("more than a week") && page.contains(expression) && !page.contains("/hours/week"), "{page}");
    assert_eq!(ana.fills("/hours/text", &[("hours", expression), ("tag", "x")]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn closures_are_added_listed_and_deleted() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let christmas = [("from", "2026-12-24T14:00"), ("to", "2026-12-26T09:00"), ("why", "Christmas <b>"), ("open", "")];
    assert_eq!(ana.fills("/hours/closures", &christmas).await.status, StatusCode::SEE_OTHER);
    let page = ana.sees("/hours?saved=yes").await;
    for words in [
        "Christmas &#60;b&#62;",
        "today at 14:00 to Saturday at 9:00",
        "callers hear the greeting; from Saturday at 9:00",
    ] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
    let id = place.store.plan().await.unwrap().shops[0].closures[0].id;
    for _ in 0..2 {
        let answer = ana.fills(&format!("/hours/closures/{id}/delete"), &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "one that somebody else deleted is gone as well");
    }
    assert!(ana.sees("/hours").await.contains("None is planned."));
}

#[tokio::test]
async fn a_wrong_closure_keeps_what_was_typed() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for (from, to, open, words) in [
        ("2026-12-26T09:00", "2026-12-24T14:00", "", "ends before it begins"),
        ("2026-12-01T09:00", "2026-12-02T14:00", "", "over already"),
        ("soon", "2026-12-26T09:00", "", "Write day and time"),
        ("2026-12-25T09:00", "2026-12-26T09:00", "ten to noon", "was not understood"),
    ] {
        let typed = [("from", from), ("to", to), ("why", "Stock&taking"), ("open", open)];
        let answer = ana.fills("/hours/closures", &typed).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        for part in [words, "value=\"Stock&#38;taking\"", &format!("value=\"{from}\"")] {
            assert!(answer.text.contains(part), "{part:?} is not in {}", answer.text);
        }
    }
    assert!(place.store.plan().await.unwrap().shops[0].closures.is_empty());
    assert_eq!(ana.fills("/hours/closures/x/delete", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_shop_is_closed_for_now_with_an_end() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let answer = ana.fills("/override", &[("state", "closed"), ("until", "2026-12-24T19:30"), ("for", "")]).await;
    assert_eq!(answer.headers[header::LOCATION], "/?saved=yes");
    let page = ana.sees("/?saved=yes").await;
    for words in [
        "Saved. Today at 18:05 callers hear the greeting; from 19:30, the phones ring.",
        "Closed by hand until 19:30.",
        "End it now",
    ] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
    assert_eq!(ana.fills("/override/end", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(place.store.plan().await.unwrap().shops[0].hours_override, None);
    for (button, until) in [("hour", 1_798_135_500_000), ("day", 1_798_153_200_000)] {
        ana.fills("/override", &[("state", "open"), ("until", "2026-12-24T19:30"), ("for", button)]).await;
        let said = place.store.plan().await.unwrap().shops[0].hours_override;
        assert_eq!(said, Some(Override { state: OverrideState::Open, until: ringall::now::UnixMs(until) }), "{button}");
    }
}

#[tokio::test]
async fn an_override_without_a_good_end_is_refused_with_what_was_typed() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for (until, words) in [
        ("2026-12-24T18:00", "has passed already"),
        ("2027-06-01T09:00", "more than 31 days"),
        ("", "Write day and time"),
    ] {
        let answer = ana.fills("/override", &[("state", "closed"), ("until", until)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(answer.text.contains(words) && answer.text.contains(&format!("value=\"{until}\"")), "{}", answer.text);
    }
    assert_eq!(
        ana.fills("/override", &[("state", "ajar"), ("until", "2026-12-24T19:30")]).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(place.store.plan().await.unwrap().shops[0].hours_override, None);
}

#[tokio::test]
async fn nothing_is_set_without_signing_in_or_without_a_mark() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for path in [
        "/hours/week",
        "/hours/text",
        "/hours/closures",
        "/hours/closures/1/delete",
        "/hours/closed-days",
        "/override",
        "/override/end",
        "/callers/+34600999888",
        "/owed/+34600999888/claim",
        "/owed/+34600999888/release",
        "/owed/+34600999888/settle",
    ] {
        let before = place.store.plan_version().await.unwrap();
        assert_eq!(place.browser().sends(path, &[]).await.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(ana.sends(path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(place.store.plan_version().await.unwrap(), before, "{path}");
    }
}

#[tokio::test]
async fn a_week_is_typed_as_on_a_door() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let typed = [("d0", "9am-5pm"), ("d1", "24h"), ("d2", "closed"), ("d3", "9:00-14:00 16:30-20:00"), ("d4", "18-2")];
    let fields = week(&mut ana, &typed).await;
    assert_eq!(saves(&mut ana, &fields).await.status, StatusCode::SEE_OTHER);
    let kept = "Mo 09:00-17:00; Tu 00:00-24:00; Th 09:00-14:00,16:30-20:00; Fr 18:00-02:00";
    assert_eq!(hours_of(&place).await.as_deref(), Some(kept));
    let page = ana.sees("/hours").await;
    for words in ["value=\"24 h\"", "value=\"18:00-02:00\"", "name=\"d2\" value=\"\"", "18:00–2:00"] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
}

#[tokio::test]
async fn fourteen_days_are_shown_with_what_decides_on_them() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mut fields = week(&mut ana, &[("d3", "9-2, 4:30-8"), ("d4", "9-2")]).await;
    fields.push(("holidays_off".to_owned(), "yes".to_owned()));
    saves(&mut ana, &fields).await;
    let fair = [("from", "2026-12-31T00:00"), ("to", "2027-01-01T00:00"), ("why", "Fair <b>"), ("open", "10:00-12:00")];
    assert_eq!(ana.fills("/hours/closures", &fair).await.status, StatusCode::SEE_OTHER);
    let page = ana.sees("/hours").await;
    let ahead = page.split_once("The next 14 days").expect("the days").1;
    assert_eq!(ahead.matches("<li class=\"row\">").count(), 14);
    for words in [
        "Thursday, 24 December</span> <span class=\"side\">9:00–14:00, 16:30–20:00<",
        "Friday, 25 December</span> <span class=\"side\">closed · <bdi>Christmas Day</bdi>",
        "Saturday, 26 December</span> <span class=\"side\">closed<",
        "Thursday, 31 December</span> <span class=\"side\">10:00–12:00 · <bdi>Fair &#60;b&#62;</bdi>",
        "Friday, 1 January</span> <span class=\"side\">closed · <bdi>New Year&#39;s Day</bdi>",
        "Wednesday, 6 January</span>",
    ] {
        assert!(ahead.contains(words), "{words:?} is not in {ahead}");
    }
}

#[tokio::test]
async fn the_owner_is_asked_each_december_which_days_the_shop_closes() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    assert!(ana.sees("/hours").await.contains("Which days do you close in 2027?"));
    let week = week(&mut ana, &[("d0", "9-2"), ("d2", "9-2"), ("d3", "9-2"), ("d4", "9-2")]).await;
    saves(&mut ana, &week).await;
    let page = ana.sees("/hours/closed-days").await;
    for words in [
        "Christmas Day",
        "Friday, 25 December 2026",
        "Good Friday",
        "Friday, 26 March 2027",
        "name=\"h-2027-03-26\" value=\"yes\">",
        // 1 May 2027 is a Saturday.
        "Saturday, 1 May 2027 · <bdi>closed every week on this day</bdi>",
    ] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
    let typed = [
        ("was-2026-12-25", "open"),
        ("h-2026-12-25", "yes"),
        ("was-2027-03-26", "open"),
        ("l0date", "2027-05-17"),
        ("l0name", "San Pascual <b>"),
    ];
    assert!(page.contains("name=\"year\" value=\"2027\""), "{page}");
    ana.fills("/hours/closed-days", &[("year", "2026")]).await;
    assert!(ana.sees("/hours").await.contains("Which days do you close in 2027?"), "a form of November asked of 2026");
    assert_eq!(ana.fills("/hours/closed-days", &typed).await.status, StatusCode::SEE_OTHER);
    let closures = place.store.plan().await.unwrap().shops[0].closures.clone();
    let written: Vec<_> = closures.iter().map(|it| (it.from.to_string(), it.to.to_string(), it.why.as_str())).collect();
    let day = |from: &str, to: &str, why| (from.to_owned(), to.to_owned(), why);
    assert_eq!(
        written,
        [
            day("2026-12-25 00:00:00", "2026-12-26 00:00:00", "Christmas Day"),
            day("2027-05-17 00:00:00", "2027-05-18 00:00:00", "San Pascual <b>"),
        ]
    );
    let page = ana.sees("/hours").await;
    assert!(!page.contains("Which days do you close in 2027?"), "it is asked once");
    assert!(page.contains("closed · <bdi>Christmas Day</bdi>"), "{page}");
    // Taken back: what was closed by the page is opened by it, and what others changed meanwhile stays.
    assert_eq!(ana.fills("/hours/closed-days", &[("was-2026-12-25", "closed")]).await.status, StatusCode::SEE_OTHER);
    let closures = place.store.plan().await.unwrap().shops[0].closures.clone();
    assert_eq!(closures.iter().map(|it| it.why.as_str()).collect::<Vec<_>>(), ["San Pascual <b>"]);
}

#[tokio::test]
async fn a_holiday_is_opened_above_the_rule_for_holidays() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mut fields = week(&mut ana, &[("d4", "9-2, 4-8")]).await;
    fields.push(("holidays_off".to_owned(), "yes".to_owned()));
    saves(&mut ana, &fields).await;
    assert!(ana.sees("/hours/closed-days").await.contains("name=\"h-2026-12-25\" value=\"yes\" checked>"));
    ana.fills("/hours/closed-days", &[("was-2026-12-25", "closed")]).await;
    let page = ana.sees("/hours").await;
    assert!(page.contains("Friday, 25 December</span> <span class=\"side\">9:00–14:00, 16:00–20:00 ·"), "{page}");
}

#[tokio::test]
async fn a_wrong_local_day_keeps_what_was_typed_and_ticked() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for (date, words) in [("soon", "Write the day as"), ("2026-12-01", "This day is over"), ("2040-01-01", "two years")]
    {
        let typed = [("was-2026-12-25", "open"), ("h-2026-12-25", "yes"), ("l1date", date), ("l1name", "Fair")];
        let answer = ana.fills("/hours/closed-days", &typed).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{date}");
        for part in
            [words, "aria-describedby=\"l1date-fault\"", "value=\"Fair\"", "h-2026-12-25\" value=\"yes\" checked"]
        {
            assert!(answer.text.contains(part), "{part:?} is not in {}", answer.text);
        }
    }
    assert!(place.store.plan().await.unwrap().shops[0].closures.is_empty());
}

#[tokio::test]
async fn the_sign_on_the_door_has_the_hours_that_calls_follow() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let days = ["d0", "d1", "d2", "d3", "d4"].map(|day| (day, "9-2, 4:30-8"));
    let mut fields = week(&mut ana, &days).await;
    fields.push(("holidays_off".to_owned(), "yes".to_owned()));
    saves(&mut ana, &fields).await;
    let christmas = [("from", "2026-12-24T14:00"), ("to", "2026-12-27T00:00"), ("why", "Christmas"), ("open", "")];
    ana.fills("/hours/closures", &christmas).await;
    let page = ana.sees("/hours/sign").await;
    let sign = page.split_once("<article class=\"sign\">").expect("a sign").1;
    for words in [
        "lang=\"es\"",
        "Ruiz",
        "<th scope=\"row\">De lunes a viernes</th><td>9:00–14:00, 16:30–20:00</td>",
        "<th scope=\"row\">Sábado y domingo</th><td>cerrado</td>",
        "Festivos, cerrado",
        "Del 24 de diciembre, 14:00, al 27 de diciembre, 0:00: cerrado (Christmas)",
    ] {
        assert!(sign.contains(words), "{words:?} is not in {sign}");
    }
}
