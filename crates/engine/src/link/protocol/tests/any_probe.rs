//! Anything that a probe or a push test tells.

use super::any::Any;
use crate::probe::map::{Conduct, Known, Measured};
use crate::probe::{Plan, Stage, Update};
use crate::push_test::PushStep;

impl Any {
    pub(super) fn probing(&mut self) -> Update {
        let age = self.duration();
        match self.rng.u8(..4) {
            0 => Update::Begun {
                known: self.list(3, |any| (any.duration(), Known { answered: any.small(), failed: any.small() })),
                plan: Plan { ages: self.list(3, Self::duration), parallel: self.count(), wait: self.duration() },
                unread: self.maybe(Self::fault),
            },
            1 => {
                let since = self.moment();
                let stages = [
                    Stage::Connecting,
                    Stage::Idling(since),
                    Stage::Finishing(since),
                    Stage::Listening(since),
                    Stage::Again,
                    Stage::Delayed,
                ];
                Update::Stage(age, self.pick(&stages))
            }
            2 => {
                let conduct = if self.bool() { Ok(self.conduct()) } else { Err(self.fault()) };
                Update::Measured(Measured { age, conduct, disturbed: self.bool() })
            }
            _ => Update::Narrowed(self.count(), self.fault()),
        }
    }

    pub(super) fn pushing(&mut self) -> PushStep {
        let steps = [
            PushStep::Swept(self.count()),
            PushStep::Ready { own: self.bool() },
            PushStep::Added(self.duration()),
            PushStep::Announced(self.duration()),
            PushStep::NotAnnounced { waited: self.duration(), at_done: self.bool() },
            PushStep::Unclear,
            PushStep::Removed(self.duration()),
            PushStep::Stopped,
            PushStep::Failed(self.fault()),
            PushStep::Left { message_id: self.text(), fault: self.fault() },
        ];
        self.pick(&steps)
    }

    /// How many of something.
    pub(super) fn count(&mut self) -> usize {
        usize::from(self.rng.u16(..))
    }

    fn conduct(&mut self) -> Conduct {
        match self.rng.u8(..4) {
            0 => Conduct::Answered { took: self.duration(), status: self.one() },
            1 => Conduct::Ignored {
                verdict: self.one(),
                text: self.text(),
                evidence: self.evidence(),
                late: self.maybe(Self::duration),
            },
            2 => Conduct::Lost { after: self.duration(), text: self.text() },
            _ => Conduct::Ended { after: self.duration(), text: self.text() },
        }
    }
}
