//! The ladder of finding: a mail that the server shows to exist is told, its headers are a courtesy. One rung fails, the
//! next is taken, and what came before a refusal counts. It asks and gathers; who began it commits and reports.

mod rungs;

use std::collections::{BTreeMap, BTreeSet};

use super::fetch::{pass, patience, refused};
use super::gather::{BATCH, Gather, Taken, Want};
use super::headers::{Asking, Headers};
use crate::connection::dialogue::context::{Context, Event, Reply};
use crate::connection::dialogue::question::{Answer, Decoded, Question, Suspect};
use crate::connection::task::Mailbox;
use crate::model::{Fault, FaultClass, Status, WatchId};
use crate::response::{Fetched, Response, StatusText};

/// A mail that so many connections failed on is told without its headers.
pub(super) const ENOUGH: u32 = 2;

/// What came of an event.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Haul {
    /// Mails that are found, to be committed.
    pub(super) mails: Vec<Decoded>,
    /// Set at the end.
    pub(super) over: Option<Over>,
}

/// How a look ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Over {
    /// The first UID that is not found yet: to be kept with the last mails.
    pub(super) next: u32,
    /// Mails that were found.
    pub(super) found: usize,
    /// Whether messages came meanwhile.
    pub(super) more: bool,
    /// Whether there were too many for one look.
    pub(super) full: bool,
    /// Why the connection is to be given up all the same.
    pub(super) fault: Option<Fault>,
}

/// One look.
#[derive(Debug)]
pub(super) struct Ladder {
    want: Want,
    /// Whether what is found came in a gap.
    gap: bool,
    /// So many messages at least are to be found, by the server's own count.
    promised: usize,
    /// Mails that earlier connections failed on, by UID; 0 stands for a whole look.
    suspects: BTreeMap<u32, Suspect>,
    gather: Gather,
    headers: Headers,
    /// Messages in the mailbox when the command was sent.
    exists: u32,
    /// Whether messages came meanwhile.
    more: bool,
    /// Whether some of the current reply could not be read.
    unread: bool,
    /// Mails that the current reply tells of.
    answered: BTreeSet<u32>,
    /// The first refusal.
    refusal: Option<StatusText>,
    stage: Stage,
}

/// The rung that is stood on.
#[derive(Clone, Debug, PartialEq)]
enum Stage {
    Start,
    /// The headers of all; a part of them, or whole.
    All {
        partial: bool,
    },
    /// After a NO some servers say nothing else until NOOP (RFC 2180 §4.1.2).
    Noop,
    /// UIDs alone.
    List,
    /// The last messages by sequence number, from there on. Whether one came that was seen before.
    Last {
        first: u32,
        below: bool,
    },
    Search,
    /// Headers of some, or of one.
    Headers(Asking),
    /// A failure is remembered.
    Suspecting(u32),
    /// Suspects that could be read after all are forgotten.
    Clearing(Over),
    Over,
}

impl Ladder {
    pub(super) fn new(want: Want, gap: bool) -> Self {
        Self {
            want,
            gap,
            promised: 0,
            suspects: BTreeMap::new(),
            gather: Gather::default(),
            headers: Headers::default(),
            exists: 0,
            more: false,
            unread: false,
            answered: BTreeSet::new(),
            refusal: None,
            stage: Stage::Start,
        }
    }

    /// So many messages at least are there, by the server's own count.
    pub(super) fn promised(self, promised: u32) -> Self {
        Self { promised: usize::try_from(promised).unwrap_or(usize::MAX), ..self }
    }

    /// Mails that earlier connections failed on.
    pub(super) fn suspecting(mut self, suspects: &[Suspect]) -> Self {
        self.suspects = suspects.iter().map(|suspect| (suspect.uid, *suspect)).collect();
        self
    }

    /// Handles an event: [`Event::Begin`] first, then what comes until it is over.
    pub(super) fn handle(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        event: Event,
    ) -> Option<Haul> {
        match event {
            Event::Begin => self.begin(context, of, mailbox),
            Event::Answer(answer) => self.answered(context, of, mailbox, answer),
            Event::Reply(Reply::Tagged(status, text)) => self.tagged(context, of, mailbox, status, &text),
            Event::Reply(Reply::Untagged(Response::Fetch(fetched))) => {
                self.fetched(context, of, mailbox, fetched);
                self.batch()
            }
            Event::Reply(Reply::Untagged(Response::Search(uids))) if self.stage == Stage::Search => {
                let template = self.bare(context, mailbox);
                let uids = uids.into_iter().filter(|uid| self.want.has(*uid)).collect();
                self.gather.name_all(&uids);
                for uid in uids {
                    self.gather.add(uid, &template);
                }
                None
            }
            Event::Reply(reply) => {
                self.unread |= matches!(reply, Reply::Unparsed(_));
                match &reply {
                    Reply::Untagged(Response::Exists(count)) => self.more |= *count > mailbox.exists,
                    Reply::Untagged(Response::Expunge(_)) => self.expunged(1),
                    Reply::Untagged(Response::Vanished(gone)) => self.expunged(*gone),
                    Reply::Untagged(_) | Reply::Unparsed(_) | Reply::Continue(_) | Reply::Tagged(..) => {}
                }
                pass(context, mailbox, reply);
                None
            }
        }
    }

    fn expunged(&mut self, gone: u32) {
        self.promised = self.promised.saturating_sub(usize::try_from(gone).unwrap_or(usize::MAX));
        self.exists = self.exists.saturating_sub(gone);
        self.gather.renumber();
    }

    fn fetched(&mut self, context: &mut Context, of: &WatchId, mailbox: &Mailbox, fetched: Fetched) {
        let (decode, gap, uidvalidity) = (context.facts.subject.decode, self.gap, mailbox.uidvalidity);
        if let (Stage::Headers(asking), Some(uid)) = (&self.stage, fetched.uid)
            && asking.uids().contains(&uid)
        {
            self.answered.insert(uid);
        }
        if let Stage::Last { below, .. } = &mut self.stage {
            *below |= fetched.uid.is_some_and(|uid| uid < self.want.lowest());
        }
        match self.gather.take(&self.want, fetched, |fetched| decode(fetched, uidvalidity, gap)) {
            // Only what is of use keeps a reply from being late: it must have an end.
            Taken::Used => {
                context.extend(context.by());
                if let Stage::Headers(asking) = &self.stage
                    && let Some(uid) = asking.uids().iter().find(|uid| self.gather.lacks(**uid))
                {
                    context.risk(suspicion(of, mailbox, *uid));
                }
            }
            Taken::Useless => {}
            Taken::Foreign(fetched) => context.pass(Reply::Untagged(Response::Fetch(fetched))),
        }
    }

    /// Mails that can be committed while the reply goes on.
    fn batch(&mut self) -> Option<Haul> {
        (self.gather.ready() >= BATCH).then(|| Haul { mails: self.gather.hand_on(), over: None })
    }

    /// The same at the end of a command, whatever their number: they are told before others are asked for.
    fn some(&mut self) -> Option<Haul> {
        (self.gather.ready() > 0).then(|| Haul { mails: self.gather.hand_on(), over: None })
    }

    fn bare(&self, context: &Context, mailbox: &Mailbox) -> Decoded {
        let fetched = Fetched { uid: Some(0), ..Fetched::default() };
        let decoded = (context.facts.subject.decode)(&fetched, mailbox.uidvalidity, self.gap);
        decoded.unwrap_or_default()
    }

    fn tagged(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &Mailbox,
        status: Status,
        text: &StatusText,
    ) -> Option<Haul> {
        context.safe();
        self.gather.settle();
        if status != Status::Ok {
            if let Some(fault) = patience(context, text) {
                return Some(self.patient(fault));
            }
            self.refusal.get_or_insert_with(|| text.clone());
        }
        let unread = std::mem::take(&mut self.unread);
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::All { partial } => self.after_all(context, of, mailbox, partial, status, unread),
            Stage::Noop => {
                self.list(context, mailbox);
                self.some()
            }
            Stage::List => self.after_list(context, of, mailbox, status, unread),
            Stage::Last { first, below } => self.after_last(context, of, mailbox, status, first, below),
            Stage::Search => self.after_search(context, of, mailbox, status),
            Stage::Headers(asking) => self.after_headers(context, of, mailbox, asking, status),
            Stage::Start | Stage::Suspecting(_) | Stage::Clearing(_) | Stage::Over => None,
        }
    }

    fn answered(&mut self, context: &mut Context, of: &WatchId, mailbox: &Mailbox, answer: Answer) -> Option<Haul> {
        match (std::mem::replace(&mut self.stage, Stage::Over), answer) {
            (Stage::Suspecting(uid), Answer::Suspected(failed)) => {
                // Where nothing can be remembered, another connection would be no wiser.
                match failed {
                    Ok(failed) if failed < ENOUGH => self.headers.put_off(uid, &mut self.gather),
                    Ok(_) | Err(_) => self.gather.give_up(uid),
                }
                self.ask_headers(context, of, mailbox)
            }
            (Stage::Clearing(over), Answer::Kept(_)) => Some(self.end(over)),
            (stage, _) => {
                self.stage = stage;
                None
            }
        }
    }

    /// The server asks for patience: what is known is told, nothing more is asked.
    fn patient(&mut self, fault: Fault) -> Haul {
        for uid in self.gather.lacking() {
            self.gather.give_up(uid);
        }
        let next = self.gather.after_unbroken(self.want.lowest());
        let found = self.gather.count();
        self.end(Over { next, found, more: false, full: false, fault: Some(fault) })
    }

    /// Nothing is left to ask.
    fn finish(&mut self, context: &mut Context, of: &WatchId, mailbox: &Mailbox) -> Option<Haul> {
        self.gather.forget_nameless();
        let (found, put_off) = (self.gather.count(), self.headers.first_put_off());
        let barrier = [self.gather.dropped, put_off].into_iter().flatten().min();
        let after = self.gather.after_all().unwrap_or_else(|| self.want.lowest());
        let refusal = self.refusal.take();
        let fault = match (put_off, &refusal) {
            (Some(_), _) => Some(self.headers.fault(refusal.as_ref())),
            (None, Some(text)) if self.headers.unsure => Some(refused(text)),
            (None, _) => None,
        };
        let next = match barrier {
            Some(barrier) => after.min(barrier),
            None if self.headers.unsure => self.gather.after_unbroken(self.want.lowest()),
            None => after,
        };
        // What came meanwhile may be in the reply already.
        let more = self.more && !self.gather.reaches(mailbox.exists);
        let over = Over { next, found, more, full: self.gather.dropped.is_some(), fault };
        let readable = self.readable();
        if readable.is_empty() {
            return Some(self.end(over));
        }
        let (of, epoch) = (of.clone(), mailbox.epoch);
        context.ask(Question::Readable { of, epoch, uids: readable });
        self.stage = Stage::Clearing(over);
        None
    }

    /// Suspects that brought nobody down this time.
    fn readable(&mut self) -> Vec<u32> {
        let suspects = std::mem::take(&mut self.suspects);
        let poison = |suspect: &Suspect| self.headers.failed(suspect.uid) || suspect.failed >= ENOUGH && !suspect.due;
        // A look that found nothing proves nothing of looks.
        let here = |uid: u32| if uid == 0 { self.headers.brought } else { self.want.has(uid) };
        suspects.values().filter(|suspect| here(suspect.uid) && !poison(suspect)).map(|suspect| suspect.uid).collect()
    }

    fn end(&mut self, over: Over) -> Haul {
        self.stage = Stage::Over;
        Haul { mails: self.gather.hand_on(), over: Some(over) }
    }
}

/// What is to be remembered where the connection does not survive a command.
fn suspicion(of: &WatchId, mailbox: &Mailbox, uid: u32) -> Question {
    Question::Suspect { of: of.clone(), epoch: mailbox.epoch, uid }
}

impl Headers {
    /// Why the connection is given up: another one asks once more.
    fn fault(&self, refusal: Option<&StatusText>) -> Fault {
        let count = self.put_off_count();
        let mails = if count == 1 { "a mail".to_owned() } else { format!("{count} mails") };
        let words = refusal.map(StatusText::whole).unwrap_or_default();
        let message = format!("the server refused the headers of {mails}, which are asked for once more: {words}");
        Fault::retry_after(FaultClass::Protocol, message)
    }
}
