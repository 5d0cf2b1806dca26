//! Why a server refused a token, as it says in the failure's details (RFC 7628 §3.2.2; XOAUTH2's are alike).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use mailwatch_proto::model::{Fault, sanitise};

/// What of a server's details is shown, in characters.
const DETAIL: usize = 200;

/// The failure's details.
#[derive(Debug, Default, Deserialize)]
struct Details {
    status: Option<String>,
    scope: Option<String>,
}

/// The same fault with what the details say, where there are any. `challenge` is in base64.
#[must_use]
pub fn explain(mut fault: Fault, challenge: Option<&str>) -> Fault {
    let Some(details) = challenge.and_then(read) else { return fault };
    let status = details.status.as_deref().map(meaning);
    let scope = details.scope.map(|scope| format!("it wants the scope {}", sanitise(&scope, DETAIL)));
    for part in status.into_iter().chain(scope) {
        fault.message.push_str("; ");
        fault.message.push_str(&part);
    }
    fault
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
