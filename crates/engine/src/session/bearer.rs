//! Logging in with an OAuth 2.0 access token: OAUTHBEARER (RFC 7628) and its forerunner XOAUTH2.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::command::{sasl_oauthbearer, sasl_xoauth2};
use super::{Incoming, Reply, Session, Sink, StatusText};
use crate::wire::Outgoing;
use mailwatch_proto::model::{Fault, FaultClass, Status, sanitise};
use mailwatch_proto::refusal::At;

/// What of a server's details is shown, in characters.
const DETAIL: usize = 200;

/// A way for a token to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mechanism {
    OAuthBearer,
    XOAuth2,
}

impl Mechanism {
    const fn name(self) -> &'static str {
        match self {
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
        }
    }

    /// What a client must send after the failure's details, so that the tagged NO can come: a single ^A for
    /// OAUTHBEARER (RFC 7628 §3.2.3), an empty line for XOAUTH2.
    const fn resignation(self) -> &'static [u8] {
        match self {
            Self::OAuthBearer => b"AQ==",
            Self::XOAuth2 => b"",
        }
    }
}

/// The failure's details (RFC 7628 §3.2.2; XOAUTH2's are alike).
#[derive(Debug, Default, Deserialize)]
struct Details {
    status: Option<String>,
    scope: Option<String>,
}

impl Session {
    /// Logs in with an access token, by OAUTHBEARER where the server offers it, else by XOAUTH2.
    ///
    /// # Errors
    /// As [`Session::login`]; the details that the server gave of a refused token are in the sentence.
    pub async fn login_with_token(
        &mut self,
        user: &str,
        token: &SecretString,
        (host, port): (&str, u16),
        by: Instant,
        sink: &impl Sink,
    ) -> Result<(), Fault> {
        // Neither is in a token (RFC 6750 §2.1), and each would end what it stands in.
        if user.contains('\x01') || token.expose_secret().chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Fault::needs_user(
                FaultClass::Secret,
                "the login name or the token has a blank or a control character in it: token_command must print the \
                 token alone",
            ));
        }
        let told = std::mem::take(&mut self.capabilities);
        let has = |name: &str| told.iter().any(|told| told.eq_ignore_ascii_case(name));
        let mechanism = if has("AUTH=OAUTHBEARER") {
            Mechanism::OAuthBearer
        } else if has("AUTH=XOAUTH2") {
            Mechanism::XOAuth2
        } else {
            let offers = sanitise(&told.join(" "), DETAIL);
            return Err(Fault::needs_user(
                FaultClass::Auth,
                format!(
                    "{} takes no OAuth 2.0 token (neither OAUTHBEARER nor XOAUTH2); it offers: {offers}",
                    self.peer
                ),
            ));
        };
        let response = match mechanism {
            Mechanism::OAuthBearer => sasl_oauthbearer(user, token, host, port),
            Mechanism::XOAuth2 => sasl_xoauth2(user, token),
        };
        let (tag, mut owed) = self.authenticate(mechanism.name(), response, has("SASL-IR"), by);
        let mut details = None;
        loop {
            match self.reply(&tag, sink).await? {
                Reply::Tagged(Status::Ok, _) => return self.logged_in(by, sink).await,
                Reply::Tagged(Status::No | Status::Bad, text) => return Err(self.token_refused(&text, details)),
                Reply::Continue(challenge) => {
                    let line = owed.take().unwrap_or_else(|| {
                        details = read(&challenge);
                        Zeroizing::new(mechanism.resignation().to_vec())
                    });
                    self.put(Outgoing::secret(line, "***"));
                }
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
            }
        }
    }

    fn token_refused(&self, text: &StatusText, details: Option<Details>) -> Fault {
        let mut fault = self.refused("the token", text, At::Login);
        let Some(details) = details else { return fault };
        let status = details.status.as_deref().map(meaning);
        let scope = details.scope.map(|scope| format!("it wants the scope {}", sanitise(&scope, DETAIL)));
        for part in status.into_iter().chain(scope) {
            fault.message.push_str("; ");
            fault.message.push_str(&part);
        }
        fault
    }
}

fn read(challenge: &str) -> Option<Details> {
    let json = STANDARD.decode(challenge.trim()).ok()?;
    serde_json::from_slice(&json).ok()
}

/// A status in words: those of RFC 6750 §3.1, and the numbers of HTTP that Google sends in their place.
fn meaning(status: &str) -> String {
    let words = match status {
        "invalid_token" | "401" => "the token has expired, was revoked, or is another account's",
        "insufficient_scope" | "403" => "the token does not allow IMAP",
        "invalid_request" | "400" => "the token is not one that this server understands, or has expired",
        _ => return format!("its status is {}", sanitise(status, DETAIL)),
    };
    format!("{words} (status {status})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_read_and_anything_else_is_none() {
        // Google's example: {"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}
        let google = "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==";
        let details = read(google).expect("JSON");
        assert_eq!(details.status.as_deref(), Some("401"));
        assert_eq!(details.scope.as_deref(), Some("https://mail.google.com/"));
        for odd in ["", "%%%", "bm90IGpzb24="] {
            assert!(read(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn an_unknown_status_is_shown_without_its_control_characters() {
        assert_eq!(meaning("4\x1b[2J"), format!("its status is {}", sanitise("4\x1b[2J", DETAIL)));
        assert!(meaning("invalid_token").contains("expired"));
    }
}
