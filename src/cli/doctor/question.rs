//! A question by SIP to somebody who should be there, and what their answer says of us.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::sip::message::Received;
use crate::sip::wire::{self, Framer, Framing, Piece};

/// Within this somebody answers who is there.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// A datagram that is lost is sent again (RFC 3261 §17.1.2.2).
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What is asked.
#[derive(Clone, Copy)]
pub(super) enum Question {
    /// Are you there? A carrier answers.
    Options,
    /// Who are you? A ringall asks whoever says REGISTER for a password, and names itself thereby.
    Register,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub code: u16,
    /// Where our question came from, as the other side saw it (RFC 3581).
    pub seen_as: Option<IpAddr>,
    /// What it wants a password for.
    pub challenges: Vec<String>,
    pub after: Duration,
}

impl Question {
    /// A request as it is written. `host` is whom it is for.
    fn text(self, transport: &str, host: &str, us: SocketAddr, chance: u64) -> String {
        let (method, user) = match self {
            Question::Options => ("OPTIONS", ""),
            Question::Register => ("REGISTER", "doctor@"),
        };
        let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
        format!(
            "{method} sip:{host} SIP/2.0\r\n\
             Via: SIP/2.0/{transport} {us};branch=z9hG4bKdoctor{chance:016x};rport\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:doctor@{us}>;tag={chance:016x}\r\n\
             To: <sip:{user}{host}>\r\n\
             Call-ID: doctor-{chance:016x}\r\n\
             CSeq: 1 {method}\r\n\
             User-Agent: ringall doctor\r\n\
             Content-Length: 0\r\n\r\n"
        )
    }

    /// By UDP; `None`: nothing came.
    pub(super) async fn by_udp(self, host: &str, to: SocketAddr, chance: u64) -> std::io::Result<Option<Answer>> {
        let any: SocketAddr = if to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(to).await?;
        let text = self.text("UDP", host, socket.local_addr()?, chance);
        let (asked, mut bytes) = (Instant::now(), vec![0; wire::MAX_DATAGRAM]);
        while asked.elapsed() < PATIENCE {
            socket.send(text.as_bytes()).await?;
            let again = tokio::time::timeout(AGAIN_AFTER, async {
                loop {
                    let length = socket.recv(&mut bytes).await?;
                    if let Ok(received) = wire::read(&bytes[..length], Framing::Datagram)
                        && let Some(answer) = answer(&received, asked)
                    {
                        return Ok(answer);
                    }
                }
            });
            match again.await {
                Ok(answer) => return answer.map(Some),
                Err(_) => continue,
            }
        }
        Ok(None)
    }

    /// By a connection, plain or encrypted.
    pub(super) async fn by_stream<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        transport: &str,
        host: &str,
        us: SocketAddr,
        stream: &mut S,
        chance: u64,
    ) -> std::io::Result<Option<Answer>> {
        let asked = Instant::now();
        stream.write_all(self.text(transport, host, us, chance).as_bytes()).await?;
        stream.flush().await?;
        let (mut framer, mut bytes) = (Framer::default(), vec![0; 4096]);
        let heard = tokio::time::timeout(PATIENCE, async {
            loop {
                let length = stream.read(&mut bytes).await?;
                if length == 0 {
                    return Ok(None);
                }
                framer.push(&bytes[..length]);
                while let Some(piece) = framer.next_piece() {
                    if let Piece::Message(message) = piece
                        && let Ok(received) = wire::read(&message, Framing::Stream)
                        && let Some(answer) = answer(&received, asked)
                    {
                        return Ok(Some(answer));
                    }
                }
            }
        });
        heard.await.unwrap_or(Ok(None))
    }
}

/// A connection, in time.
pub(super) async fn connect(to: SocketAddr) -> std::io::Result<TcpStream> {
    tokio::time::timeout(PATIENCE, TcpStream::connect(to))
        .await
        .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut)))
}

/// A final answer; a 100 is none.
fn answer(received: &Received, asked: Instant) -> Option<Answer> {
    let code = received.code().filter(|code| *code >= 200)?;
    let seen_as = received.via.param("received").and_then(|ip| ip.trim_matches(['[', ']']).parse().ok());
    Some(Answer { code, seen_as, challenges: received.challenges.clone(), after: asked.elapsed() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::Start;

    #[test]
    fn what_is_asked_is_a_message() {
        for (question, host) in [(Question::Options, "carrier.example"), (Question::Register, "2001:db8::1")] {
            let text = question.text("UDP", host, "192.0.2.1:40000".parse().unwrap(), 7);
            let read =
                wire::read(text.as_bytes(), Framing::Datagram).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            let Start::Request { uri, .. } = read.start else { panic!("{text}") };
            assert_eq!(uri.host, host.trim_matches(['[', ']']));
        }
    }

    #[tokio::test]
    async fn an_answer_says_how_we_are_seen_and_silence_is_no_error() {
        let carrier = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = carrier.local_addr().unwrap();
        let answering = tokio::spawn(async move {
            let mut bytes = [0; 2048];
            let (length, from) = carrier.recv_from(&mut bytes).await.unwrap();
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let head = text.split_once("\r\n").unwrap().1.replace(";rport", ";rport=40001;received=203.0.113.9");
            carrier.send_to(format!("SIP/2.0 100 Trying\r\n{head}").as_bytes(), from).await.unwrap();
            carrier.send_to(format!("SIP/2.0 404 Not Found\r\n{head}").as_bytes(), from).await.unwrap();
            carrier
        });
        let answer = Question::Options.by_udp("localhost", at, 1).await.unwrap().expect("it answers");
        assert_eq!((answer.code, answer.seen_as), (404, "203.0.113.9".parse().ok()));
        let silent = answering.await.unwrap();
        assert!(Question::Options.by_udp("localhost", silent.local_addr().unwrap(), 2).await.unwrap().is_none());
    }
}
