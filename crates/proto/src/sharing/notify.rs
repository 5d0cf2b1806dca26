//! How far NOTIFY (RFC 5465) is relied on over one connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::patience::Patience;
use crate::connection::task::Notify;
use crate::model::{Fault, Served};

/// After NOTIFY was refused, or overflowed again, it is asked for anew after so long, doubling.
const ASK_AGAIN: Duration = Duration::from_mins(10);

/// And after so long at the latest; so late where it told nothing of mail that was there.
const ASK_AGAIN_AT_THE_LATEST: Duration = Duration::from_hours(6);

/// So many looks may find mail that NOTIFY did not tell of before it is no longer relied on.
const UNTOLD: usize = 2;

/// The server has told that more happened than it could tell of (RFC 5465 §5.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// For the first time on this connection: it is asked once more to tell.
    First,
    /// Again: it is not relied on any more on this connection.
    Again,
}

/// Where NOTIFY stands.
#[derive(Clone, Debug)]
pub struct Push {
    /// How the mailboxes are served over the current connection.
    mode: Served,
    overflowed: bool,
    /// Whether the server was asked for it and has not answered yet.
    begun: bool,
    /// The looks that found mail that it had not told of, each with the mailboxes.
    untold: Vec<(u32, Vec<Arc<str>>)>,
    /// Looks so far.
    looks: u32,
    /// Where NOTIFY stands since then, until the connection is at hand.
    pending: Option<Notify>,
    patience: Patience,
}

impl Push {
    /// Before anything was asked for.
    #[must_use]
    pub const fn off() -> Self {
        let patience = Patience::new(ASK_AGAIN, ASK_AGAIN_AT_THE_LATEST);
        Self {
            mode: Served::Status,
            overflowed: false,
            begun: false,
            untold: Vec::new(),
            looks: 0,
            pending: None,
            patience,
        }
    }

    /// How mailboxes are served.
    #[must_use]
    pub const fn mode(&self) -> Served {
        self.mode
    }

    /// The server is asked for it.
    pub const fn begin(&mut self) {
        self.begun = true;
    }

    /// Another connection: it is asked for anew, unless it was refused lately. A connection that ended over it, or while
    /// its answer was owed, is a refusal too.
    pub fn connects(&mut self, now: Instant) {
        if std::mem::take(&mut self.begun) {
            let _ = self.patience.refused("", now);
        }
        (self.overflowed, self.pending) = (false, None);
        self.untold.clear();
    }

    /// Another look begins.
    pub const fn looks(&mut self) {
        self.looks = self.looks.wrapping_add(1);
    }

    /// Whether it may be asked for now.
    #[must_use]
    pub fn may_ask(&self, now: Instant) -> bool {
        self.patience.allows(now)
    }

    /// The server refused it. Whether that is news.
    pub fn refused(&mut self, fault: &Fault, now: Instant) -> bool {
        self.begun = false;
        self.patience.refused(&fault.message, now)
    }

    /// The user acts: it may be asked for again.
    pub const fn forgive(&mut self) {
        self.begun = false;
        self.patience.forget();
    }

    /// The server lost count.
    pub fn overflow(&mut self, now: Instant) -> Overflow {
        let again = std::mem::replace(&mut self.overflowed, true);
        self.pending = Some(if again { Notify::Never } else { Notify::Overflowed });
        if !again {
            return Overflow::First;
        }
        let _ = self.patience.refused("it overflowed", now);
        self.overflowed = false;
        Overflow::Again
    }

    /// A look found mail that NOTIFY had not told of. Once that may be mail of this very moment, in however many mailboxes;
    /// after that the server does not notice what is delivered past it: Dovecot, a maildir that another program delivers
    /// into. Whether it is relied on no more from now on.
    pub fn untold(&mut self, mailbox: &Arc<str>, now: Instant) -> bool {
        match self.untold.last_mut().filter(|(look, _)| *look == self.looks) {
            Some((_, mailboxes)) => mailboxes.push(Arc::clone(mailbox)),
            None => self.untold.push((self.looks, vec![Arc::clone(mailbox)])),
        }
        let over = self.untold.len() >= UNTOLD;
        if over {
            self.untold.clear();
            self.pending = Some(Notify::Never);
            self.patience.exhaust(now);
        }
        over
    }

    /// NOTIFY tells of mail that a look has found already: it was no more than late, there and in the rest of that look.
    pub fn told_late(&mut self, mailbox: &str) {
        self.untold.retain(|(_, mailboxes)| !mailboxes.iter().any(|late| **late == *mailbox));
    }

    /// The connection is at hand: takes over how it serves. Returns where NOTIFY stands where that is not as `told`.
    pub fn settle(&mut self, told: &Notify) -> Option<Notify> {
        self.begun = false;
        let pending = self.pending.take();
        self.mode = match pending.as_ref().unwrap_or(told) {
            Notify::On(_) | Notify::Overflowed => Served::Notify,
            Notify::Off | Notify::Never => Served::Status,
        };
        pending
    }
}
