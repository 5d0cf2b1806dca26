//! What comes before a mailbox: capabilities, STARTTLS, LOGIN, AUTHENTICATE.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::Instant;

use crate::arguments::Argument;
use crate::certificate::certificate;
use crate::command::Reply;
use crate::fault::Fault;
use crate::input::BEFORE_LOGIN;
use crate::scenario::Dialect;
use crate::session::{End, Session};
use crate::stream::Encryption;
use crate::text::one_line;

const REFUSED: &str = "[AUTHENTICATIONFAILED] Authentication failed.";
const DISABLED: &str = "[PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure connections.";

/// Announced before login; those that a fault takes away are left out.
const BEFORE: [&str; 9] =
    ["IMAP4rev1", "SASL-IR", "LITERAL+", "ID", "ENABLE", "IDLE", "AUTH=PLAIN", "AUTH=XOAUTH2", "AUTH=OAUTHBEARER"];
const AFTER: [&str; 12] = [
    "IMAP4rev1",
    "LITERAL+",
    "ID",
    "ENABLE",
    "IDLE",
    "NAMESPACE",
    "UNSELECT",
    "UIDPLUS",
    "CHILDREN",
    "SPECIAL-USE",
    "NOTIFY",
    "UTF8=ACCEPT",
];

impl Session {
    /// The capabilities of this moment, in one line.
    pub(crate) fn capabilities(&self) -> String {
        let all: &[&str] = if self.client.authenticated { &AFTER } else { &BEFORE };
        let closed = self.login_closed() && !self.client.authenticated;
        let mut offered: Vec<&str> =
            all.iter().copied().filter(|name| self.offers(name) && !(closed && name.starts_with("AUTH="))).collect();
        if self.may_start_tls() {
            offered.push("STARTTLS");
        }
        if closed {
            offered.push("LOGINDISABLED");
        }
        offered.join(" ")
    }

    fn may_start_tls(&self) -> bool {
        self.encryption == Encryption::StartTls
            && !self.stream.is_encrypted()
            && !self.client.authenticated
            && self.offers("STARTTLS")
    }

    /// Whether a login is refused because there is no TLS.
    fn login_closed(&self) -> bool {
        let plaintext = self.encryption == Encryption::StartTls && !self.stream.is_encrypted();
        plaintext || self.has(|fault| matches!(fault, Fault::LoginDisabled))
    }

    pub(crate) async fn starttls(&mut self, tag: &str) -> Result<Reply, End> {
        if !self.may_start_tls() {
            return Ok(Reply::bad("STARTTLS is not available."));
        }
        self.say(&format!("{tag} OK Begin TLS negotiation now."));
        self.flush().await?;
        self.input.discard();
        self.stream.start_tls(certificate()?.acceptor()).await?;
        Ok(Reply::Said)
    }

    pub(crate) fn login(&mut self, arguments: &[Argument]) -> Reply {
        let [user, password] = arguments else { return Reply::bad("LOGIN takes a user and a password.") };
        match (user.bytes(), password.bytes()) {
            (Some(user), Some(password)) => self.admit(user, password),
            _ => Reply::bad("LOGIN takes a user and a password."),
        }
    }

    pub(crate) async fn authenticate(&mut self, arguments: &[Argument]) -> Result<Reply, End> {
        let mechanism = arguments.first().and_then(Argument::keyword).unwrap_or_default();
        let known = ["PLAIN", "XOAUTH2", "OAUTHBEARER"].contains(&mechanism.as_str());
        if !known || !self.offers(&format!("AUTH={mechanism}")) {
            return Ok(Reply::no("Unsupported authentication mechanism."));
        }
        if self.login_closed() {
            return Ok(Reply::no(DISABLED));
        }
        let response = match arguments.get(1) {
            Some(_) if !self.offers("SASL-IR") => return Ok(Reply::bad("No initial response is taken.")),
            Some(initial) => initial.bytes().unwrap_or_default().to_vec(),
            None => {
                self.say("+ ");
                match self.sasl_response().await? {
                    Some(response) => response,
                    None => return Ok(Reply::bad("Authentication response is too long.")),
                }
            }
        };
        if response == b"*" {
            return Ok(Reply::bad("Authentication aborted by client."));
        }
        let Ok(decoded) = STANDARD.decode(&response) else {
            return Ok(Reply::bad("Invalid base64 data in continued response"));
        };
        if mechanism != "PLAIN" {
            return self.bearer(&decoded).await;
        }
        // RFC 4616: an identity to act for, the login name, the password.
        let mut parts = decoded.splitn(3, |&b| b == 0).skip(1);
        Ok(match (parts.next(), parts.next()) {
            (Some(user), Some(password)) => self.admit(user, password),
            _ => Reply::no(REFUSED),
        })
    }

    /// A token: here the password is one. What is wrong with it is told in a challenge of its own, as Google does.
    async fn bearer(&mut self, response: &[u8]) -> Result<Reply, End> {
        let text = String::from_utf8_lossy(response).into_owned();
        let header = text.split('\x01').next().unwrap_or_default();
        let user = header.strip_prefix("user=").or_else(|| Some(header.strip_prefix("n,a=")?.trim_end_matches(',')));
        let user = user.unwrap_or_default().replace("=2C", ",").replace("=3D", "=");
        let token = text.split('\x01').find_map(|part| part.strip_prefix("auth=Bearer ")).unwrap_or_default();
        if self.shared.admits(user.as_bytes(), token.as_bytes()) {
            return Ok(self.admit(user.as_bytes(), token.as_bytes()));
        }
        let details = r#"{"status":"401","schemes":"bearer","scope":"https://mail.example.org/"}"#;
        self.say(&format!("+ {}", STANDARD.encode(details)));
        Ok(match self.sasl_response().await? {
            Some(_) => Reply::no(REFUSED),
            None => Reply::bad("Authentication response is too long."),
        })
    }

    async fn sasl_response(&mut self) -> Result<Option<Vec<u8>>, End> {
        loop {
            match self.input.line(BEFORE_LOGIN.line) {
                Ok(Some(line)) => {
                    self.shared.note(self.conn, Instant::now().into_std(), b"***");
                    return Ok(Some(line));
                }
                Ok(None) => {
                    self.next(None).await?;
                }
                Err(()) => return Ok(None),
            }
        }
    }

    fn admit(&mut self, user: &[u8], password: &[u8]) -> Reply {
        if self.client.authenticated {
            return Reply::bad("Already logged in.");
        }
        if self.login_closed() {
            return Reply::no(DISABLED);
        }
        if !self.shared.admits(user, password) {
            return Reply::no(REFUSED);
        }
        self.client.authenticated = true;
        self.shared.logged_in();
        let capabilities = self.capabilities();
        Reply::Ok(match self.dialect() {
            Dialect::Dovecot => format!("[CAPABILITY {capabilities}] Logged in"),
            Dialect::Gmail => {
                self.say(&format!("* CAPABILITY {capabilities}"));
                format!("{} authenticated (Success)", one_line(user))
            }
        })
    }
}
