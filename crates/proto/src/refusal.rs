//! What a server's refusal means: its response code, or its words where it has no code of its own for it.
//!
//! One table. Servers say the same thing in different words, and the words are all there is to tell "too many
//! connections" from "wrong password"; the first row that matches decides, else the place where it was said.

use crate::model::{Fault, FaultClass, LINE_LIMIT, Next, sanitise};

/// Where a server refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum At {
    /// `* BYE` instead of a greeting.
    Greeting,
    /// NO or BAD to STARTTLS.
    StartTls,
    /// NO or BAD to LOGIN or AUTHENTICATE.
    Login,
    /// NO or BAD to EXAMINE.
    Mailbox,
    /// `* BYE` in a session.
    Session,
}

impl At {
    /// What a refusal there means that no row knows.
    const fn unknown(self) -> Refusal {
        let (class, next) = match self {
            Self::Greeting | Self::Session => (FaultClass::Closed, Next::Retry),
            Self::StartTls => (FaultClass::Tls, Next::User),
            Self::Login => (FaultClass::Auth, Next::User),
            Self::Mailbox => (FaultClass::Mailbox, Next::User),
        };
        Refusal { class, next, advice: None }
    }
}

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The room it belongs to.
    pub class: FaultClass,
    /// What the watch does about it.
    pub next: Next,
    /// What the user can do about it, as a sentence without a full stop.
    pub advice: Option<&'static str>,
}

/// What a row looks for.
#[derive(Clone, Copy, Debug)]
enum Mark {
    /// A response code, in capitals.
    Code(&'static str),
    /// Words anywhere in the text, in small letters.
    Words(&'static str),
}

/// A row: what it looks for, and what that means. Without a class it is the place's.
struct Row {
    mark: Mark,
    class: Option<FaultClass>,
    next: Next,
    advice: Option<&'static str>,
}

const FEWER: &str = "Close other mail programs, or lower the account's max_connections";
const WAIT: &str = "The provider slows the account down; trying sooner makes it worse";
const PASSWORD: &str = "Check user and password; some providers want a password made for the program";
const BROWSER: &str = "Sign in with a browser once and confirm that it is you";
const THEIRS: &str = "The trouble is the server's own";
const ADMIN: &str = "Ask the server's administrator";

const fn limit(words: &'static str) -> Row {
    Row { mark: Mark::Words(words), class: Some(FaultClass::Limit), next: Next::RetryLater, advice: Some(FEWER) }
}

const fn slowed(mark: Mark) -> Row {
    Row { mark, class: Some(FaultClass::Limit), next: Next::RetryLater, advice: Some(WAIT) }
}

const fn auth(mark: Mark, advice: &'static str) -> Row {
    Row { mark, class: Some(FaultClass::Auth), next: Next::User, advice: Some(advice) }
}

const fn here(mark: Mark, next: Next, advice: Option<&'static str>) -> Row {
    Row { mark, class: None, next, advice }
}

/// The rows, the surest first: words that name a limit count more than the code in front of them, since Dovecot says
/// `[UNAVAILABLE] Maximum number of connections…`, and Gmail `[ALERT]` and even `[AUTHENTICATIONFAILED]`.
const ROWS: &[Row] = &[
    // Gmail: "[ALERT] Too many simultaneous connections. (Failure)".
    limit("too many simultaneous connections"),
    // Dovecot, login-common/client-common-auth.c: "… from user+IP exceeded (mail_max_userip_connections=10)".
    limit("maximum number of connections"),
    // "… to this mailbox", as FairEmail's ConnectionHelper knows it.
    limit("too many concurrent connections"),
    // Cyrus, imap/imapd.c: "NO Too many open connections (5 of 5 from 192.0.2.1)".
    limit("too many open connections"),
    // A greeting in MailKit's tests: "* BYE [ALERT] Too many connections."
    limit("too many connections"),
    // Courier, tcpd/tcpd.c, writes this to its log and closes without a word; proxies in front of it pass it on.
    limit("maximum connection limit"),
    // Outlook and Office 365 (FACTS: FairEmail, MailKit); also where IMAP is switched off for the mailbox.
    Row {
        mark: Mark::Words("user is authenticated but not connected"),
        class: Some(FaultClass::Limit),
        next: Next::RetryLater,
        advice: Some("Close other mail programs; if it stays, see whether IMAP is allowed for the mailbox"),
    },
    // Exchange Online: "BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds".
    slowed(Mark::Words("request is throttled")),
    // Gmail: "[OVERQUOTA] Account exceeded command or bandwidth limits."
    slowed(Mark::Words("command or bandwidth limits")),
    // Yahoo and AOL: "[LIMIT] LOGIN Rate limit hit."
    slowed(Mark::Words("rate limit hit")),
    // Registered nowhere, sent all the same.
    slowed(Mark::Code("THROTTLED")),
    // Gmail: "[ALERT] Please log in via your web browser", "[ALERT] Web login required", "[WEBALERT https://…]".
    auth(Mark::Code("WEBALERT"), BROWSER),
    auth(Mark::Words("web login required"), BROWSER),
    auth(Mark::Words("log in via your web browser"), BROWSER),
    auth(Mark::Words("application-specific password required"), "Make an app password at the provider and use it here"),
    auth(Mark::Words("not enabled for imap use"), "Allow IMAP in the provider's settings"),
    // 163 and 126 (FACTS): to EXAMINE, for a client that did not send ID.
    auth(Mark::Words("unsafe login"), "Allow third-party mail programs in the provider's settings"),
    // RFC 3501 §7.1 and RFC 5530 §3, but [LIMIT]: RFC 9051 §7.1.
    Row { mark: Mark::Code("LIMIT"), class: Some(FaultClass::Limit), next: Next::RetryLater, advice: Some(FEWER) },
    auth(Mark::Code("AUTHENTICATIONFAILED"), PASSWORD),
    auth(Mark::Code("AUTHORIZATIONFAILED"), "The login is right, but may not act for this user: check user"),
    auth(Mark::Code("EXPIRED"), "The password or token has expired: set a new one"),
    Row {
        mark: Mark::Code("PRIVACYREQUIRED"),
        class: Some(FaultClass::Tls),
        next: Next::User,
        advice: Some("The server wants TLS first: use tls = \"implicit\" or \"starttls\""),
    },
    here(Mark::Code("CONTACTADMIN"), Next::User, Some(ADMIN)),
    here(Mark::Code("NOPERM"), Next::User, Some("The account has no right to it")),
    here(Mark::Code("CANNOT"), Next::User, None),
    Row {
        mark: Mark::Code("NONEXISTENT"),
        class: Some(FaultClass::Mailbox),
        next: Next::User,
        advice: Some("Check the mailbox's name"),
    },
    here(Mark::Code("UNAVAILABLE"), Next::Retry, Some(THEIRS)),
    here(Mark::Code("INUSE"), Next::Retry, None),
    here(Mark::Code("SERVERBUG"), Next::Retry, Some(THEIRS)),
    here(Mark::Code("CORRUPTION"), Next::RetryLater, Some(ADMIN)),
    // Gmail (FACTS): "* BYE Session expired, please login again."
    Row { mark: Mark::Words("session expired"), class: Some(FaultClass::Closed), next: Next::AtOnce, advice: None },
    // Dovecot: "Temporary authentication failure. [host:time]"; others in the words of SMTP.
    here(Mark::Words("temporary authentication failure"), Next::Retry, Some(THEIRS)),
    here(Mark::Words("temporarily unavailable"), Next::Retry, Some(THEIRS)),
    here(Mark::Words("try again later"), Next::Retry, None),
    here(Mark::Words("internal error"), Next::Retry, Some(THEIRS)),
];

/// What the text of a NO, BAD or BYE means, its response code in front if it has one.
#[must_use]
pub fn classify(text: &str, at: At) -> Refusal {
    let text = text.trim_start();
    let code = code_of(text);
    // Long enough for any text that a table can know, and bounded whatever the server sent.
    let words: String = text.chars().take(LINE_LIMIT).collect::<String>().to_lowercase();
    let found = ROWS.iter().find(|row| match row.mark {
        Mark::Code(name) => code.is_some_and(|code| code.eq_ignore_ascii_case(name)),
        Mark::Words(known) => words.contains(known),
    });
    let unknown = at.unknown();
    found.map_or(unknown, |row| Refusal {
        class: row.class.unwrap_or(unknown.class),
        next: row.next,
        advice: row.advice,
    })
}

/// The fault for a refusal: `what` says who refused what, the server's own words follow, then the advice.
#[must_use]
pub fn fault(text: &str, at: At, what: &str) -> Fault {
    let Refusal { class, next, advice } = classify(text, at);
    let text = sanitise(text.trim(), LINE_LIMIT);
    let mut message = what.to_owned();
    if !text.is_empty() {
        message.push_str(": ");
        message.push_str(&text);
    }
    if let Some(advice) = advice {
        message.push_str(if message.ends_with('.') { " " } else { ". " });
        message.push_str(advice);
    }
    Fault { class, message, next }
}

/// Whether the server has refused a connection because there are too many of them, and not for the pace of what is asked.
#[must_use]
pub fn is_of_connections(fault: &Fault) -> bool {
    fault.class == FaultClass::Limit && fault.message.contains("Close other mail programs")
}

/// The response code's name: `[UNAVAILABLE] text` has `UNAVAILABLE`, `[WEBALERT https://…] text` has `WEBALERT`.
fn code_of(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.split([' ', ']']).next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_connections_is_known_in_every_servers_words() {
        let cases = [
            (At::Login, "[ALERT] Too many simultaneous connections. (Failure)"),
            (At::Login, "[AUTHENTICATIONFAILED] Too many simultaneous connections. (Failure)"),
            (
                At::Login,
                "[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
            ),
            (At::Greeting, "Maximum number of connections from user+IP exceeded"),
            (At::Mailbox, "User is authenticated but not connected."),
            (At::Session, "User is authenticated but not connected."),
            (At::Login, "[LIMIT] LOGIN Rate limit hit."),
            (At::Login, "[limit] whatever"),
            (At::Greeting, "Maximum connection limit reached for ::ffff:192.0.2.1"),
            (At::Login, "Too many open connections (5 of 5 from 192.0.2.1)"),
            (At::Session, "[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)"),
            (At::Mailbox, "Request is throttled. Suggested Backoff Time: 92415 milliseconds"),
            (At::Mailbox, "[THROTTLED]"),
        ];
        for (at, text) in cases {
            let refusal = classify(text, at);
            assert_eq!((refusal.class, refusal.next), (FaultClass::Limit, Next::RetryLater), "{text}");
            assert!(refusal.advice.is_some(), "{text}");
        }
    }

    #[test]
    fn a_refusal_that_another_try_would_repeat_waits_for_the_user() {
        let cases = [
            (At::Login, "[AUTHENTICATIONFAILED] Invalid credentials (Failure)", FaultClass::Auth),
            (At::Login, "LOGIN failed.", FaultClass::Auth),
            (At::Login, "", FaultClass::Auth),
            (At::Login, "[AUTHORIZATIONFAILED] no", FaultClass::Auth),
            (At::Login, "[EXPIRED] change it", FaultClass::Auth),
            (At::Login, "[WEBALERT https://accounts.example/continue] Web login required", FaultClass::Auth),
            (At::Login, "[ALERT] Please log in via your web browser: https://support.example/78754", FaultClass::Auth),
            (At::Login, "[ALERT] Application-specific password required: https://support.example", FaultClass::Auth),
            (At::Login, "[ALERT] Your account is not enabled for IMAP use. (Failure)", FaultClass::Auth),
            (At::Mailbox, "SELECT Unsafe Login. Please contact kefu@188.com for help", FaultClass::Auth),
            (At::Login, "[PRIVACYREQUIRED] no plaintext", FaultClass::Tls),
            (At::Login, "[CONTACTADMIN] blocked", FaultClass::Auth),
            (At::Mailbox, "[CONTACTADMIN] blocked", FaultClass::Mailbox),
            (At::Mailbox, "[NONEXISTENT] Mailbox doesn't exist: x", FaultClass::Mailbox),
            (At::Mailbox, "[NOPERM] no", FaultClass::Mailbox),
            (At::Mailbox, "no such mailbox", FaultClass::Mailbox),
            (At::StartTls, "not here", FaultClass::Tls),
        ];
        for (at, text, class) in cases {
            let refusal = classify(text, at);
            assert_eq!((refusal.class, refusal.next), (class, Next::User), "{text}");
        }
    }

    #[test]
    fn a_passing_trouble_is_tried_again() {
        let cases = [
            (At::Login, "[UNAVAILABLE] Temporary authentication failure. [mx1:2026-01-01]", FaultClass::Auth),
            (At::Login, "Temporary authentication failure.", FaultClass::Auth),
            (At::Mailbox, "[INUSE] Mailbox is locked", FaultClass::Mailbox),
            (At::Mailbox, "[SERVERBUG] Internal error occurred. Refer to server log.", FaultClass::Mailbox),
            (At::Session, "timeout", FaultClass::Closed),
            (At::Greeting, "Server shutting down", FaultClass::Closed),
            (At::Greeting, "", FaultClass::Closed),
            (At::Login, "Server error - Please try again later", FaultClass::Auth),
        ];
        for (at, text, class) in cases {
            let refusal = classify(text, at);
            assert_eq!((refusal.class, refusal.next), (class, Next::Retry), "{text}");
        }
    }

    #[test]
    fn a_session_at_its_end_is_no_fault() {
        let refusal = classify("Session expired, please login again.", At::Session);
        assert_eq!((refusal.class, refusal.next), (FaultClass::Closed, Next::AtOnce));
    }

    #[test]
    fn every_row_can_match_and_none_hides_another() {
        for row in ROWS {
            let text = match row.mark {
                Mark::Code(name) => {
                    assert_eq!(name, name.to_uppercase());
                    format!("[{name}] x")
                }
                Mark::Words(words) => {
                    assert_eq!(words, words.to_lowercase());
                    words.to_uppercase()
                }
            };
            let refusal = classify(&text, At::Session);
            assert_eq!((refusal.next, refusal.advice), (row.next, row.advice), "{text}");
        }
    }

    #[test]
    fn the_message_holds_the_servers_words_tamed_and_then_the_advice() {
        let fault = fault("[EXPIRED] your\u{1b}[2J password", At::Login, "imap.example.org:993 refuses the login");
        assert_eq!(
            fault.message,
            "imap.example.org:993 refuses the login: [EXPIRED] your\u{fffd}[2J password. The password or token has \
             expired: set a new one"
        );
        assert!(super::fault(&"x".repeat(100_000), At::Greeting, "there").message.len() < 2000);
    }
}
