//! A notice as a mail.

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

use super::{Letter, Undelivered};
use crate::config;

/// RFC 3834 §5: nobody's holiday reply answers it.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

pub(super) enum Mailer {
    /// `[mail]` is empty.
    NotSet,
    /// What stands in `[mail]` is of no use; the log has said why.
    Unfit,
    Set(Box<Server>),
}

pub(super) struct Server {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// A mail server that cannot be is no reason to ring no phones: the log says what is wrong.
    pub(super) fn new(mail: Option<&config::Mail>) -> Mailer {
        let Some(mail) = mail else { return Mailer::NotSet };
        let from: Mailbox = match mail.from.parse() {
            Ok(from) => from,
            Err(error) => {
                tracing::error!(%error, "no mail can be sent: mail.from is no address such as \"ringall@example.com\"");
                return Mailer::Unfit;
            }
        };
        match AsyncSmtpTransport::<Tokio1Executor>::from_url(mail.smtp_url.expose_secret()) {
            Ok(server) => Mailer::Set(Box::new(Server { transport: server.build(), from })),
            Err(error) => {
                tracing::error!(%error, "no mail can be sent: mail.smtp_url is of no use");
                Mailer::Unfit
            }
        }
    }

    /// Goes as far as whoever would send a mail, and sends none.
    pub(super) async fn greets(&self) -> Result<(), Undelivered> {
        let server = self.server()?;
        match server.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Undelivered::NotReached("it hung up".to_owned())),
            Err(error) => Err(undelivered(&error)),
        }
    }

    fn server(&self) -> Result<&Server, Undelivered> {
        match self {
            Mailer::Set(server) => Ok(server),
            Mailer::NotSet => Err(Undelivered::Impossible(super::NO_MAIL.to_owned())),
            Mailer::Unfit => Err(Undelivered::Impossible("[mail] is of no use, see the log of the start".to_owned())),
        }
    }

    pub(super) fn is_set(&self) -> bool {
        !matches!(self, Mailer::NotSet)
    }

    pub(super) async fn mail(&self, to: &str, letter: &Letter) -> Result<(), Undelivered> {
        let server = self.server()?;
        let to = to.parse().map_err(|error| Undelivered::Impossible(format!("it is no mailbox: {error}")))?;
        let message = Message::builder().from(server.from.clone()).to(Mailbox::new(None, to)).subject(&letter.title);
        let message = message.raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
        let message = message.message_id(None).header(ContentType::TEXT_PLAIN).body(letter.text.clone());
        let message = message.map_err(|error| Undelivered::Impossible(format!("it makes no mail: {error}")))?;
        let sent = server.transport.send(message).await.map(drop);
        sent.map_err(|error| undelivered(&error))
    }
}

fn undelivered(error: &Error) -> Undelivered {
    match error.status() {
        // The server's words may name the mailbox.
        Some(status) if error.is_permanent() => Undelivered::Refused(status.into()),
        Some(status) => Undelivered::Trouble(status.into()),
        None => Undelivered::NotReached(error.to_string()),
    }
}
