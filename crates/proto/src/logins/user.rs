//! What is known of one user's logins at a host.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::moment::{COUNTED, Moment, tidy_moments};
use super::settings::Settings;
use super::{Refusal, TRIES, WINDOW, Who, Why};

/// The pause after a refusal of a secret that has worked, and the longest.
const PROVEN: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// The same of one that never has.
const UNPROVEN: (Duration, Duration) = (Duration::from_mins(30), Duration::from_hours(6));

/// The same where the server speaks of its own trouble: soon at first, for most trouble is short; it grows by
/// [`TROUBLE_GROWTH`].
const TROUBLE: (Duration, Duration) = (Duration::from_secs(4), WINDOW);

const TROUBLE_GROWTH: u32 = 4;

/// A secret that has worked needs the user after so many refusals in a row.
const PATIENCE: u32 = 3;

/// A secret that nothing speaks against is tried again so long after its logins were abandoned [`TRIES`] times, doubling:
/// programs that are killed are no guesses at a password, and nine in ten minutes lock no account.
const ABANDONED: Duration = Duration::from_secs(10);

/// A login that is under way for so long has been abandoned: no `reply` lasts longer.
const LATE: Duration = Duration::from_mins(11);

/// A run of the program: its process, and a number by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Run {
    /// The process.
    pub pid: u32,
    /// Tells it from others of the same number.
    pub chance: u32,
}

/// A login that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Open {
    number: u64,
    run: Run,
    at: Moment,
    /// Whether the secret may have gone out.
    #[cfg_attr(feature = "serde", serde(default = "went_out"))]
    sent: bool,
}

/// What an older program kept does not say.
#[cfg(feature = "serde")]
const fn went_out() -> bool {
    true
}

/// The pause after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Pause {
    from: Moment,
    length: Duration,
}

/// One user of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub(super) struct User {
    /// The accounts whose secret has worked.
    proven: BTreeSet<String>,
    /// Refusals within the window.
    refused: Vec<Moment>,
    /// Logins whose end nobody knows, likewise.
    unknown: Vec<Moment>,
    open: Vec<Open>,
    pause: Option<Pause>,
    /// How the accounts log in for which it stands.
    settings: BTreeMap<String, Settings>,
    /// Refusals in a row.
    row: u32,
    /// The server's own troubles in a row.
    troubles: u32,
    needed: bool,
}

impl User {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn is_proven(&self, account: &str) -> bool {
        self.proven.contains(account)
    }

    pub const fn needs_user(&self) -> bool {
        self.needed
    }

    /// Whether the account is configured otherwise than when it was refused. What an older program kept does not say.
    pub fn is_other(&self, who: Who<'_>) -> bool {
        !self.settings.is_empty() && self.settings.get(who.account) != Some(&who.settings)
    }

    /// The account's settings are those that have been refused.
    pub fn tried(&mut self, who: Who<'_>) {
        self.settings.insert(who.account.to_owned(), who.settings);
    }

    pub fn runs(&self) -> impl Iterator<Item = Run> {
        self.open.iter().map(|open| open.run)
    }

    pub fn refusals(&self) -> impl Iterator<Item = Moment> {
        self.refused.iter().chain(&self.unknown).copied()
    }

    pub const fn under_way(&self) -> usize {
        self.open.len()
    }

    /// Whether nothing speaks against the secret.
    fn is_trusted(&self) -> bool {
        !self.proven.is_empty() && self.row == 0 && self.troubles == 0
    }

    /// Whether the logins under way may use up what is left. One at a time, where the secret is not known to be good.
    pub fn is_busy(&self) -> bool {
        let one_by_one = !self.is_trusted() || !self.unknown.is_empty();
        (one_by_one && !self.open.is_empty()) || !self.has_room()
    }

    /// Whether another may be under way beside those that are.
    pub fn has_room(&self) -> bool {
        self.counted() + self.open.len() < TRIES
    }

    /// How many count as refused. Of a secret that nothing speaks against, logins whose end is not known do not use up the
    /// last try, by which it becomes known.
    fn counted(&self) -> usize {
        let all = self.refused.len() + self.unknown.len();
        if self.is_trusted() { self.refused.len().max(all.min(TRIES - 1)) } else { all }
    }

    /// When the pause is over.
    pub fn paused_until(&self) -> Option<Moment> {
        self.pause.map(|pause| pause.from.after(pause.length))
    }

    /// When there is room for another try, where there is none now.
    pub fn full_until(&self, at: Moment) -> Option<(Moment, Why)> {
        if let Some(over) = self.counted().checked_sub(TRIES) {
            let unknown: &[Moment] = if self.is_trusted() { &[] } else { &self.unknown };
            let mut counted: Vec<Moment> = self.refused.iter().chain(unknown).copied().collect();
            counted.sort_unstable();
            return counted.get(over).map(|first| (first.after(COUNTED), Why::TooOften));
        }
        let more = u32::try_from(self.unknown.len().checked_sub(TRIES)?).unwrap_or(u32::MAX);
        let last = self.unknown.iter().max()?;
        let until = last.after(ABANDONED.saturating_mul(2_u32.saturating_pow(more)).min(WINDOW));
        (until > at).then_some((until, Why::TooOften))
    }

    pub fn open(&mut self, number: u64, run: Run, at: Moment) {
        self.open.push(Open { number, run, at, sent: false });
    }

    pub fn send(&mut self, number: u64) {
        for open in self.open.iter_mut().filter(|open| open.number == number) {
            open.sent = true;
        }
    }

    pub fn close(&mut self, number: u64) {
        self.open.retain(|open| open.number != number);
    }

    pub fn accepted(&mut self, number: u64, account: &str) {
        self.close(number);
        self.proven.insert(account.to_owned());
        self.unknown.clear();
        self.settings.clear();
        (self.row, self.troubles, self.pause, self.needed) = (0, 0, None, false);
    }

    pub fn refused(&mut self, refusal: Refusal, proven: bool, at: Moment) {
        self.refused.push(at);
        let (bounds, growth, count) = match refusal {
            Refusal::Passing | Refusal::Limited | Refusal::Dropped => {
                self.troubles = self.troubles.saturating_add(1);
                self.needed = false;
                (TROUBLE, TROUBLE_GROWTH, self.troubles)
            }
            Refusal::ByProof | Refusal::NeedsUser => {
                self.row = self.row.saturating_add(1);
                self.needed = !proven || refusal == Refusal::NeedsUser || self.row >= PATIENCE;
                (if proven && refusal == Refusal::ByProof { PROVEN } else { UNPROVEN }, 2, self.row)
            }
        };
        let length = bounds.0.saturating_mul(growth.saturating_pow(count - 1)).min(bounds.1);
        self.pause = Some(Pause { from: at, length });
    }

    /// Counts a refusal that nothing follows from.
    pub fn count(&mut self, at: Moment) {
        self.refused.push(at);
    }

    /// Nobody will know how these ended. Of a secret that is not known to be good those that sent it count as refused.
    pub fn abandoned(&mut self, which: impl Fn(u64, Run) -> bool) {
        let unknown = self.open.iter().filter(|open| open.sent && which(open.number, open.run)).map(|open| open.at);
        self.unknown.extend(unknown);
        self.open.retain(|open| !which(open.number, open.run));
    }

    pub fn act(&mut self) {
        self.pause = None;
    }

    pub fn changed(&mut self, account: &str) {
        self.proven.remove(account);
        self.settings.remove(account);
        (self.row, self.troubles, self.pause, self.needed) = (0, 0, None, false);
    }

    pub fn tidy(&mut self, at: Moment) {
        for open in &mut self.open {
            open.at = open.at.min(at);
        }
        let late: Vec<u64> =
            self.open.iter().filter(|open| at.since(open.at) >= LATE).map(|open| open.number).collect();
        self.abandoned(|number, _| late.contains(&number));
        tidy_moments(&mut self.refused, at);
        tidy_moments(&mut self.unknown, at);
        if let Some(pause) = &mut self.pause {
            pause.from = pause.from.min(at);
            pause.length = pause.length.min(UNPROVEN.1);
        }
        if self.pause.is_some_and(|pause| pause.from.after(pause.length) <= at) {
            self.pause = None;
        }
    }
}
