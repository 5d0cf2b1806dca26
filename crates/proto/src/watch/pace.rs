//! When a turn begins: whatever wants one comes here, and the command governor says when.

use std::time::{Duration, Instant};

use super::Watch;
use crate::command_governor::{CommandGovernor, MAIL_PAUSE, Wish};
use crate::connection::task::Work;
use crate::connection::{Connection, Input};
use crate::idle::Idle;
use crate::model::{DoneReason, Timer, Timers};

/// Commands of a first look at a shared mailbox: STATUS, EXAMINE, FETCH twice. It comes once a connection.
const FIRST_LOOK: u32 = 4;

/// A turn that waits until it may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Due {
    at: Instant,
    reason: DoneReason,
    wish: Wish,
    /// Whether it waits for the rest of a burst alone.
    burst: bool,
}

/// What turns a watch has begun, and the one that waits.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    governor: CommandGovernor,
    due: Option<Due>,
    /// Whose DONE is to be handed out.
    wish: Option<Wish>,
    /// The number of the last tag before the turn.
    tag: Option<u32>,
    /// First looks at shared mailboxes in the turn.
    first_looks: u32,
}

impl Pace {
    /// When a turn may begin.
    pub fn earliest(&self, wish: Wish, now: Instant) -> Instant {
        self.governor.earliest(wish, now)
    }

    /// When the turn that waits begins.
    pub fn due(&self) -> Option<Instant> {
        self.due.map(|due| due.at)
    }

    /// Whether a burst is waited for.
    pub fn awaits_burst(&self) -> bool {
        self.due.is_some_and(|due| due.burst)
    }

    /// What waited is dealt with.
    pub const fn forget(&mut self) {
        self.due = None;
    }

    /// The turn brought mail.
    pub const fn mail(&mut self) {
        self.governor.mail();
    }

    /// The turn brought something else.
    pub const fn change(&mut self) {
        self.governor.change();
    }

    /// Another connection: its tags begin anew.
    pub const fn connects(&mut self) {
        (self.tag, self.wish, self.first_looks) = (None, None, 0);
    }

    /// Shared mailboxes that a turn may ask for besides first looks.
    pub fn room(&self, now: Instant) -> usize {
        self.governor.room(now)
    }

    /// What a turn does besides the own mailbox.
    pub fn works(&mut self, work: &Work) {
        let first = work.items.iter().filter(|item| !item.looked_at).count();
        self.first_looks = u32::try_from(first).unwrap_or(u32::MAX);
    }

    /// Of two that wait the sooner begins, and both are dealt with.
    fn wait(&mut self, due: Due) {
        if self.due.is_none_or(|waiting| waiting.at > due.at) {
            self.due = Some(due);
        }
    }
}

/// Whose wish a DONE is that an IDLE's own timers or the watch hand out.
const fn wish_of(reason: DoneReason) -> Wish {
    match reason {
        DoneReason::NewMail => Wish::Mail,
        DoneReason::Turn | DoneReason::Hint => Wish::Server,
        DoneReason::Reissue
        | DoneReason::Silence
        | DoneReason::Retune
        | DoneReason::Rotate
        | DoneReason::NotPushing => Wish::Timer,
        DoneReason::User | DoneReason::Network | DoneReason::Slept | DoneReason::Pause | DoneReason::Shutdown => {
            Wish::Person
        }
    }
}

impl Watch {
    /// Wants a turn, for this reason: the IDLE ends, or a server without IDLE is asked, as soon as the command governor
    /// lets it; what is wanted until then belongs to the same turn. Where a task runs there is nothing to do: it looks.
    ///
    /// A [`Wish::Mail`] or [`Wish::Server`] may wait as long as `poll`, where such turns have brought no mail lately. The caller drives, for
    /// this is called from within `drive` too.
    pub(super) fn want_turn(&mut self, reason: DoneReason, wish: Wish, now: Instant) {
        let (idles, polls) =
            self.active().map_or((false, None), |connection| (connection.running().is_some(), connection.polling()));
        if !idles && polls.is_none() {
            return;
        }
        let at = self.pace.earliest(wish, now);
        if at > now {
            self.pace.wait(Due { at, reason, wish, burst: at <= now + MAIL_PAUSE });
            return;
        }
        self.pace.forget();
        if idles {
            self.pace.wish = Some(wish);
            self.end_idle(reason, now);
        } else {
            self.ask(wish, now);
        }
    }

    /// The turn that waits may begin.
    pub(super) fn begin_due(&mut self, now: Instant) {
        if let Some(due) = self.pace.due.take_if(|due| due.at <= now) {
            self.want_turn(due.reason, due.wish, now);
        }
    }

    /// DONE is handed out.
    pub(super) fn turn_begins(&mut self, reason: DoneReason, now: Instant) {
        let wish = self.pace.wish.take().unwrap_or_else(|| wish_of(reason));
        self.pace.governor.begin(wish, now);
    }

    /// The server is asked, or has ended its IDLE by itself.
    pub(super) fn turn_begins_as(&mut self, wish: Wish, now: Instant) {
        self.pace.wish = None;
        self.pace.governor.begin(wish, now);
    }

    /// A task is done, and the next command has this tag; or the connection is gone.
    pub(super) fn turn_ends(&mut self, tag: Option<&str>, now: Instant) {
        let number = tag.and_then(|tag| tag.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().ok());
        let before = std::mem::replace(&mut self.pace.tag, number);
        let sent = before.zip(number).map_or(0, |(before, number)| number.saturating_sub(before));
        // DONE has no tag.
        let first_looks = std::mem::take(&mut self.pace.first_looks).saturating_mul(FIRST_LOOK);
        let commands = sent.saturating_add(1).saturating_sub(first_looks);
        let longest = self.timers.limit(Timer::Poll);
        self.pace.governor.end(commands, longest, now);
    }

    /// The timers for an IDLE that begins or runs: no value of theirs ends it before a turn may begin.
    pub(super) fn idle_timers(&self, now: Instant) -> Timers {
        let started = self.active().and_then(Connection::running).map_or(now, Idle::started);
        let earliest = self.pace.earliest(Wish::Timer, now);
        if earliest <= now {
            return self.timers;
        }
        let least = earliest.saturating_duration_since(started);
        [Timer::Reissue, Timer::Silence].into_iter().fold(self.timers, |timers, timer| {
            let tuned = timers.tuned(timer);
            timers.with(timer, tuned.value.map(|value| value.max(least)), tuned.origin)
        })
    }

    /// A server that has ended its IDLE by itself, or that is to be left in peace, is asked then.
    pub(super) fn rest_until(&mut self, at: Instant, now: Instant) {
        self.pace.wait(Due { at, reason: DoneReason::NewMail, wish: Wish::Server, burst: false });
        self.begin_polling(now);
    }

    /// The IDLE's timers are others.
    pub(super) fn retune_idle(&mut self, now: Instant) {
        let timers = self.idle_timers(now);
        self.feed(now, Input::Retune(timers));
    }

    /// When a server without IDLE is asked next by a timer of ours.
    pub(super) fn timer_turn(&self, after: Duration, now: Instant) -> Instant {
        (now + after).max(self.pace.earliest(Wish::Timer, now))
    }
}
