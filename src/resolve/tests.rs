//! Against a name server of our own on the loopback address.

use std::net::Ipv4Addr;

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::Record;
use hickory_resolver::proto::rr::rdata::{A, NAPTR, SRV};
use tokio::net::UdpSocket;

use super::*;

/// A zone: what there is of which name.
type Zone = Vec<(&'static str, RData)>;

fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).expect("a name");
    name.set_fqdn(true);
    name
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> RData {
    RData::SRV(SRV::new(priority, weight, port, name(target)))
}

fn naptr(order: u16, services: &str, replacement: &str) -> RData {
    let text = |text: &str| text.as_bytes().to_vec().into_boxed_slice();
    RData::NAPTR(NAPTR::new(order, 10, text("s"), text(services), text(""), name(replacement)))
}

fn a(last: u8) -> RData {
    RData::A(A(Ipv4Addr::new(192, 0, 2, last)))
}

/// A resolver that asks a server of this zone alone.
async fn serving(zone: Zone) -> NameServers {
    serving_but(zone, &[]).await
}

/// The same of a server that says nothing of these names.
async fn serving_but(zone: Zone, silent: &'static [(&'static str, RecordType)]) -> NameServers {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port of the loopback address");
    let port = socket.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
            let Some(query) = question.queries.first().cloned() else { continue };
            if silent.iter().any(|(of, kind)| name(of) == *query.name() && *kind == query.query_type()) {
                continue;
            }
            let mut answer = Message::response(question.metadata.id, OpCode::Query);
            let fits =
                |(of, data): &&(&str, RData)| name(of) == *query.name() && data.record_type() == query.query_type();
            answer.add_answers(
                zone.iter().filter(fits).map(|(_, data)| Record::from_rdata(query.name().clone(), 60, data.clone())),
            );
            if zone.iter().all(|(of, _)| name(of) != *query.name()) {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            answer.add_query(query);
            let bytes = answer.to_vec().expect("an answer can be written");
            let _ = socket.send_to(&bytes, from).await;
        }
    });
    NameServers { within: Duration::from_secs(1), ..NameServers::at(&[SocketAddr::from(([127, 0, 0, 1], port))]) }
}

fn at(last: u8, port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::from(([192, 0, 2, last], port))]
}

fn located(priority: u16, weight: u16, protocol: Protocol, addresses: Vec<SocketAddr>) -> Located {
    Located { priority, weight, protocol, addresses }
}

#[tokio::test]
async fn a_names_servers_are_found_with_their_priority_weight_and_port() {
    let zone = vec![
        ("_sip._udp.carrier.example", srv(10, 60, 5060, "one.carrier.example")),
        ("_sip._udp.carrier.example", srv(20, 0, 5070, "two.carrier.example")),
        ("_sip._tcp.carrier.example", srv(1, 0, 5060, "three.carrier.example")),
        ("one.carrier.example", a(1)),
        ("two.carrier.example", a(2)),
        ("three.carrier.example", a(3)),
    ];
    let servers = serving(zone).await;
    for protocol in [Some(Protocol::Udp), None] {
        let mut found = servers.locate("carrier.example", protocol).await.expect("it has servers");
        found.sort_by_key(|server| server.priority);
        let two = [located(10, 60, Protocol::Udp, at(1, 5060)), located(20, 0, Protocol::Udp, at(2, 5070))];
        assert_eq!(found, two, "{protocol:?}");
    }
    let found = servers.locate("carrier.example", Some(Protocol::Tcp)).await.expect("it has a server");
    assert_eq!(found, [located(1, 0, Protocol::Tcp, at(3, 5060))]);
}

#[tokio::test]
async fn the_name_itself_says_which_protocol_it_prefers() {
    let zone = vec![
        ("carrier.example", naptr(50, "SIP+D2U", "_sip._udp.carrier.example")),
        ("carrier.example", naptr(10, "SIP+D2S", "_sip._sctp.carrier.example")),
        ("carrier.example", naptr(20, "sips+d2t", "secure.carrier.example")),
        ("_sip._udp.carrier.example", srv(1, 0, 5060, "one.carrier.example")),
        ("secure.carrier.example", srv(1, 0, 5061, "one.carrier.example")),
        ("one.carrier.example", a(1)),
    ];
    let servers = serving(zone).await;
    let found = servers.locate("carrier.example", None).await.expect("it has a server");
    assert_eq!(found, [located(1, 0, Protocol::Tls, at(1, 5061))]);
    let found = servers.locate("carrier.example", Some(Protocol::Udp)).await.expect("it has a server");
    assert_eq!(found, [located(1, 0, Protocol::Udp, at(1, 5060))], "what the owner says stands above");
}

#[tokio::test]
async fn one_server_whose_address_is_not_told_costs_no_other() {
    let zone = vec![
        ("_sip._udp.carrier.example", srv(10, 0, 5060, "lost.carrier.example")),
        ("_sip._udp.carrier.example", srv(20, 0, 5070, "two.carrier.example")),
        ("lost.carrier.example", a(1)),
        ("two.carrier.example", a(2)),
    ];
    let servers = serving_but(zone, &[("lost.carrier.example", RecordType::A)]).await;
    let found = servers.locate("carrier.example", Some(Protocol::Udp)).await.expect("one is known");
    let expected = [located(10, 0, Protocol::Udp, Vec::new()), located(20, 0, Protocol::Udp, at(2, 5070))];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_name_that_does_not_say_what_it_prefers_is_found_all_the_same() {
    let zone = vec![
        ("carrier.example", a(9)),
        ("_sip._udp.carrier.example", srv(10, 0, 5060, "one.carrier.example")),
        ("one.carrier.example", a(1)),
    ];
    let servers = serving_but(zone, &[("carrier.example", RecordType::NAPTR)]).await;
    let found = servers.locate("carrier.example", None).await.expect("one is known");
    assert_eq!(found, [located(10, 0, Protocol::Udp, at(1, 5060))]);
}

#[tokio::test]
async fn a_name_without_servers_is_one_itself() {
    let servers = serving(vec![("_sip._udp.carrier.example", srv(0, 0, 5060, "."))]).await;
    assert_eq!(servers.servers("carrier.example", Some(Protocol::Udp)).await, [], "a dot is none");
    let found = servers.locate("localhost", Some(Protocol::Udp)).await.expect("every system knows it");
    assert_eq!((found.len(), found[0].priority, found[0].protocol), (1, 0, Protocol::Udp));
    assert!(found[0].addresses.contains(&SocketAddr::from(([127, 0, 0, 1], 5060))), "{found:?}");
    assert!(servers.locate("nowhere.invalid", None).await.is_err());
}
