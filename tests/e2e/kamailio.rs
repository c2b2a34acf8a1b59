//! Kamailio as a carrier that its customers register with: it challenges, keeps their Contacts in memory, stays in the
//! dialog by Record-Route, and takes any called number for the one account. A customer's own calls are challenged too.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::ports;
use crate::process::{Process, until};

pub const ACCOUNT: &str = "shop";
pub const PASSWORD: &str = "a carrier's secret";

/// What a carrier does with registrations, and with its customers' calls.
#[derive(Clone, Copy)]
pub struct Terms {
    /// The most it grants, in seconds.
    pub grants_s: u32,
    /// How long its nonces hold, in seconds.
    pub nonce_s: u32,
    /// What it challenges with: `MD5` or `SHA-256`.
    pub algorithm: &'static str,
    /// The port of 127.0.0.1 where every cell is; 0: it carries no calls of its customers.
    pub cells: u16,
    /// It is reached by TCP too, and calls a customer by the connection that they have registered by.
    pub tcp: bool,
}

impl Terms {
    pub const USUAL: Terms = Terms { grants_s: 300, nonce_s: 300, algorithm: "MD5", cells: 0, tcp: false };
}

pub struct Kamailio {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
}

impl Kamailio {
    /// A carrier that listens.
    pub fn start(terms: Terms) -> Kamailio {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = ports::free(1);
        std::fs::write(folder.path().join("kamailio.cfg"), config(port, terms)).expect("the folder is writable");
        let mut kamailio = Kamailio { process: None, folder, port };
        kamailio.comes_back();
        kamailio
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where callers send their SIP.
    pub fn target(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// It ends; who is registered and which nonces it gave goes with it.
    pub fn goes_away(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal("TERM");
            process.wait(Duration::from_secs(20));
        }
    }

    pub fn comes_back(&mut self) {
        let folder = self.folder.path();
        let mut command =
            Command::new(if Path::new("/usr/sbin/kamailio").is_file() { "/usr/sbin/kamailio" } else { "kamailio" });
        command
            .arg("-f")
            .arg(folder.join("kamailio.cfg"))
            .arg("-Y")
            .arg(folder)
            .args(["-DD", "-E", "-m", "16", "-M", "4"]);
        let mut process = Process::start(&mut command, folder.join("screen"));
        let listens = until(Duration::from_secs(20), || {
            assert!(!process.has_ended(), "Kamailio ended:\n{}", process.printed());
            crate::sipp::is_bound(self.port).then_some(())
        });
        assert!(listens.is_some(), "Kamailio does not listen:\n{}", process.printed());
        self.process = Some(process);
    }

    /// What it printed since it last came back.
    pub fn printed(&self) -> String {
        self.process.as_ref().map(Process::printed).unwrap_or_default()
    }
}

impl Drop for Kamailio {
    /// Its children end with it only when it is asked in order.
    fn drop(&mut self) {
        if let Some(process) = &self.process {
            process.signal("TERM");
            let mut process = self.process.take().expect("just seen");
            until(Duration::from_secs(5), || process.has_ended().then_some(()));
        }
    }
}

fn config(port: u16, Terms { grants_s, nonce_s, algorithm, cells, tcp }: Terms) -> String {
    let calls = if cells == 0 { String::new() } else { calls_to(cells) };
    let (streams, modules) = match tcp {
        false => ("disable_tcp=yes".to_owned(), ""),
        true => (format!("tcp_children=1\nlisten=tcp:127.0.0.1:{port}"), BY_CONNECTION),
    };
    let [of_contact, of_request, of_answers] = match tcp {
        false => [""; 3],
        true => ["fix_nated_register();", "handle_ruri_alias();", "onreply_route { add_contact_alias(); }"],
    };
    format!(
        r#"#!KAMAILIO
debug=1
log_stderror=yes
children=1
{streams}
auto_aliases=no
listen=udp:127.0.0.1:{port}

loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
{modules}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 1)
modparam("registrar", "max_expires", {grants_s})
modparam("auth", "nonce_expire", {nonce_s})
modparam("auth", "algorithm", "{algorithm}")

request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ {of_request} xlog("L_ALERT", "routed $rm\n"); t_relay(); exit; }}
        if (is_method("ACK") && t_check_trans()) t_relay();
        exit;
    }}
    t_check_trans();
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("carrier.example", "{PASSWORD}", "0")) {{
            xlog("L_ALERT", "challenged $fU\n");
            www_challenge("carrier.example", "1");
            exit;
        }}
        xlog("L_ALERT", "registered $fU\n");
        {of_contact}
        save("location");
        exit;
    }}
{calls}    if (is_method("INVITE")) {{
        record_route();
        $rU = "{ACCOUNT}";
        if (!lookup("location")) {{ sl_send_reply("480", "Not Registered"); exit; }}
        xlog("L_ALERT", "relayed a call\n");
        t_relay();
    }}
}}

{of_answers}
"#
    )
}

/// What NAT is to a carrier: whoever came by a connection is called by it, within calls too.
const BY_CONNECTION: &str = r#"loadmodule "nathelper.so"
modparam("nathelper|registrar", "received_avp", "$avp(received)")
"#;

/// What it does with a customer's own call, which goes to a cell.
fn calls_to(port: u16) -> String {
    format!(
        r#"
    if (is_method("INVITE") && $fU == "{ACCOUNT}") {{
        if (!pv_proxy_authenticate("carrier.example", "{PASSWORD}", "0")) {{
            xlog("L_ALERT", "challenged a call\n");
            proxy_challenge("carrier.example", "1");
            exit;
        }}
        consume_credentials();
        record_route();
        $du = "sip:127.0.0.1:{port}";
        xlog("L_ALERT", "relayed a call to $rU\n");
        t_relay();
        exit;
    }}
"#
    )
}
