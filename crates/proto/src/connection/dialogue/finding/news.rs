//! What came since the mailbox was last looked at: found, committed as found, reported; look by look, until nothing is
//! left.

use super::fetch::{commit, committed};
use super::gather::{LOOK, Want};
use super::ladder::{Haul, Ladder, Over};
use crate::connection::dialogue::context::{Context, Event, Flow};
use crate::connection::dialogue::question::{Answer, Suspect};
use crate::connection::task::Mailbox;
use crate::model::WatchId;

/// Looks in which messages may keep coming meanwhile, before IDLE is issued all the same: its first EXISTS brings the
/// rest.
const ROUNDS: u8 = 8;

/// Finds and reports what came since the mailbox was last looked at; again, while more comes meanwhile, and while there is
/// more than one look may tell.
#[derive(Debug)]
pub(super) struct News {
    /// Whether it came in a gap.
    gap: bool,
    /// So many messages at least are to be found, by the server's own count.
    promised: u32,
    /// Whether that is more than one look tells, and none was begun.
    many: bool,
    /// The next UID, where EXAMINE told it.
    told: Option<u32>,
    suspects: Vec<Suspect>,
    /// Looks for what came meanwhile.
    rounds: u8,
    /// The end of the part of the UIDs that is looked at, where there are too many for one look.
    until: Option<u32>,
    ladder: Box<Ladder>,
    /// How the look ended whose last mails are being committed.
    ended: Option<Over>,
}

impl News {
    pub(super) fn new(gap: bool) -> Self {
        Self {
            gap,
            promised: 0,
            many: false,
            told: None,
            suspects: Vec::new(),
            rounds: 0,
            until: None,
            ladder: Box::new(Ladder::new(Want::From(1), gap)),
            ended: None,
        }
    }

    /// So many messages at least came, by the server's own count.
    pub(super) fn promise(&mut self, promised: u32) {
        self.promised = promised;
        self.many = promised > look();
    }

    /// EXAMINE told the next UID.
    pub(super) const fn told(mut self, uidnext: Option<u32>) -> Self {
        self.told = uidnext;
        self
    }

    /// Earlier connections failed on these.
    pub(super) fn suspecting(self, suspects: Vec<Suspect>) -> Self {
        Self { suspects, ..self }
    }

    pub(super) fn handle(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        event: Event,
    ) -> Flow<()> {
        let haul = match event {
            Event::Begin => self.begin(context, of, mailbox),
            Event::Answer(answer @ Answer::Committed { .. }) => {
                committed(context, answer);
                let Some(over) = self.ended.take() else { return Ok(None) };
                return self.over(context, of, mailbox, over);
            }
            event => self.ladder.handle(context, of, mailbox, event),
        };
        self.haul(context, of, mailbox, haul)
    }

    fn begin(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox) -> Option<Haul> {
        let from = mailbox.uidnext;
        let look = look();
        // Only so many UIDs at a time, where there may be more mails than one look tells.
        let last = from.saturating_add(look - 1);
        let told = self.told.take().is_some_and(|told| told.saturating_sub(from) > look);
        let many = std::mem::take(&mut self.many) || told;
        self.until = (many && mailbox.exists > look || self.until.is_some()).then_some(last);
        let want = self.until.map_or(Want::From(from), |last| Want::Between(from, last));
        let promised = if self.until.is_some() { 0 } else { std::mem::take(&mut self.promised) };
        *self.ladder = Ladder::new(want, self.gap).promised(promised).suspecting(&self.suspects);
        self.ladder.handle(context, of, mailbox, Event::Begin)
    }

    fn haul(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox, haul: Option<Haul>) -> Flow<()> {
        let Some(Haul { mails, over }) = haul else { return Ok(None) };
        if mails.is_empty() {
            return over.map_or(Ok(None), |over| self.over(context, of, mailbox, over));
        }
        let uidnext = over.as_ref().map_or(mailbox.uidnext, |over| over.next.max(mailbox.uidnext));
        commit(context, of, mailbox, uidnext, mails);
        self.ended = over;
        Ok(None)
    }

    /// A look is over, and what it found is committed.
    fn over(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox, over: Over) -> Flow<()> {
        let from = mailbox.uidnext;
        mailbox.uidnext = over.next.max(from);
        self.promised = self.promised.saturating_sub(u32::try_from(over.found).unwrap_or(u32::MAX));
        self.suspects.retain(|suspect| suspect.uid > 0);
        if let Some(fault) = over.fault {
            return Err(fault);
        }
        let until = self.until;
        self.until = match until {
            // The next part begins after the last that was found: what is not there yet may get any UID from there on.
            Some(last) if over.found > 0 => Some(last),
            None if over.full => Some(mailbox.uidnext),
            // Where nothing was there, what is left is asked for without an end.
            Some(_) | None => None,
        };
        let left =
            (until.is_some() || over.full) && mailbox.uidnext < u32::MAX && (mailbox.uidnext > from || until.is_some());
        if !left {
            if !over.more || self.rounds + 1 >= ROUNDS {
                return Ok(Some(()));
            }
            self.rounds += 1;
        }
        let haul = self.begin(context, of, mailbox);
        self.haul(context, of, mailbox, haul)
    }
}

/// Mails of one look.
fn look() -> u32 {
    u32::try_from(LOOK).unwrap_or(u32::MAX)
}
