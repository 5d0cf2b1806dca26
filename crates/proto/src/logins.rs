//! Logins at all hosts: when the next may be tried, so that no answer of a server has an account locked. Pure: moments are
//! arguments, on the wall clock, for what is kept here outlives the program.
//!
//! Holds no secret and nothing made of one: whether a secret is another can only be known of those that are changed
//! through this program.

mod host;
mod moment;
#[cfg(test)]
mod properties;
mod settings;
#[cfg(test)]
mod tests;
mod user;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use self::host::Host;
pub use self::moment::Moment;
pub use self::settings::Settings;
pub use self::user::Run;
use self::user::User;
use crate::model::LoginWay as Way;

/// Refusals are counted over so long.
pub const WINDOW: Duration = Duration::from_mins(10);

/// A refused secret is tried so often in that time.
pub const TRIES: usize = 3;

/// All users of a host together bring it so many refusals in that time.
pub const HOST_REFUSALS: usize = 10;

/// Whose login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who<'a> {
    /// The server's name.
    pub host: &'a str,
    /// The login name.
    pub user: &'a str,
    /// The account's name.
    pub account: &'a str,
    /// How the account logs in.
    pub settings: Settings,
}

/// What a refusal means for the logins that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server's own trouble, by its code or its words, or nothing that says whose.
    Passing,
    /// Too many connections: nothing is wrong with the secret.
    Limited,
    /// The connection ended without a word: the server's own trouble where the secret has worked, else a way to say no.
    Dropped,
    /// It depends on whether the secret has ever worked.
    ByProof,
    /// The user must do something whether it has worked or not.
    NeedsUser,
}

/// Permission for one login, until it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Try(u64);

/// Whether a login may be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It may. The secret goes out once.
    Granted(Try),
    /// Others are under way, and how they end decides: ask again once one has ended.
    Busy,
    /// Not yet.
    Wait(Wait),
}

/// Why and how long a login must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// How long.
    pub pause: Duration,
    /// Why.
    pub why: Why,
    /// Whether the user is needed.
    pub needs_user: bool,
}

/// Why a login must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was refused, and the pause after that is not over. The user can shorten it.
    Refused,
    /// It was refused [`TRIES`] times in [`WINDOW`].
    TooOften,
    /// The host has refused [`HOST_REFUSALS`] logins in [`WINDOW`].
    Host,
}

/// What is known of the logins at all hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Logins {
    hosts: BTreeMap<String, Host>,
    /// The last try that was numbered.
    last: u64,
}

impl Logins {
    /// Asks for a login of this run of the program.
    pub fn ask(&mut self, who: Who<'_>, run: Run, at: SystemTime) -> Turn {
        let at = self.tidy(at);
        if let Some(wait) = self.waits(who, at) {
            return Turn::Wait(wait);
        }
        let last = self.last.wrapping_add(1);
        let host = self.host(who.host);
        if host.is_busy() || host.user(who.user).is_busy() {
            return Turn::Busy;
        }
        host.user(who.user).open(last, run, at);
        self.last = last;
        Turn::Granted(Try(last))
    }

    /// Why and how long a login would have to wait, if it would.
    pub fn due(&mut self, who: Who<'_>, at: SystemTime) -> Option<Wait> {
        let at = self.tidy(at);
        self.waits(who, at)
    }

    /// Remembers nothing of who asks: nothing is to be written for a question.
    fn waits(&self, who: Who<'_>, at: Moment) -> Option<Wait> {
        let host = self.hosts.get(&key(who.host))?;
        let full = host.full_until().map(|until| (until, Why::Host));
        let user = host.known_user(who.user);
        let needs_user = user.is_some_and(User::needs_user);
        let paused = user.and_then(User::paused_until).map(|until| (until, Why::Refused));
        // The longest counts: what the user can shorten is not named where that would not help.
        let waits = [paused, user.and_then(|user| user.full_until(at)), full];
        let (until, why) =
            waits.into_iter().flatten().filter(|(until, _)| *until > at).max_by_key(|(until, _)| *until)?;
        Some(Wait { pause: until.since(at), why, needs_user })
    }

    /// The server took the secret.
    pub fn accepted(&mut self, who: Who<'_>, granted: Try, way: Way, at: SystemTime) {
        self.tidy(at);
        let host = self.host(who.host);
        host.way = Some(way);
        host.user(who.user).accepted(granted.0, who.account);
    }

    /// The login was refused: whether the user is needed, and how long the next must wait.
    pub fn refused(&mut self, who: Who<'_>, granted: Try, refusal: Refusal, at: SystemTime) -> Option<Wait> {
        let at = self.tidy(at);
        let host = self.host(who.host);
        let proven = host.user(who.user).is_proven(who.account);
        let user = host.user(who.user);
        user.close(granted.0);
        user.tried(who);
        match refusal {
            Refusal::Limited => host.limited.push(at),
            Refusal::Dropped => {
                user.refused(if proven { Refusal::Passing } else { Refusal::ByProof }, proven, at);
            }
            Refusal::Passing | Refusal::ByProof | Refusal::NeedsUser => user.refused(refusal, proven, at),
        }
        self.waits(who, at)
    }

    /// The server refused the secret by one way and may not have judged it. Permission to send it once more, by another;
    /// none where the count does not allow it, and then the first is still to be settled.
    pub fn another(&mut self, who: Who<'_>, granted: Try, run: Run, at: SystemTime) -> Option<Try> {
        let at = self.tidy(at);
        let last = self.last.wrapping_add(1);
        let host = self.host(who.host);
        // What is under way has its place already, and gives it to the refusal; the other try needs one of its own.
        if host.is_busy() || !host.user(who.user).has_room() {
            return None;
        }
        let user = host.user(who.user);
        user.close(granted.0);
        user.count(at);
        user.open(last, run, at);
        user.send(last);
        self.last = last;
        Some(Try(last))
    }

    /// The secret may go out from now on.
    pub fn sending(&mut self, who: Who<'_>, granted: Try) {
        self.host(who.host).user(who.user).send(granted.0);
    }

    /// The login came to nothing before the secret was sent.
    pub fn unsent(&mut self, who: Who<'_>, granted: Try) {
        self.host(who.host).user(who.user).close(granted.0);
    }

    /// Nobody waits for the login's end any more: nobody will know whether it was refused.
    pub fn abandoned(&mut self, who: Who<'_>, granted: Try) {
        self.host(who.host).user(who.user).abandoned(|open, _| open == granted.0);
    }

    /// The same for all of a run that has ended without settling them.
    pub fn lost(&mut self, run: Run) {
        for user in self.hosts.values_mut().flat_map(Host::users) {
            user.abandoned(|_, of| of == run);
        }
    }

    /// The runs that have logins under way.
    #[must_use]
    pub fn runs(&self) -> Vec<Run> {
        self.hosts.values().flat_map(Host::runs).collect()
    }

    /// The user acts: the pause after a refusal is over. What is counted stays counted.
    pub fn act(&mut self, who: Who<'_>) {
        self.host(who.host).user(who.user).act();
    }

    /// The account's watches begin. The pause after a refusal is over where what was refused is configured otherwise now, or
    /// the secret has worked: whatever stood in its way may be over. What is counted stays counted.
    pub fn begins(&mut self, who: Who<'_>) {
        let user = self.host(who.host).user(who.user);
        if user.paused_until().is_none() {
            return;
        }
        if user.is_proven(who.account) || user.is_other(who) {
            user.act();
        }
        user.tried(who);
    }

    /// The secret was changed through this program: what it was is no proof of what it is.
    pub fn changed(&mut self, who: Who<'_>) {
        self.host(who.host).user(who.user).changed(who.account);
    }

    /// Whether the account's secret has worked.
    #[must_use]
    pub fn is_proven(&self, who: Who<'_>) -> bool {
        self.hosts.get(&key(who.host)).is_some_and(|host| host.is_proven(who.user, who.account))
    }

    /// The way by which a login has last succeeded there.
    #[must_use]
    pub fn way(&self, host: &str) -> Option<Way> {
        self.hosts.get(&key(host)).and_then(|host| host.way)
    }

    fn host(&mut self, host: &str) -> &mut Host {
        self.hosts.entry(key(host)).or_default()
    }

    /// Forgets what is over, and keeps a clock that was set from making anything last longer than it does.
    fn tidy(&mut self, at: SystemTime) -> Moment {
        let at = Moment::of(at);
        for host in self.hosts.values_mut() {
            host.tidy(at);
        }
        self.hosts.retain(|_, host| !host.is_empty());
        at
    }
}

/// Host names are compared without case.
fn key(host: &str) -> String {
    host.to_ascii_lowercase()
}
