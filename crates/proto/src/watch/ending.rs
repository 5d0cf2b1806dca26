//! A connection's end, and what comes after it.

use std::time::{Duration, Instant};

use super::{Activity, Watch};
use crate::backoff::Wait;
use crate::connection::{Connection, Ending};
use crate::idle::Idle;
use crate::model::{EventKind, Fate, Fault, FaultClass, Loss, Next, Phase, QuarantineEnd, Verdict};
use crate::response::StatusText;
use crate::{refusal, verdict};

/// A server that ends a session before it has lasted so long does not do it for its age.
const EXPECTED_LIFE: Duration = Duration::from_secs(30);

impl Watch {
    /// Puts the watch back on its feet after a panic in its own code: the connection is gone, the watch goes on.
    pub fn recover(&mut self, now: Instant) {
        let fault = Fault::retry_after(
            FaultClass::Protocol,
            "this program failed while reading this server (a bug; the log says where); reconnecting",
        );
        self.release(QuarantineEnd::LetGo, now);
        self.forget_rotation();
        self.failed(&fault, now);
    }

    /// The connection broke while the server idled or was polled.
    pub(super) fn broken(&mut self, fault: &Fault, ending: Option<Ending>, now: Instant) {
        let heard = self.active().and_then(|connection| connection.known.heard);
        // A FIN is the server's last word, and came just now; after anything else the last byte counts.
        let alive = if ending == Some(Ending::Closed) { now } else { heard.unwrap_or(now) };
        if self.fitness.since.is_some() {
            self.lose(alive, loss(ending, fault));
        }
        if ending == Some(Ending::GivenUp) {
            self.view.conclude(verdict::given_up(fault), now);
        }
        self.learn_of_drop(ending, now);
        // A DONE that was out has no answer.
        if let Some(receipt) = self.receipt().cloned() {
            self.view.receipt(self.view.now().connection.id, &receipt, None, false, now);
        }
        self.failed(fault, now);
    }

    /// A connection that TCP gave up, or that was reset under a DONE, died in silence: that teaches something.
    fn learn_of_drop(&mut self, ending: Option<Ending>, now: Instant) {
        let Some(idle) = self.active().and_then(Connection::running) else { return };
        let age = match (ending, idle.receipt()) {
            (Some(Ending::GivenUp | Ending::Reset), Some(receipt)) => receipt.idle_age,
            (Some(Ending::GivenUp), None) => now.saturating_duration_since(Idle::started(idle)),
            (Some(Ending::Closed | Ending::Broken | Ending::Reset) | None, _) => return,
        };
        self.view.failed(age, Fate::Dropped, now);
    }

    /// The server said BYE: the connection is over whether it closes it or not.
    pub(super) fn bye(&mut self, text: &StatusText, now: Instant) {
        self.view.tell(EventKind::Bye { text: text.whole() }, now);
        if self.fitness.since.is_some() {
            self.lose(now, Loss::Concluded(Verdict::Closed));
        }
        let what = format!("{} said BYE", self.context.peer);
        let fault = refusal::fault(&text.whole(), refusal::At::Session, &what);
        self.failed(&fault, now);
    }

    /// The connection is gone, or never was: say why, and go on.
    pub(super) fn failed(&mut self, fault: &Fault, now: Instant) {
        self.become_(Activity::Resting);
        self.pace.forget();
        self.turn_ends(None, now);
        if self.burst.until.is_some() {
            self.tell_burst(now);
        }
        let fit_since = self.fitness.since.take();
        if fit_since.is_some() {
            // A server that fell silent was last heard before; one that said why it ends is heard just now.
            let silent = fault.class == FaultClass::Timeout;
            let heard = self.view.now().connection.heard.filter(|_| silent);
            self.lose(heard.unwrap_or(now), Loss::Fault(fault.class));
        }
        let idled_for = fit_since.map(|since| now.saturating_duration_since(since));
        self.view.touch().connection.idle_since = None;
        if self.leaving.why.is_some() {
            // It was being let go anyway.
            self.left(now);
            return;
        }
        if fault.next == Next::AtOnce && idled_for.is_some_and(|life| life >= EXPECTED_LIFE) {
            // No fault, and no failure to wait after.
            self.view.conclude(verdict::session_over(fault), now);
            self.connect(now);
            return;
        }
        // What needs the user is said once, and not at each try that finds it so again.
        let said = |before: &Fault| (before.class, &before.message) == (fault.class, &fault.message);
        let is_new = fit_since.is_some() || fault.retry() || !self.view.now().fault.as_ref().is_some_and(said);
        if is_new {
            self.view.fault(fault, now);
        }
        if let Some(finding) = verdict::of_fault(fault) {
            self.view.conclude(finding, now);
        }
        if fault.retry() {
            self.retry(idled_for, fault.next, now);
        } else {
            self.forget_rotation();
            self.view.touch().connection.replacing = false;
            self.wait(idled_for, fault.next, Phase::Failed, now);
        }
    }

    /// Connects anew, at once or after a while.
    pub(super) fn retry(&mut self, idled_for: Option<Duration>, next: Next, now: Instant) {
        if self.succeed(now) {
            return;
        }
        self.wait(idled_for, next, Phase::Waiting, now);
    }

    /// Waits in that phase until it is time to try again.
    fn wait(&mut self, idled_for: Option<Duration>, next: Next, phase: Phase, now: Instant) {
        let chance = self.context.supply.chance();
        match self.backoff.failed(now, idled_for, next, &self.timers, chance) {
            Wait::None => self.connect(now),
            Wait::For { attempt, delay } => {
                self.view.touch().connection.attempt = attempt;
                self.view.tell(EventKind::Retry { attempt, delay }, now);
                self.view.phase(phase, now);
                self.become_(Activity::Waiting(now + delay));
            }
        }
    }
}

/// What a connection that broke is lost to.
fn loss(ending: Option<Ending>, fault: &Fault) -> Loss {
    match (ending, fault.class) {
        (Some(Ending::GivenUp), _) => Loss::Concluded(Verdict::PathDead),
        (Some(Ending::Closed | Ending::Reset), _) | (_, FaultClass::Closed) => Loss::Concluded(Verdict::Closed),
        (Some(Ending::Broken) | None, class) => Loss::Fault(class),
    }
}
