//! Watching DONE on its way: looks at the socket until the peer's TCP has it, or the path is known to be dead.

use std::time::{Duration, Instant};

use super::{Activity, Watch};
use crate::session::Session;
use crate::tcp_evidence::sample;
use crate::track::{self, Track};
use crate::user_timeout::set_user_timeout;
use mailwatch_proto::idle::Input;
use mailwatch_proto::model::Evidence;
use mailwatch_proto::verdict::MOVED_DEAD_AFTER;

/// From DONE's writing until its ack the kernel may give the connection up after so long. Zero while idling: a value
/// overrides keepalive's number of probes (tcp(7)).
pub const USER_TIMEOUT: Duration = Duration::from_secs(20);

impl Watch {
    /// The kernel has taken DONE: the first look, which sets the mark.
    pub(super) fn written(&mut self, now: Instant) {
        let Activity::Idling(live, _) = &self.activity else { return };
        set_user_timeout(&live.session, Some(USER_TIMEOUT));
        let Some(first) = live.session.io().tcp().and_then(sample) else { return };
        let probe = Track::new(now, first);
        let probe = if self.moved { probe.judged_after(MOVED_DEAD_AFTER) } else { probe };
        let acked = probe.is_acked();
        self.probe = Some(probe);
        if acked {
            self.acked(now);
        }
    }

    /// A look is due.
    pub(super) fn sample(&mut self, now: Instant) {
        let (Activity::Idling(live, _), Some(probe)) = (&self.activity, &mut self.probe) else {
            self.probe = None;
            return;
        };
        let Some(seen) = live.session.io().tcp().and_then(sample) else {
            self.probe = None;
            return;
        };
        probe.look(now, seen);
        if probe.is_acked() {
            self.acked(now);
        } else if probe.is_dead(now) {
            self.path_dead(now);
        }
    }

    fn acked(&mut self, now: Instant) {
        let Activity::Idling(live, idle) = &mut self.activity else { return };
        set_user_timeout(&live.session, None);
        idle.handle(now, Input::Acked);
        self.drive(now);
    }

    /// What TCP knows of DONE now, on a connection whose DONE is not answered.
    pub(super) fn evidence(&self, session: &Session, written: bool) -> Evidence {
        track::evidence(session, self.probe.as_ref(), written)
    }
}
