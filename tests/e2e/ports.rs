//! Free loopback ports that no two tests share.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};
use std::sync::Mutex;

/// Below the range the kernel hands out by itself, so that nobody's outgoing socket lands in ours.
const FIRST: u16 = 10_000;
const LAST: u16 = 31_999;

static NEXT: Mutex<Option<u16>> = Mutex::new(None);

/// The first of `count` consecutive ports, even, free for UDP and TCP on 127.0.0.1 and, where
/// there is IPv6, on ::1. Never given twice in a process;
/// another process of these tests starts looking elsewhere.
pub fn free(count: u16) -> u16 {
    let mut next = NEXT.lock().expect("no test panics while it holds this");
    let span = u32::from(LAST - FIRST);
    let mut base = next.unwrap_or_else(|| {
        let scattered = std::process::id().wrapping_mul(2_654_435_761) % span;
        FIRST + u16::try_from(scattered).expect("smaller than the span") / 2 * 2
    });
    for _ in 0..span {
        if base > LAST - count {
            base = FIRST;
        }
        if (base..base + count).all(is_free) {
            *next = Some(base + count.next_multiple_of(2));
            return base;
        }
        base += 2;
    }
    panic!("no {count} free ports in a row between {FIRST} and {LAST}");
}

fn is_free(port: u16) -> bool {
    let free = |ip: IpAddr| UdpSocket::bind((ip, port)).is_ok() && TcpListener::bind((ip, port)).is_ok();
    free(Ipv4Addr::LOCALHOST.into()) && (!has_ipv6() || free(Ipv6Addr::LOCALHOST.into()))
}

/// Whether this machine has an IPv6 loopback address.
pub fn has_ipv6() -> bool {
    UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}
