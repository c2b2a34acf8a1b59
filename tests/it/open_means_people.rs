//! From an open shop there is no way to a recording. The types of the ringing phase know none; here every order of
//! everything that can happen to a call is walked, and none of them leads there.

use std::sync::Arc;
use std::time::Duration;

use ringall::call::event::{CallerLeft, Given, Giver, Holder, Input, LegEnd, Output, Sealed, Stop, Taker};
use ringall::call::leg::{BindingId, LegId};
use ringall::call::phones::Phones;
use ringall::call::record::{CallId, CallRecord, Direction, Disposition, Door, EndedBy};
use ringall::call::{Begin, Call};
use ringall::now::{Mono, Now, UnixMs};
use ringall::routing::Because;
use ringall::routing::decision::{Action, Ring, Wave};
use ringall::routing::plan::{Country, Language, Line, Phone, PhoneId, Shop, ShopId};
use uuid::Uuid;

/// So many things happen, one after the other.
const DEPTH: u32 = 4;
const CALL: CallId = CallId(Uuid::nil());

/// Everything that can happen, to either of two phones where it happens to one.
fn inputs() -> Vec<Input> {
    let phone = |nth| LegId { call: CALL, nth };
    let mut inputs = vec![
        Input::Recorded,
        Input::CallerLeft(CallerLeft::HungUp, None),
        Input::CallerLeft(CallerLeft::Lost, None),
        Input::CallerLeft(CallerLeft::NotConnected, None),
        Input::Held(Holder::Caller),
        Input::Freed(PhoneId(1)),
        Input::Proven(BindingId(2)),
        Input::Moved(BindingId(2)),
        Input::Silent,
        Input::Heard,
        Input::FaxHeard,
        Input::Greeted,
        Input::RecordingEnded,
        Input::Sealed(Sealed::Message { length: Duration::from_secs(9), voice: Duration::from_secs(9) }),
        Input::Sealed(Sealed::Nothing),
        Input::Taken(Taker { phone: PhoneId(2), name: Arc::from("Phone 2"), place: BindingId(9) }),
        Input::Referred { leg: phone(1), to: PhoneId(2) },
        Input::Given(Given {
            by: Giver::Leg(phone(1)),
            gives: Arc::from("Phone 1"),
            from: LegId { call: CallId(Uuid::max()), nth: 1 },
            phone: PhoneId(2),
            place: Some(BindingId(2)),
            name: Arc::from("Phone 2"),
            to: "Phone 2".to_owned(),
        }),
        Input::GivenAway { gives: Arc::from("Phone 1"), to: "Phone 2".to_owned() },
        Input::Closing,
        Input::Timeout,
    ];
    for leg in [phone(1), phone(2)] {
        inputs.push(Input::Rings(leg));
        inputs.push(Input::PickedUp(leg));
        inputs.push(Input::LegEnded(leg, LegEnd::Declined));
        inputs.push(Input::LegEnded(leg, LegEnd::Unavailable(480)));
        inputs.push(Input::LegHungUp(leg, None));
    }
    inputs
}

fn shop() -> Arc<Shop> {
    let phone = |id: i64| Phone {
        id: PhoneId(id),
        name: Arc::from(format!("Phone {id}")),
        line: Line::Fixed { contact: format!("sip:p{id}@192.0.2.{id}") },
        after: Duration::ZERO,
        hours: None,
        off_until: None,
    };
    Arc::new(Shop {
        id: ShopId(1),
        name: "Ferretería Ruiz".to_owned(),
        time_zone: chrono_tz::Europe::Madrid,
        country: Country(*b"ES"),
        calls_to: Vec::new(),
        call_back_ring: true,
        drill_before_opening: false,
        greeting: Default::default(),
        language: Language::Es,
        hours: None,
        numbers: Vec::new(),
        give_up_after: Duration::from_secs(120),
        notify: Vec::new(),
        phones: vec![phone(1), phone(2)],
        closures: Vec::new(),
        hours_override: None,
        blocked: std::collections::BTreeSet::new(),
    })
}

/// A call to an open shop, which rings two phones.
fn open_call(shop: &Arc<Shop>, phones: &Phones) -> Call {
    let record = CallRecord {
        id: CALL,
        shop: Some(ShopId(1)),
        direction: Direction::In,
        caller: None,
        caller_raw: String::new(),
        caller_display: String::new(),
        withheld: false,
        called: String::new(),
        door: Door::Sip,
        key: String::new(),
        started: UnixMs(0),
        answered: None,
        ended: None,
        disposition: None,
        because: Because::NoHours,
        ended_by: None,
        answered_by: None,
        nth_call_from_caller: 1,
    };
    let wave = Wave { after: Duration::ZERO, phones: vec![PhoneId(1), PhoneId(2)] };
    let ring = Ring { waves: vec![wave], give_up_after: Duration::from_secs(120) };
    Call::new(now(0), record, Some(Arc::clone(shop)), Begin::Decided(Action::Ring(ring)), phones)
}

fn now(step: u64) -> Now {
    // More than the give-up time passes on the way, so that timeouts mean something.
    let at = Duration::from_secs(45 * step);
    Now { mono: Mono(at), wall: UnixMs(i64::try_from(at.as_millis()).unwrap()) }
}

#[test]
fn no_order_of_events_leads_an_open_call_to_a_recording() {
    let inputs = inputs();
    let (shop, mut phones) = (shop(), Phones::default());
    phones.add(PhoneId(1), BindingId(1));
    phones.add(PhoneId(2), BindingId(2));
    let mut answered = 0;
    let orders = inputs.len().pow(DEPTH);
    for order in 0..orders {
        let mut call = open_call(&shop, &phones);
        let mut rest = order;
        let mut seen = Vec::new();
        // At last the row is durable, and what was held back comes out.
        for step in 0..=DEPTH {
            let input = if step == DEPTH { Input::Recorded } else { inputs[rest % inputs.len()].clone() };
            rest /= inputs.len();
            call.handle(now(u64::from(step) + 1), input.clone(), &phones);
            seen.push(input);
            while let Some(output) = call.poll_output() {
                let machine = matches!(output, Output::Greet(_) | Output::Keep(_));
                assert!(!machine, "after {seen:?} the caller of an open shop hears a machine");
                answered += usize::from(matches!(output, Output::Answer { .. }));
            }
        }
        let disposition = call.record().disposition;
        let told = [None, Some(Disposition::Answered), Some(Disposition::Missed)];
        assert!(told.contains(&disposition), "after {seen:?}: {disposition:?}");
    }
    assert!(answered > orders / 12, "people do pick up in this walk: {answered} of {orders}");
}

#[test]
fn who_could_not_be_connected_was_not_answered() {
    let (shop, mut phones) = (shop(), Phones::default());
    phones.add(PhoneId(1), BindingId(1));
    let mut call = open_call(&shop, &phones);
    let leg = LegId { call: CALL, nth: 1 };
    for input in [Input::Recorded, Input::PickedUp(leg)] {
        call.handle(now(0), input, &phones);
    }
    assert_eq!(call.record().disposition, Some(Disposition::Answered));
    let _ = std::iter::from_fn(|| call.poll_output()).count();
    call.handle(now(0), Input::CallerLeft(CallerLeft::NotConnected, None), &phones);
    let row = call.record();
    assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Missed), Some(EndedBy::Network)));
    assert!(row.answered.is_none() && row.answered_by.is_none(), "{row:?}");
    let outputs: Vec<Output> = std::iter::from_fn(|| call.poll_output()).collect();
    assert!(outputs.contains(&Output::HangUp { leg, why: Stop::Lost }), "nobody is left on the phone: {outputs:?}");
}
