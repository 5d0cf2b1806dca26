//! A connection's end, and what comes after it.

use std::time::{Duration, Instant};

use super::{Activity, Watch};
use crate::session::Ending;
use mailwatch_proto::backoff::Wait;
use mailwatch_proto::idle::Idle;
use mailwatch_proto::model::Fate;
use mailwatch_proto::model::{EventKind, Fault, FaultClass, Loss, Next, Phase, Verdict};
use mailwatch_proto::response::StatusText;
use mailwatch_proto::verdict;

/// A server that ends a session before it has lasted so long does not do it for its age.
const EXPECTED_LIFE: Duration = Duration::from_secs(30);

impl Watch {
    /// The connection broke while the server idled or was polled.
    pub(super) fn broken(&mut self, fault: &Fault, now: Instant) {
        self.probe = None;
        let (heard, ending) = match &self.activity {
            Activity::Idling(live, _) | Activity::Polling(live, _) => (live.session.heard(), live.session.ending()),
            Activity::Working(_) | Activity::Waiting(_) | Activity::Resting | Activity::Over => (None, None),
        };
        // A FIN is the server's last word, and came just now; after anything else the last byte counts.
        let alive = if ending == Some(Ending::Closed) { now } else { heard.unwrap_or(now) };
        if self.fit_since.is_some() {
            self.lose(alive, loss(ending, fault));
        }
        if ending == Some(Ending::GivenUp) {
            self.report.conclude(verdict::given_up(fault), now);
        }
        self.learn_of_drop(ending, now);
        if let Activity::Idling(_, idle) = std::mem::replace(&mut self.activity, Activity::Resting) {
            self.unanswered(&idle, now);
        }
        self.failed(fault, now);
    }

    /// An IDLE ended with its connection: a DONE that was out has no answer.
    pub(super) fn unanswered(&mut self, idle: &Idle, now: Instant) {
        let conn = self.report.now().conn;
        if let Some(receipt) = idle.receipt().filter(|receipt| receipt.answer.is_none()) {
            self.report.receipt(conn, receipt, None, false, now);
        }
    }

    /// A connection that TCP gave up, or that was reset under a DONE, died in silence: that teaches something.
    fn learn_of_drop(&mut self, ending: Option<Ending>, now: Instant) {
        let Activity::Idling(_, idle) = &self.activity else { return };
        let age = match (ending, idle.receipt()) {
            (Some(Ending::GivenUp | Ending::Reset), Some(receipt)) => receipt.idle_age,
            (Some(Ending::GivenUp), None) => now.saturating_duration_since(idle.started()),
            (Some(Ending::Closed | Ending::Broken | Ending::Reset) | None, _) => return,
        };
        let outcome = self.report.recorder().failed(age, Fate::Dropped);
        self.learn(&outcome);
    }

    /// The server said BYE: the connection is over whether it closes it or not.
    pub(super) fn bye(&mut self, text: &StatusText, now: Instant) {
        self.report.tell(EventKind::Bye { text: text.whole() }, now);
        if self.fit_since.is_some() {
            self.lose(now, Loss::Concluded(Verdict::Closed));
        }
        let what = format!("{} said BYE", self.tools.shared.peer());
        let fault = mailwatch_proto::refusal::fault(&text.whole(), mailwatch_proto::refusal::At::Session, &what);
        self.failed(&fault, now);
    }

    /// The connection is gone, or never was: say why, and go on.
    pub(super) fn failed(&mut self, fault: &Fault, now: Instant) {
        self.activity = Activity::Resting;
        self.probe = None;
        self.mail_due = None;
        if self.burst.until.is_some() {
            self.tell_burst(now);
        }
        let fit_since = self.fit_since.take();
        if fit_since.is_some() {
            // A server that fell silent was last heard before; one that said why it ends is heard just now.
            let silent = fault.class == FaultClass::Timeout;
            let heard = self.report.now().heard.filter(|_| silent);
            self.lose(heard.unwrap_or(now), Loss::Fault(fault.class));
        }
        let idled_for = fit_since.map(|since| now.saturating_duration_since(since));
        self.report.touch().idle_since = None;
        if self.leaving.is_some() {
            // It was being let go anyway.
            self.left(now);
            return;
        }
        if fault.next == Next::AtOnce && idled_for.is_some_and(|life| life >= EXPECTED_LIFE) {
            // No fault, and no failure to wait after.
            self.report.conclude(verdict::session_over(fault), now);
            self.connect(now);
            return;
        }
        self.report.fault(fault, now);
        if let Some(finding) = verdict::of_fault(fault) {
            self.report.conclude(finding, now);
        }
        if fault.retry() {
            self.retry(idled_for, fault.next, now);
        } else {
            self.forget_rotation();
            self.report.touch().replacing = false;
            self.report.phase(Phase::Failed, now);
        }
    }

    /// Connects anew, at once or after a while.
    pub(super) fn retry(&mut self, idled_for: Option<Duration>, next: Next, now: Instant) {
        if self.succeed(now) {
            return;
        }
        match self.backoff.failed(now, idled_for, next, &self.timers, fastrand::f64()) {
            Wait::None => self.connect(now),
            Wait::For { attempt, delay } => {
                self.report.touch().attempt = attempt;
                self.report.tell(EventKind::Retry { attempt, delay }, now);
                self.report.phase(Phase::Waiting, now);
                self.activity = Activity::Waiting(now + delay);
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
