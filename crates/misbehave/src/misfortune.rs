//! The faults of a scenario, as they strike a session: by time, by step, by place.

use std::sync::Arc;

use tokio::time::Instant;

use crate::fault::{Act, Answer, Fault, Payload, Place, Step, When};
use crate::message::NewMessage;
use crate::payload;
use crate::scenario::Dialect;
use crate::session::{End, Session, Wake};

impl Session {
    /// The next act that is due by time, and its rule's place.
    pub(crate) fn next_act(&self) -> Option<(Instant, usize)> {
        let rules = self.playing.scenario.rules.iter().enumerate();
        let acts = rules.filter_map(|(index, rule)| {
            let when = match &rule.fault {
                Fault::Timed { when, .. } => *when,
                Fault::Reaction(reaction) => reaction.on.time()?,
                _ => return None,
            };
            let at = rule.on.contains(self.conn).then(|| self.due(when, self.playing.fired[index]))??;
            Some((at, index))
        });
        acts.min_by_key(|&(at, _)| at)
    }

    fn due(&self, when: When, last: Option<Instant>) -> Option<Instant> {
        match when {
            When::Connected(age) => last.is_none().then(|| self.started + age),
            When::Idling(age) => {
                let at = self.idle_since? + age;
                last.is_none_or(|last| last < at).then_some(at)
            }
            When::EveryIdling(period) => {
                let since = self.idle_since?;
                Some(last.map_or(since, |last| last.max(since)) + period)
            }
        }
    }

    /// Does what a rule wants at its time; what the session is to be woken by, if by anything.
    pub(crate) async fn act(&mut self, rule: usize) -> Result<Option<Wake>, End> {
        let scenario = Arc::clone(&self.playing.scenario);
        let act = match &scenario.rules[rule].fault {
            Fault::Timed { act, .. } => act,
            Fault::Reaction(_) => {
                let reactions = self.reaction_at(rule);
                // Boxed: both may wait, which is where this comes from.
                Box::pin(self.begin(&reactions)).await?;
                let from = self.out.len();
                self.out.extend(reactions.instead().unwrap_or_default());
                Box::pin(self.complete(from, &reactions)).await?;
                return Ok(None);
            }
            _ => return Ok(None),
        };
        match act {
            Act::Silence => self.playing.silent = true,
            Act::StopReading => self.playing.deaf = true,
            Act::Close(how) => return Err(End::Close(*how)),
            Act::Bye { text, close: true } => return self.bye(text).await.map(|never| match never {}),
            Act::Bye { text, close: false } => self.say(&format!("* BYE {text}")),
            Act::Send(what) => self.send(what).await?,
            Act::EndIdle => return Ok(Some(Wake::EndIdle)),
            Act::Overflow => self.overflow(),
        }
        Ok(None)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.playing.scenario.dialect
    }

    /// The faults that strike this session.
    pub(crate) fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.playing.scenario.faults(self.conn)
    }

    pub(crate) fn has(&self, fault: impl Fn(&Fault) -> bool) -> bool {
        self.faults().any(fault)
    }

    /// Whether the server offers a capability.
    pub(crate) fn offers(&self, capability: &str) -> bool {
        !self.has(|fault| matches!(fault, Fault::Without(gone) if gone.eq_ignore_ascii_case(capability)))
    }

    /// What a step is answered instead of its own reply.
    pub(crate) fn answer_to(&self, step: Step) -> Option<Answer> {
        let always = self.faults().find_map(|fault| {
            let Fault::Answer { to, with } = fault else { return None };
            (*to == step).then(|| with.clone())
        });
        always.or_else(|| {
            self.faults().find_map(|fault| {
                let Fault::Limit { open, to, with } = fault else { return None };
                (*to == step && self.shared.open_connections() > *open).then(|| with.clone())
            })
        })
    }

    /// Waits where a step is slow; for ever where it is never answered. What comes meanwhile waits too.
    pub(crate) async fn slow(&mut self, step: Step) -> Result<(), End> {
        let delay = self.faults().find_map(|fault| {
            let Fault::Slow { to, by } = fault else { return None };
            (*to == step).then_some(*by)
        });
        let Some(delay) = delay else { return Ok(()) };
        let until = delay.map(|delay| Instant::now() + delay);
        while self.next(until).await? != Wake::Due {}
        Ok(())
    }

    /// Sends what faults insert at a place.
    pub(crate) async fn insert(&mut self, place: Place) -> Result<(), End> {
        let scenario = Arc::clone(&self.playing.scenario);
        for fault in scenario.faults(self.conn) {
            if let Fault::Insert { at, what } = fault
                && *at == place
            {
                self.send(what).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, what: &Payload) -> Result<(), End> {
        match (what, &self.selected) {
            (Payload::NewMail, Some(selected)) => {
                let message = NewMessage::new("Ann Lee <ann@example.org>", "Just in between");
                self.shared.deliver_to(&selected.name, &message);
                self.tell(true).await?;
            }
            (Payload::ExpungeAll(_), Some(selected)) => {
                if let Some(mailbox) = self.shared.state().mailboxes.get_mut(&selected.name) {
                    mailbox.remove(|_| true);
                }
                self.tell(true).await?;
            }
            (_, _) => {
                self.flush().await?;
                if !self.is_silent() {
                    payload::send(what, &mut self.stream).await?;
                }
            }
        }
        Ok(())
    }
}
