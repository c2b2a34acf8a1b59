//! Both sides of a call fall silent: they are asked, and hung up on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp, moment};
use crate::tone::Law;

const LIMIT: Duration = Duration::from_secs(60);

/// What the caller does once it was answered: it says that it is there, and is hung up on with a reason.
const IS_THERE: &str = r#"
  <recv request="INVITE"><action><log message="[timestamp] asked"/></action></recv>
  <send retrans="500">
    <![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:[from]@[local_ip]:[local_port]>
      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=- 20261122 1 IN IP[media_ip_type] [media_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [rtp] RTP/AVP 0 101
      a=rtpmap:101 telephone-event/8000

    ]]>
  </send>
  <recv request="ACK"/>
  <recv request="BYE">
    <action>
      <ereg regexp="Q.850;cause=102" search_in="hdr" header="Reason:" check_it="true" assign_to="why"/>
      <log message="[timestamp] hung_up"/>
    </action>
  </recv>
  <send>
    <![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]>
  </send>
  <Reference variables="line,why"/>
</scenario>
"#;

/// The phone's answer: it has been started anew, and knows of no call. Half a second later than the caller's.
const KNOWS_NOTHING: &str = r#"
  <recv request="INVITE"/>
  <pause milliseconds="500"/>
  <send>
    <![CDATA[
      SIP/2.0 481 Call/Transaction Does Not Exist
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]>
  </send>
  <recv request="ACK"/>
"#;

#[test]
fn both_are_asked_after_half_a_minute_and_a_call_that_one_of_them_does_not_know_is_ended() {
    let name = "both_are_asked_after_half_a_minute_and_a_call_that_one_of_them_does_not_know_is_ended";
    if !peers::present(name, &["sipp"]) {
        return;
    }
    let ears = [440.0, 1100.0].map(|hz| Ear::on(ports::free(2), Law::Mu, hz));
    let (caller, _) = sipp::CALLER.split_once("  <pause/>\n").expect("the caller talks for a while");
    let caller = Sipp::plays(&format!("{caller}{IS_THERE}")).key("rtp", ears[0].port()).key("codecs", "0 101");
    let phone = sipp::PHONE.replace("  <recv request=\"BYE\">", &format!("{KNOWS_NOTHING}  <recv request=\"BYE\">"));
    let phone = Sipp::plays(&phone).pause_ms(200).key("rtp", ears[1].port()).key("codecs", "0 101");
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let at_start = installation.gauges();
    let target = installation.target();

    let phone = phone.start(&target);
    let caller = caller.start(&target);
    ears[1].speaks_to(phone.wait_for("offered", LIMIT).number("port"));
    ears[0].speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    let heard = until(LIMIT, || ears.iter().all(|ear| ear.packets().len() > 50).then_some(()));
    assert!(heard.is_some(), "they hear each other");
    drop(ears);
    let silent_since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();

    let caller = caller.finish(LIMIT);
    phone.finish(LIMIT);
    let asked = moment(&caller, "asked") - silent_since;
    assert!((29.0..34.0).contains(&asked), "asked after {asked} s");
    let ended = moment(&caller, "hung_up") - silent_since;
    assert!((asked..asked + 4.0).contains(&ended), "hung up on after {ended} s");
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["ended_by"]), (&"answered".into(), &"network".into()), "{call:#?}");
    installation.returns_to(&at_start);
}
