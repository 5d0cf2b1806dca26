//! What a server's refusal means: its response code, or its words where it has no code of its own for it.
//!
//! One table. Everything that no row knows passes, but at a login: what follows there depends on whether the secret has
//! ever worked ([`crate::logins`]). A code may say that the user is needed; words may soften a refusal, and never harden it.

use crate::logins::Refusal as Login;
use crate::model::{Fault, FaultClass, LINE_LIMIT, Next, sanitise};

/// Where a server refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum At {
    /// `* BYE` instead of a greeting.
    Greeting,
    /// NO or BAD to STARTTLS.
    StartTls,
    /// NO, BAD or `* BYE` to LOGIN or AUTHENTICATE.
    Login,
    /// NO or BAD to EXAMINE.
    Mailbox,
    /// `* BYE` in a session.
    Session,
}

impl At {
    /// The class of a refusal there.
    const fn class(self) -> FaultClass {
        match self {
            Self::Greeting | Self::Session => FaultClass::Closed,
            Self::StartTls => FaultClass::Tls,
            Self::Login => FaultClass::Auth,
            Self::Mailbox => FaultClass::Mailbox,
        }
    }

    /// What a refusal there means that no row knows.
    const fn unknown(self) -> Means {
        match self {
            Self::Greeting | Self::StartTls | Self::Mailbox | Self::Session => Means::Passing,
            Self::Login => Means::ByProof,
        }
    }

    /// What the row's meaning is worth there: of what needs the user some is known of mailboxes and logins alone.
    const fn weighed(self, means: Means) -> Means {
        match (self, means) {
            (Self::Login | Self::Mailbox, Means::NeedsUser) | (Self::Mailbox, Means::Missing) => Means::NeedsUser,
            (Self::Login, Means::Missing) => Means::ByProof,
            (Self::Greeting | Self::StartTls | Self::Session, Means::NeedsUser | Means::Missing) => Means::Passing,
            (_, Means::ByProof) => self.unknown(),
            (_, means @ (Means::AtOnce | Means::Passing | Means::Later)) => means,
        }
    }
}

/// What follows from a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// A session that was as long as its sessions are.
    AtOnce,
    /// It passes.
    Passing,
    /// It passes, and not soon.
    Later,
    /// At a login: it depends on whether the secret has ever worked. Elsewhere it passes.
    ByProof,
    /// The user must do something, at a login or for a mailbox.
    NeedsUser,
    /// The user must do something for this mailbox. At a login it says no more than any NO.
    Missing,
}

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The room it belongs to.
    pub class: FaultClass,
    /// What the watch does about it; of a refused login what it does where the secret has never worked.
    pub next: Next,
    /// What it means for the logins that follow.
    pub login: Login,
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
    means: Means,
    advice: Option<&'static str>,
}

const FEWER: &str = "Close other mail programs, or lower the account's max_connections";
const WAIT: &str = "The provider slows the account down; trying sooner makes it worse";
const PASSWORD: &str = "Check user and password; some providers want a password made for the program";
const BROWSER: &str = "Sign in with a browser once and confirm that it is you";
const THEIRS: &str = "The problem is the server's own";
const ADMIN: &str = "Ask the server's administrator";

const fn limit(words: &'static str) -> Row {
    Row { mark: Mark::Words(words), class: Some(FaultClass::Limit), means: Means::Later, advice: Some(FEWER) }
}

const fn slowed(mark: Mark) -> Row {
    Row { mark, class: Some(FaultClass::Limit), means: Means::Later, advice: Some(WAIT) }
}

/// Known words or a code of a refused login, with what helps.
const fn auth(mark: Mark, means: Means, advice: &'static str) -> Row {
    Row { mark, class: Some(FaultClass::Auth), means, advice: Some(advice) }
}

const fn here(mark: Mark, means: Means, advice: Option<&'static str>) -> Row {
    Row { mark, class: None, means, advice }
}

/// Words of a server that speaks of its own trouble.
const fn trouble(words: &'static str) -> Row {
    here(Mark::Words(words), Means::Passing, Some(THEIRS))
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
    // Outlook and Office 365 (FairEmail, MailKit); also where IMAP is switched off for the mailbox.
    Row {
        mark: Mark::Words("user is authenticated but not connected"),
        class: Some(FaultClass::Limit),
        means: Means::Later,
        advice: Some("Close other mail programs; if that does not help, check whether IMAP is allowed for the mailbox"),
    },
    // Exchange Online: "BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds".
    slowed(Mark::Words("request is throttled")),
    // Gmail: "[OVERQUOTA] Account exceeded command or bandwidth limits."
    slowed(Mark::Words("command or bandwidth limits")),
    // Yahoo and AOL: "[LIMIT] LOGIN Rate limit hit."
    slowed(Mark::Words("rate limit")),
    // Registered nowhere, sent all the same.
    slowed(Mark::Code("THROTTLED")),
    // RFC 5530 §3; Gmail's own words are above.
    slowed(Mark::Code("OVERQUOTA")),
    // RFC 9051 §7.1.
    Row { mark: Mark::Code("LIMIT"), class: Some(FaultClass::Limit), means: Means::Later, advice: Some(FEWER) },
    // Gmail: "[WEBALERT https://…] Web login required. (Failure)".
    auth(Mark::Code("WEBALERT"), Means::NeedsUser, BROWSER),
    auth(Mark::Code("EXPIRED"), Means::NeedsUser, "The password or token has expired: set a new one"),
    Row {
        mark: Mark::Code("PRIVACYREQUIRED"),
        class: Some(FaultClass::Tls),
        means: Means::NeedsUser,
        advice: Some("The server wants TLS first: use tls = \"implicit\" or \"starttls\""),
    },
    here(Mark::Code("CONTACTADMIN"), Means::NeedsUser, Some(ADMIN)),
    here(Mark::Code("NOPERM"), Means::Missing, Some("The account has no right to it")),
    here(Mark::Code("CANNOT"), Means::Missing, None),
    here(Mark::Code("NONEXISTENT"), Means::Missing, Some("Check the mailbox's name")),
    here(Mark::Code("UNAVAILABLE"), Means::Passing, Some(THEIRS)),
    here(Mark::Code("TEMPFAIL"), Means::Passing, Some(THEIRS)),
    here(Mark::Code("INUSE"), Means::Passing, None),
    here(Mark::Code("SERVERBUG"), Means::Passing, Some(THEIRS)),
    here(Mark::Code("CORRUPTION"), Means::Later, Some(ADMIN)),
    // Gmail: "* BYE Session expired, please login again."
    Row { mark: Mark::Words("session expired"), class: Some(FaultClass::Closed), means: Means::AtOnce, advice: None },
    // Dovecot: "Temporary authentication failure. [host:time]"; others in the words of SMTP.
    trouble("temporar"),
    // Exchange: "Server Unavailable. 15".
    trouble("unavailable"),
    trouble("not available"),
    here(Mark::Words("try again later"), Means::Passing, None),
    here(Mark::Words("try later"), Means::Passing, None),
    here(Mark::Words("retry later"), Means::Passing, None),
    // Mew#220, Mailpile#2242: "NO System error", "NO Internal server error".
    trouble("system error"),
    trouble("internal error"),
    trouble("server error"),
    trouble("system failure"),
    trouble("internal failure"),
    trouble("backend error"),
    trouble("database error"),
    trouble("i/o error"),
    trouble("timed out"),
    trouble("overload"),
    trouble("server is busy"),
    trouble("server busy"),
    trouble("maintenance"),
    trouble("shutting down"),
    // Gmail, without a code: "[ALERT] Please log in via your web browser", "[ALERT] Web login required".
    auth(Mark::Words("web login required"), Means::ByProof, BROWSER),
    auth(Mark::Words("log in via your web browser"), Means::ByProof, BROWSER),
    auth(
        Mark::Words("application-specific password required"),
        Means::ByProof,
        "Make an app password at the provider and use it here",
    ),
    auth(Mark::Words("not enabled for imap use"), Means::ByProof, "Allow IMAP in the provider's settings"),
    // 163 and 126: to EXAMINE, for a client that did not send ID.
    auth(Mark::Words("unsafe login"), Means::ByProof, "Allow third-party mail programs in the provider's settings"),
    auth(Mark::Code("AUTHENTICATIONFAILED"), Means::ByProof, PASSWORD),
    auth(
        Mark::Code("AUTHORIZATIONFAILED"),
        Means::ByProof,
        "The login is right, but may not act for this user: check user",
    ),
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
    let means = at.weighed(found.map_or(at.unknown(), |row| row.means));
    let class = found.and_then(|row| row.class).unwrap_or(at.class());
    let (next, login) = match means {
        Means::AtOnce => (Next::AtOnce, Login::Passing),
        Means::Passing => (Next::Retry, Login::Passing),
        Means::Later => (Next::RetryLater, if class == FaultClass::Limit { Login::Limited } else { Login::Passing }),
        Means::ByProof | Means::Missing => (Next::User, Login::ByProof),
        Means::NeedsUser => (Next::User, Login::NeedsUser),
    };
    Refusal { class, next, login, advice: found.and_then(|row| row.advice) }
}

/// Whether a login's refusal says that the secret was judged: another mechanism would be refused as well.
#[must_use]
pub fn is_judged(text: &str) -> bool {
    let code = code_of(text.trim_start());
    code.is_some_and(|code| code.eq_ignore_ascii_case("AUTHENTICATIONFAILED"))
        || classify(text, At::Login).login != Login::ByProof
}

/// The fault for a refusal: `what` says who refused what, the server's own words follow, then the advice.
#[must_use]
pub fn fault(text: &str, at: At, what: &str) -> Fault {
    let Refusal { class, next, advice, login: _ } = classify(text, at);
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

/// What helps against a known refusal, where a fault's message ends with it.
#[must_use]
pub fn advice_in(message: &str) -> Option<&'static str> {
    ROWS.iter().filter_map(|row| row.advice).find(|advice| message.ends_with(advice))
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
mod tests;
