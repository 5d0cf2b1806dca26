//! Mails that were told without their headers a day ago or more: those are asked for once more. None of them is told again.

use super::gather::Want;
use super::ladder::{ENOUGH, Haul, Ladder, Over};
use crate::connection::dialogue::context::{Context, Event, Flow};
use crate::connection::dialogue::question::{Answer, Decoded, Question, Suspect};
use crate::connection::task::Mailbox;
use crate::model::WatchId;

/// Mails of one connection: a server that gives no headers at all is not asked for each.
const MOST: usize = 20;

/// Asks for them, and keeps what came.
#[derive(Debug)]
pub(super) struct Again {
    uids: Vec<u32>,
    ladder: Box<Ladder>,
    read: Vec<Decoded>,
    /// How the look ended whose mails are being kept.
    ended: Option<Over>,
}

impl Again {
    /// For those of the suspects that are due and were told: below this UID. `None` where there are none.
    pub(super) fn of(suspects: &[Suspect], uidnext: u32) -> Option<Self> {
        let told = |suspect: &&Suspect| suspect.uid > 0 && suspect.uid < uidnext;
        let due: Vec<Suspect> = suspects
            .iter()
            .filter(told)
            .filter(|suspect| suspect.due && suspect.failed >= ENOUGH)
            .take(MOST)
            .copied()
            .collect();
        let uids: Vec<u32> = due.iter().map(|suspect| suspect.uid).collect();
        let ladder = Ladder::new(Want::These(uids.iter().copied().collect()), false).suspecting(&due);
        (!uids.is_empty()).then(|| Self { uids, ladder: Box::new(ladder), read: Vec::new(), ended: None })
    }

    pub(super) fn handle(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        event: Event,
    ) -> Flow<()> {
        if let (Some(over), Event::Answer(Answer::Kept(kept))) = (&mut self.ended, &event) {
            if let Err(fault) = kept {
                context.report_fault(fault.clone());
            }
            return over.fault.take().map_or(Ok(Some(())), Err);
        }
        let Some(Haul { mails, over }) = self.ladder.handle(context, of, mailbox, event) else { return Ok(None) };
        self.read.extend(mails.into_iter().filter(|message| message.mail.headers));
        let Some(over) = over else { return Ok(None) };
        self.ended = Some(over);
        let Mailbox { epoch, uidvalidity, .. } = *mailbox;
        let (uids, mails) = (self.uids.clone(), std::mem::take(&mut self.read));
        context.ask(Question::Again { of: of.clone(), epoch, uidvalidity, uids, mails });
        Ok(None)
    }
}
