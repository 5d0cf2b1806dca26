//! What is found is kept: baselines, mails, and the hooks that are owed for them.

use std::time::SystemTime;

use super::TaskContext;
use crate::clock::now;
use crate::history::{Found, OwedHook, Seen, WatchKey};
use crate::hook;
use crate::record::wall_before;
use mailwatch_proto::connection::dialogue::{Answer, Decoded};
use mailwatch_proto::model::{EventKind, Fault, HookEvent};

pub(super) fn found(decoded: Decoded) -> Found {
    let Decoded { mail, message_id, internal_date, size, seq: _, canary, announced } = decoded;
    let announced = announced.map(|at| wall_before(now().saturating_duration_since(at)));
    Found { mail, message_id, internal_date, announced, size, hook: None, canary }
}

impl TaskContext {
    /// Commits how far a mailbox is seen, and what is there and not told.
    pub(super) async fn keep(
        &self,
        key: &WatchKey,
        (epoch, uidvalidity, uidnext): (u32, u32, u32),
        known: Vec<Decoded>,
    ) -> Result<(), Fault> {
        let seen = Seen { epoch, uidvalidity, uidnext, last_alive: SystemTime::now() };
        self.history.baseline(key, seen, known.into_iter().map(found).collect()).await
    }

    /// Commits messages as found. Those that were not found before are to be told; all of them, where that failed. Those of
    /// push tests never are.
    pub(super) async fn commit(
        &self,
        key: &WatchKey,
        (epoch, uidvalidity, uidnext): (u32, u32, u32),
        mails: Vec<Decoded>,
    ) -> Answer {
        let seen = Seen { epoch, uidvalidity, uidnext, last_alive: SystemTime::now() };
        let mut canaries = Vec::new();
        let found: Vec<Found> = mails
            .into_iter()
            .map(|message| {
                let (seq, announced) = (message.seq, message.announced);
                let found = found(message);
                match self.sightings.of(key, &found, seq, (announced, now())) {
                    Some(canary) => {
                        canaries.push(canary);
                        Found { canary: true, ..found }
                    }
                    None => self.hooked(key, found),
                }
            })
            .collect();
        // This may be dropped while the history commits: what it queues is run all the same.
        let _signal = found.iter().any(|found| found.hook.is_some()).then(|| self.hooks.on_drop());
        match self.history.found(key, seen, found.clone()).await {
            Ok(mails) => Answer::Committed { mails, canaries, fault: None },
            Err(fault) => {
                // Better told twice after a crash than not at all.
                self.hooks.send_unkept(found.iter().filter_map(|found| owed(key, found)).collect());
                let mails =
                    found.into_iter().filter(|found| !canaries.iter().any(|canary| canary.uid == found.mail.uid));
                Answer::Committed { mails: mails.map(|found| found.mail).collect(), canaries, fault: Some(fault) }
            }
        }
    }

    /// The same with what its hook is to be told, where there is one.
    fn hooked(&self, key: &WatchKey, found: Found) -> Found {
        let told = || hook::line(key, None, EventKind::NewMail(found.mail.clone()), &[]);
        let hook = self.hooks.has(HookEvent::NewMail).then(told);
        Found { hook, ..found }
    }
}

fn owed(key: &WatchKey, found: &Found) -> Option<OwedHook> {
    let what = OwedHook::mail(found.mail.epoch, found.mail.uidvalidity, found.mail.uid);
    Some(OwedHook { key: key.clone(), event: HookEvent::NewMail, what, line: found.hook.clone()? })
}
