//! A carrier whose name has two servers, by SRV records of a name server of our own: two Kamailios, one of which dies.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, SRV};
use hickory_resolver::proto::rr::{Name, RData, Record};

use crate::carrier::is_registered;
use crate::installation::{Files, Installation, SHOP, cell, fixed_phone};
use crate::kamailio::{ACCOUNT, Kamailio, PASSWORD, Terms};
use crate::peers;
use crate::ports;
use crate::sipp::{self, Sipp};

const LIMIT: Duration = Duration::from_secs(60);
/// A carrier's server that says nothing of a cell is waited for no longer than 10 s.
const ANOTHER_IS_ASKED_AFTER_MS: u32 = 14_000;

#[test]
fn when_a_carriers_first_server_dies_the_next_call_goes_by_its_second() {
    let name = "when_a_carriers_first_server_dies_the_next_call_goes_by_its_second";
    if !peers::present(name, &["sipp", "kamailio"]) {
        return;
    }
    let cells = ports::free(1);
    let terms = Terms { cells, ..Terms::USUAL };
    let (mut first, second) = (Kamailio::start(terms), Kamailio::start(terms));
    let names = NameServer::of_carrier([first.port(), second.port()]);
    let files = Files::new();
    files.edit_config("[sip]\n", &format!("[sip]\nname_servers = [\"127.0.0.1:{}\"]\n", names.port));
    files.edit_config("name = \"carrier\"", "name = \"kamailio\"");
    let account = format!("register = \"sip:{ACCOUNT}@carrier.test\"\npassword = \"{PASSWORD}\"\n");
    files.edit_config("peers = [\"127.0.0.1\"]", &format!("{account}peers = [\"127.0.0.1\"]"));
    let desk = Sipp::plays(sipp::PHONE);
    let port = desk.port();
    let shop = format!("{SHOP}{}{}", fixed_phone("Counter", port), cell("Ana's cell", "+34600111222"));
    let installation = Installation::start_with(files, &shop);
    is_registered(&installation, &first, true, LIMIT);
    assert!(!second.printed().contains("registered"), "the first is there");

    a_customer_calls(&installation, desk.pause_ms(1_500), cells);
    assert!(first.printed().contains("relayed a call to +34600111222"), "{}", first.printed());
    assert!(!second.printed().contains("relayed a call"), "{}", second.printed());
    first.goes_away();
    a_customer_calls(&installation, Sipp::plays(sipp::PHONE).at(port).pause_ms(ANOTHER_IS_ASKED_AFTER_MS), cells);
    assert!(
        second.printed().contains("relayed a call to +34600111222"),
        "{}\n{}",
        second.printed(),
        installation.log()
    );
    installation.ended_calls(2);
}

/// A customer calls; the cell rings, and somebody picks up at the desk in the end.
fn a_customer_calls(installation: &Installation, desk: Sipp, cells: u16) {
    let target = installation.target();
    let cell = Sipp::plays(sipp::PHONE_RINGS).at(cells).start(&target);
    let desk = desk.start(&target);
    Sipp::plays(sipp::CALLER).start(&target).finish(LIMIT);
    desk.finish(LIMIT);
    cell.finish(LIMIT);
}

/// A name server that knows one carrier, until it is dropped.
struct NameServer {
    port: u16,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl NameServer {
    /// carrier.test has two servers at these ports of 127.0.0.1, the second for when the first is away.
    fn of_carrier([first, second]: [u16; 2]) -> NameServer {
        let name = |text: &str| {
            let mut name = Name::from_ascii(text).expect("a name");
            name.set_fqdn(true);
            name
        };
        let service = name("_sip._udp.carrier.test");
        let srv = |priority, port, target| RData::SRV(SRV::new(priority, 0, port, name(target)));
        let here = || RData::A(A(Ipv4Addr::LOCALHOST));
        let zone = [
            (service.clone(), srv(20, second, "two.carrier.test")),
            (service, srv(10, first, "one.carrier.test")),
            (name("one.carrier.test"), here()),
            (name("two.carrier.test"), here()),
        ];
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a port of the loopback address");
        let port = socket.local_addr().expect("it is bound").port();
        socket.set_read_timeout(Some(Duration::from_millis(100))).expect("not zero");
        let ends = Arc::new(AtomicBool::new(false));
        let end = ends.clone();
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            while !end.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
                let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
                let Some(query) = question.queries.first().cloned() else { continue };
                let mut answer = Message::response(question.metadata.id, OpCode::Query);
                let known = || zone.iter().filter(|(name, _)| name == query.name());
                let fits = known().filter(|(_, data)| data.record_type() == query.query_type());
                answer.add_answers(fits.map(|(name, data)| Record::from_rdata(name.clone(), 1, data.clone())));
                if known().next().is_none() {
                    answer.metadata.response_code = ResponseCode::NXDomain;
                }
                answer.add_query(query.clone());
                socket.send_to(&answer.to_vec().expect("an answer"), from).expect("loopback takes it");
            }
        });
        NameServer { port, ends, thread: Some(thread) }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}
