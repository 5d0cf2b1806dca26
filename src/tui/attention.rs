//! What is wrong now, the worst first: each in a sentence that fits, with what mends it. Reads the state, changes nothing.

mod age;
mod sentence;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::app::{App, of_account};
use super::stall::{Stall, StallKind};
use super::theme::Role;
use super::words;
use mailwatch_proto::model::{Fault, FaultClass, Next, Phase, Snapshot, Verdict, WatchId};

pub use age::{Ageing, reissue_below};

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// How it looks.
    pub role: Role,
    /// What is wrong, from the longest sentence to the shortest.
    pub sentences: Vec<String>,
    /// What mends it, or helps to.
    pub remedy: Remedy,
    /// The first watch that it is about.
    pub watch: Option<WatchId>,
}

/// What a key does about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A shorter reissue for every watch of an account.
    Reissue(Arc<str>, Duration),
    /// A new attempt of these watches, now.
    Try(Vec<WatchId>),
    /// The account's password or token command, where it can ask.
    LogIn(Arc<str>),
    /// The configuration, read again after it was mended.
    Reload,
    /// A page that the server asks to be looked at.
    Open(String),
    /// The evidence, in a file.
    Report,
    /// What the log says of trouble.
    ShowTrouble,
}

impl Remedy {
    /// What the key does, in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Reissue(_, to) => format!("reissue {}", mailwatch_proto::model::show_clock(*to)),
            Self::Try(_) => "try now".to_owned(),
            Self::LogIn(_) => "log in".to_owned(),
            Self::Reload => "read the configuration again".to_owned(),
            Self::Open(_) => "open its page".to_owned(),
            Self::Report => "write a report".to_owned(),
            Self::ShowTrouble => "see the log".to_owned(),
        }
    }
}

/// What is the matter with a watch. Watches of one cause are one thing that is wrong; the order is that of urgency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// It waits for the user.
    NeedsUser(Arc<str>, FaultClass),
    /// It is down, and tried again. Of a fault that no account alone can have, all accounts are one cause.
    Down(Option<Arc<str>>, FaultClass),
    /// DONE is, or was, not answered.
    Stalled(Arc<str>, Stalled),
    /// Mail is not announced.
    NotPushing(Arc<str>),
}

/// How DONE stays without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stalled {
    Ignored,
    PathDead,
    NotReading,
}

/// All that is wrong, the worst first.
#[must_use]
pub fn list(app: &App) -> Vec<Attention> {
    if app.engine.gone.is_some() {
        return Vec::new();
    }
    let mut causes: BTreeMap<Cause, Vec<&Snapshot>> = BTreeMap::new();
    for (id, snapshot) in &app.board.watches {
        if app.is_unheard(id) {
            continue;
        }
        if let Some(cause) = cause_of(snapshot, app.stall(snapshot)) {
            causes.entry(cause).or_default().push(snapshot);
        }
    }
    let mut all: Vec<_> = causes.into_iter().filter_map(|(cause, watches)| of_cause(app, &cause, &watches)).collect();
    for (account, count) in &app.board.failed_hooks {
        let noun = if *count == 1 { "hook" } else { "hooks" };
        all.push(Attention {
            role: Role::Warn,
            sentences: vec![format!("{account}: {count} {noun} failed since one did its work")],
            remedy: Remedy::ShowTrouble,
            watch: of_account(&app.board, account).next().cloned(),
        });
    }
    all
}

fn cause_of(snapshot: &Snapshot, stall: Option<Stall>) -> Option<Cause> {
    let account = || Arc::clone(&snapshot.id.account);
    let down = matches!(snapshot.phase, Phase::Failed | Phase::Waiting) || words::is_retrying(snapshot);
    if let Some(fault) = snapshot.fault.as_ref().filter(|_| down && !snapshot.connection.replacing) {
        return Some(match fault.next {
            Next::User | Next::UserAfter(_) => Cause::NeedsUser(account(), fault.class),
            Next::AtOnce | Next::Retry | Next::Soon | Next::RetryLater | Next::After(_) => {
                Cause::Down((!is_of_the_way(fault.class)).then(account), fault.class)
            }
        });
    }
    if snapshot.phase.is_at_rest() {
        return None;
    }
    if let Some(stall) = stall {
        let verdict = snapshot.finding.as_ref().map(|finding| finding.verdict);
        let stalled = match (stall.kind, verdict) {
            (StallKind::Unacked, _) => Stalled::PathDead,
            (_, Some(Verdict::ServerNotReading)) => Stalled::NotReading,
            (StallKind::Ignored | StallKind::Late, _) => Stalled::Ignored,
        };
        return Some(Cause::Stalled(account(), stalled));
    }
    words::is_not_pushing(snapshot).then(|| Cause::NotPushing(account()))
}

/// Whether a fault is one of the way to the server: then several accounts have it for one reason.
const fn is_of_the_way(class: FaultClass) -> bool {
    match class {
        FaultClass::Dns | FaultClass::Connect | FaultClass::Proxy | FaultClass::Timeout | FaultClass::Closed => true,
        FaultClass::Tls
        | FaultClass::Auth
        | FaultClass::Secret
        | FaultClass::Mailbox
        | FaultClass::Limit
        | FaultClass::Protocol
        | FaultClass::History
        | FaultClass::Hook
        | FaultClass::Config => false,
    }
}

fn of_cause(app: &App, cause: &Cause, watches: &[&Snapshot]) -> Option<Attention> {
    let first = watches.first()?;
    let new = |role, sentences, remedy| {
        Some(Attention { role, sentences, remedy, watch: watches.first().map(|snapshot| snapshot.id.clone()) })
    };
    match cause {
        Cause::NeedsUser(_, class) | Cause::Down(_, class) => {
            let fault = first.fault.as_ref()?;
            let sentences = sentence::of_fault(app, watches, fault);
            new(Role::Down, sentences, remedy_of(fault, *class, watches))
        }
        Cause::Stalled(account, stalled) => {
            let replacing = watches.iter().any(|snapshot| snapshot.connection.replacing);
            let ageing = app.board.ages.get(account).map_or(Ageing::NotKnown, |ages| Ageing::of(ages));
            let reissue = app.timers_of(first).value(mailwatch_proto::model::Timer::Reissue);
            let below = ageing.limit().and_then(reissue_below);
            // Mended already: the next IDLE ends before that age.
            if !replacing && below.is_some() && reissue <= below {
                return None;
            }
            let shorter = below.filter(|below| reissue.is_none_or(|reissue| *below < reissue));
            let remedy = shorter.map_or(Remedy::Report, |to| Remedy::Reissue(Arc::clone(account), to));
            let sentences = match stalled {
                Stalled::Ignored => sentence::ignored(app, watches, &ageing),
                Stalled::PathDead => sentence::path_dead(watches, &ageing),
                Stalled::NotReading => sentence::not_reading(watches),
            };
            new(Role::Warn, sentences, remedy)
        }
        Cause::NotPushing(_) => new(Role::Warn, sentence::not_pushing(watches), Remedy::Report),
    }
}

/// What helps against a fault.
fn remedy_of(fault: &Fault, class: FaultClass, watches: &[&Snapshot]) -> Remedy {
    if let Some(address) = address_in(&fault.message) {
        return Remedy::Open(address);
    }
    let needs_user = matches!(fault.next, Next::User | Next::UserAfter(_));
    let account = || watches.first().map_or_else(|| Arc::from(""), |snapshot| Arc::clone(&snapshot.id.account));
    let again = || Remedy::Try(watches.iter().map(|snapshot| snapshot.id.clone()).collect());
    match class {
        FaultClass::Auth if needs_user => Remedy::LogIn(account()),
        FaultClass::Secret => Remedy::LogIn(account()),
        FaultClass::Tls | FaultClass::Config if needs_user => Remedy::Reload,
        FaultClass::History | FaultClass::Hook => Remedy::ShowTrouble,
        FaultClass::Dns
        | FaultClass::Connect
        | FaultClass::Proxy
        | FaultClass::Tls
        | FaultClass::Auth
        | FaultClass::Mailbox
        | FaultClass::Limit
        | FaultClass::Protocol
        | FaultClass::Timeout
        | FaultClass::Closed
        | FaultClass::Config => again(),
    }
}

/// The address of a page that a server's words name, whole: by https alone.
fn address_in(message: &str) -> Option<String> {
    let rest = &message[message.find("https://")?..];
    let end = rest.find(|c: char| c.is_whitespace() || c == ']' || c == '"' || c == '>').unwrap_or(rest.len());
    let address = rest[..end].trim_end_matches(['.', ',', ')', ';']);
    let printable = address.chars().all(|c| c.is_ascii_graphic());
    (printable && address.len() > "https://".len()).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_page_is_taken_whole_and_nothing_else_is() {
        let cases = [
            (
                "said NO [WEBALERT https://example.org/l?Aa=Bb&c=1] Web login required.",
                Some("https://example.org/l?Aa=Bb&c=1"),
            ),
            ("see https://example.org/help.", Some("https://example.org/help")),
            ("see http://example.org/", None),
            ("https://", None),
            ("https://exa\u{202e}mple.org", None),
            ("no page", None),
        ];
        for (message, address) in cases {
            assert_eq!(address_in(message).as_deref(), address, "{message}");
        }
    }
}
