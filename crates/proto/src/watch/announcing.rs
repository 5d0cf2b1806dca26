//! Whether the server announces mail: what it announced in an IDLE, what the look after it finds, and what follows from
//! both.
//!
//! Moments are those of the clock that goes on in a suspend.

use std::time::{Duration, Instant, SystemTime};

use super::Watch;
use crate::command_governor::Wish;
use crate::connection::Connection;
use crate::connection::arrivals::{Announced, Arrivals, Sought};
use crate::model::{DoneReason, Finding, FoundBy, Mail, Timer};
use crate::push_proof::{Added, Arrival, Canary, PushProof, Stood};
use crate::response::Response;
use crate::verdict;

/// A DONE that was sent so long after its timer: this program did not run, and has not read what was announced.
const STOOD_STILL: Duration = Duration::from_secs(2);

/// Mails of one look that are judged; the rest are as new as the last of them.
const JUDGED: usize = 256;

/// An IDLE, as far as it matters to what it announces.
#[derive(Clone, Copy, Debug)]
struct Listening {
    /// The server's `+`.
    from: Instant,
    /// DONE, where it is sent and says anything of what was announced before.
    until: Option<Instant>,
}

/// What is known of a mailbox's announcements, and of the IDLE and the look that are under way.
#[derive(Debug, Default)]
pub(super) struct Announcing {
    proof: PushProof,
    idle: Option<Listening>,
    /// What was announced in it.
    announced: Announced,
    /// When the server last said how many messages there are.
    counted: Option<Instant>,
    /// When it hinted at mail that it did not count.
    hinted: Option<Instant>,
    /// When the last look began, and the one that is under way.
    looked: Option<Instant>,
    looking: Option<Instant>,
    /// What that has found so far.
    found: Vec<Looked>,
}

/// What a look found.
#[derive(Clone, Copy, Debug)]
struct Looked {
    uid: u32,
    found: FoundBy,
    date: Option<SystemTime>,
    added: Option<Added>,
}

impl Announcing {
    /// Another connection is in use. What mails have taught stays.
    pub(super) fn forget(&mut self) {
        *self = Self { proof: self.proof, ..Self::default() };
    }

    /// IDLE is sent.
    pub(super) fn idle_begins(&mut self) {
        (self.idle, self.counted, self.hinted, self.announced) = (None, None, None, Announced::default());
    }

    /// An IDLE ended otherwise than by its DONE's answer.
    pub(super) const fn idle_broke(&mut self) {
        self.idle = None;
    }

    /// A look begins. How what it finds came to be known.
    fn look(&mut self, by: FoundBy, at: Instant) -> Arrivals {
        self.looking = Some(at);
        self.found.clear();
        let by = if self.hinted.is_some() { FoundBy::Push } else { by };
        Arrivals {
            announced: self.announced.clone(),
            own: Sought { by, since: self.looked },
            clock: self.proof.clock(at),
            ..Arrivals::default()
        }
    }

    /// The look is over.
    fn judge(&mut self, now: Instant) {
        let mut announced = std::mem::take(&mut self.announced);
        let mut mails = std::mem::take(&mut self.found);
        mails.sort_by_key(|mail| mail.uid);
        let mut before = self.looked;
        let mut last = None;
        let unannounced = before.max(self.counted);
        let arrivals: Vec<Arrival> = mails
            .iter()
            .map(|Looked { uid, found, date, added }| {
                let at = (*found == FoundBy::Push).then(|| announced.take().or(self.hinted)).flatten();
                if at.is_some() && last != at {
                    before = last.or(before);
                    last = at;
                }
                let absent = if at.is_some() { before } else { unannounced };
                Arrival { uid: *uid, date: *date, announced: at, absent, added: *added }
            })
            .collect();
        let stood = self.idle.take().and_then(|idle| {
            let from = self.counted.map_or(idle.from, |counted| counted.max(idle.from));
            Some(Stood { began: idle.from, from, until: idle.until? })
        });
        self.proof.looked(stood, &arrivals, now);
        self.looked = self.looking.take();
    }
}

impl Watch {
    /// The moment on the clock that goes on in a suspend.
    fn boottime(&self, now: Instant) -> Instant {
        self.context.clock.boottime(now)
    }

    /// Takes what a response says of new messages while IDLE runs. To be called before it is counted.
    pub(super) fn hear_announcement(&mut self, response: &Response, now: Instant) {
        let listens = self.active().is_some_and(|active| active.running().is_some() && active.receipt().is_none());
        let Some(before) = self.view.now().mailbox.exists.filter(|_| listens) else { return };
        let (at, fresh) = (self.boottime(now), self.seen.pushes.promised());
        let announcing = &mut self.seen.announcing;
        match response {
            Response::Exists(count) => {
                announcing.counted = Some(at);
                match count.checked_sub(before) {
                    Some(0) => announcing.hinted = Some(at),
                    Some(more) => announcing.announced.add(more, at),
                    None => announcing.announced = Announced::default(),
                }
            }
            Response::Expunge(seq) => {
                if let Some(place) = seq.checked_sub(before.saturating_sub(fresh) + 1) {
                    announcing.announced.remove(place);
                }
            }
            Response::Vanished(_) => announcing.announced = Announced::default(),
            Response::Recent(count) if *count > 0 => announcing.hinted = Some(at),
            Response::Fetch(fetched) if fetched.seq > before => announcing.hinted = Some(at),
            Response::Recent(_)
            | Response::Fetch(_)
            | Response::Status { .. }
            | Response::Continue { .. }
            | Response::Tagged { .. }
            | Response::Preauth(_)
            | Response::Bye(_)
            | Response::Capability(_)
            | Response::Search(_)
            | Response::MailboxStatus(..)
            | Response::List(_)
            | Response::Id(_)
            | Response::Other => {}
        }
    }

    /// The server idles.
    pub(super) fn listening(&mut self, now: Instant) {
        self.seen.announcing.idle = Some(Listening { from: self.boottime(now), until: None });
    }

    /// DONE is handed out at this age of the IDLE.
    pub(super) fn listened(&mut self, reason: DoneReason, age: Duration, now: Instant) {
        let due = match reason {
            DoneReason::Reissue => self.timers.value(Timer::Reissue),
            DoneReason::NotPushing => self.timers.value(Timer::Poll),
            // What was announced meanwhile may be on its way still.
            DoneReason::Slept | DoneReason::Network => Some(Duration::ZERO),
            DoneReason::NewMail
            | DoneReason::User
            | DoneReason::Silence
            | DoneReason::Retune
            | DoneReason::Rotate
            | DoneReason::Pause
            | DoneReason::Shutdown
            | DoneReason::Turn
            | DoneReason::Hint => None,
        };
        let stood_still = due.is_some_and(|due| age > due + STOOD_STILL);
        let until = (!stood_still).then(|| self.boottime(now));
        if let Some(idle) = &mut self.seen.announcing.idle {
            idle.until = until;
        }
        if reason != DoneReason::Hint {
            self.seen.announcing.hinted = None;
        }
    }

    /// How what a look finds that begins now came to be known.
    pub(super) fn arrivals(&mut self, by: FoundBy, now: Instant) -> Arrivals {
        let (boot, at) = (self.context.clock, self.boottime(now));
        Arrivals { boot, ..self.seen.announcing.look(by, at) }
    }

    /// A look found these.
    pub(super) fn arrived(&mut self, mails: &[Mail]) {
        let found = &mut self.seen.announcing.found;
        let room = JUDGED.saturating_sub(found.len());
        let looked = |mail: &Mail| Looked { uid: mail.uid, found: mail.found, date: mail.received, added: None };
        found.extend(mails.iter().take(room).map(looked));
    }

    /// A look found these messages of push tests. They prove as much as mails, and those of this program more.
    pub(super) fn canaries_arrived(&mut self, canaries: &[Canary]) {
        for Canary { uid, seq, found, received, added } in canaries.iter().copied() {
            self.seen.pushes.note_own(seq);
            let added =
                added.map(|Added { sent, taken }| Added { sent: self.boottime(sent), taken: self.boottime(taken) });
            if self.seen.announcing.found.len() < JUDGED {
                self.seen.announcing.found.push(Looked { uid, found, date: received, added });
            }
        }
    }

    /// A look is over.
    pub(super) fn judge_announcements(&mut self, now: Instant) {
        let at = self.boottime(now);
        self.seen.announcing.judge(at);
    }

    /// How often the server looks for mail by itself, about, where that was seen.
    #[must_use]
    pub fn cadence(&self) -> Option<Duration> {
        self.seen.announcing.proof.cadence()
    }

    /// The connection in use answers: what is concluded.
    pub(super) fn alive(&self) -> Finding {
        if !self.active().is_some_and(|connection| connection.known.idles) {
            return verdict::live();
        }
        let proof = &self.seen.announcing.proof;
        let mails = proof.unannounced();
        match proof.cadence() {
            _ if !mails.is_empty() => verdict::not_pushing(mails, self.timers.limit(Timer::Poll)),
            Some(cadence) => verdict::live_late(cadence),
            None => verdict::live(),
        }
    }

    /// When IDLE is ended because mail may be there that was not announced.
    pub(super) fn distrusts_at(&self, now: Instant) -> Option<Instant> {
        if !self.seen.announcing.proof.suspects() || self.is_set_aside() {
            return None;
        }
        let idle = self.active().filter(|connection| Connection::is_idling(connection))?.running()?;
        let at = idle.started() + self.timers.limit(Timer::Poll);
        Some(at.max(self.pace.earliest(Wish::Timer, now)))
    }

    /// Time has passed.
    pub(super) fn tick_announcements(&mut self, now: Instant) {
        if self.distrusts_at(now).is_some_and(|at| at <= now) {
            self.want_turn(DoneReason::NotPushing, Wish::Timer, now);
            self.drive(now);
        }
    }
}
