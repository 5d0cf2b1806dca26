//! What the server does in a day: what it owes, well or otherwise, and what nobody asked for.

use std::sync::Arc;
use std::time::Duration;

use mailwatch_proto::connection::task::{
    ListedNames, Mailbox, Notify, Opened, Outcome, Progress, Task, Work, WorkItem,
};
use mailwatch_proto::connection::{Ending, Incoming};
use mailwatch_proto::logins::Refusal;
use mailwatch_proto::model::{ConnId, Fault, FaultClass, Mail, Next, Status, WatchId};
use mailwatch_proto::response::{Code, Listed, MailboxStatus, Named, Response, StatusText};
use mailwatch_proto::watch::{Finished, Input};

use super::{Day, MAILBOXES, TASK, id};

impl Day {
    /// Does what is owed on this connection. Whether anything was.
    pub(super) fn owed(&mut self, conn: ConnId, sane: bool) -> bool {
        let Some(it) = self.conns.get(&conn) else { return false };
        if let Some(since) = it.since.filter(|_| it.task.is_some()) {
            // A task has its own deadlines.
            if it.silent && !sane {
                if self.now >= since + Duration::from_secs(30) {
                    self.finish(conn, false, true);
                    return true;
                }
                return false;
            }
            self.finish(conn, sane, false);
            return true;
        }
        if (it.silent && !sane) || !self.watch.reads(conn) {
            return false;
        }
        match it.idle {
            Some((false, _)) => {
                let refused = !sane && self.happens(self.mood.fails / 4);
                if let Some(it) = self.conns.get_mut(&conn) {
                    it.idle = (!refused).then_some((true, false));
                }
                let response =
                    if refused { self.tagged(conn, Status::No) } else { Response::Continue { text: String::new() } };
                self.say(conn, response);
                true
            }
            Some((true, true)) => {
                if let Some(it) = self.conns.get_mut(&conn) {
                    it.idle = None;
                }
                let response = self.tagged(conn, Status::Ok);
                self.say(conn, response);
                true
            }
            Some((true, false)) | None => false,
        }
    }

    fn tagged(&self, conn: ConnId, status: Status) -> Response {
        let tags = self.conns.get(&conn).map_or(0, |conn| conn.tags);
        Response::Tagged { tag: format!("A{tags}"), status, text: StatusText::default() }
    }

    /// The mailbox as a look finds it; the mails are told.
    fn look(&mut self, conn: ConnId, of: &WatchId, known: Option<Mailbox>) -> Mailbox {
        let (first, next) = self.uids[of];
        let first = first.unwrap_or(next);
        self.uids.insert(of.clone(), (Some(first), next));
        let from = known.map_or(first, |known| known.uidnext);
        let mails: Vec<Mail> = (from..next).map(|uid| Mail { uid, uidvalidity: 7, ..Mail::default() }).collect();
        let whose = (*of != id(MAILBOXES[0])).then(|| of.clone());
        if !mails.is_empty() {
            self.mail = true;
            self.watch.handle(self.now, Input::Progress(conn, whose.clone(), Box::new(Progress::Mails(mails))));
        }
        let mailbox = Mailbox { exists: next - 1, unseen: None, uidvalidity: 7, uidnext: next, epoch: 0 };
        if whose.is_some() {
            self.watch.handle(self.now, Input::Progress(conn, whose, Box::new(Progress::LookedAt(mailbox))));
        }
        self.obey();
        mailbox
    }

    fn work(&mut self, conn: ConnId, work: Work, sane: bool) {
        let tell = |day: &mut Self, of: Option<WatchId>, told| {
            day.watch.handle(day.now, Input::Progress(conn, of, Box::new(told)));
            day.obey();
        };
        if work.list.is_some() {
            tell(self, None, Progress::ListBegun);
            let refused = !sane && self.happens(self.mood.fails);
            if refused {
                tell(self, None, Progress::ListRefused(Fault::retry_after(FaultClass::Protocol, "LIST is refused")));
            }
            let found = (!refused).then(|| MAILBOXES[1..].iter().map(ToString::to_string).collect());
            let names = vec![Some(Vec::new()), found];
            tell(self, None, Progress::Listed(ListedNames { names, ..ListedNames::default() }));
        }
        for WorkItem { id: of, known, .. } in work.items {
            if !sane && self.happens(self.mood.fails / 2) {
                let fault = Fault::retry_after(FaultClass::Mailbox, "not now");
                tell(self, Some(of), Progress::Missing(fault));
            } else {
                self.look(conn, &of, known);
            }
        }
    }

    /// The login of a connection; one that fails may come to an end before it, in it or after it.
    fn log_in(&mut self, sane: bool, fails: bool) -> Result<(), Fault> {
        let refusal = (!sane && fails && self.rng.bool()).then(|| self.refusal());
        self.door.log_in(refusal, self.now)
    }

    /// Any way to say no.
    pub(super) fn refusal(&mut self) -> Refusal {
        match self.rng.u8(..6) {
            0 | 1 => Refusal::ByProof,
            2 => Refusal::NeedsUser,
            3 => Refusal::Passing,
            4 => Refusal::Dropped,
            _ => Refusal::Limited,
        }
    }

    /// A task ends.
    fn finish(&mut self, conn: ConnId, sane: bool, late: bool) {
        let Some(task) = self.conns.get_mut(&conn).and_then(|conn| conn.task.take()) else { return };
        let fails = late || !sane && self.happens(self.mood.fails);
        let (own, known, work) = match task {
            Task::Logout { .. } => (None, None, None),
            Task::Connect(connect) => (Some(true), connect.known, Some(connect.work)),
            Task::Look { known, work, .. } | Task::Poll { known, work, .. } => (Some(false), known, Some(work)),
        };
        // A connection that comes so far logs in first.
        let logged_in = if own == Some(true) { self.log_in(sane, fails) } else { Ok(()) };
        let fails = fails || logged_in.is_err();
        // What it found before it failed counts.
        let found = (logged_in.is_ok() && (!fails || self.rng.bool())).then(|| {
            work.map(|work| {
                let mailbox = self.look(conn, &id(MAILBOXES[0]), known);
                self.work(conn, work, sane);
                mailbox
            })
        });
        let outcome = match (own, found.flatten()) {
            (None, _) => Outcome::LoggedOut,
            (Some(_), _) if let Err(fault) = &logged_in => Outcome::Failed(fault.clone()),
            (Some(connects), Some(mailbox)) if !fails => {
                let opened = connects.then(|| {
                    let idles = sane || !self.happens(self.mood.fails / 2);
                    Opened { idles, token: None, replace: None }
                });
                let notify = Notify::Never;
                Outcome::Ready { opened, open: Some(Arc::from(MAILBOXES[0])), notify, mailbox: Some(mailbox) }
            }
            (Some(_), _) => Outcome::Failed(match self.rng.u8(..8) {
                0 => Fault { class: FaultClass::Limit, message: "too many".to_owned(), next: Next::RetryLater },
                1 => Fault::needs_user(FaultClass::Mailbox, "no such mailbox"),
                _ => Fault::retry_after(FaultClass::Closed, "gone"),
            }),
        };
        let gone = !matches!(outcome, Outcome::Ready { .. });
        let commands = self.rng.u32(1..TASK);
        let mail = std::mem::take(&mut self.mail);
        if own == Some(false) {
            // DONE, the look, and the IDLE before.
            self.seen.turns.push((self.now, commands + 2, mail));
        }
        if let Some(at) = self.news.take().filter(|_| !mail) {
            self.seen.news.push(at);
        }
        let tag = match self.conns.get_mut(&conn) {
            Some(it) => {
                it.tags += commands;
                format!("A{}", it.tags + 1)
            }
            None => "A1".to_owned(),
        };
        self.watch.handle(self.now, Input::Heard(conn, self.now));
        if gone {
            self.conns.remove(&conn);
        }
        self.input(Input::Finished(conn, Finished { outcome, tag, proxy: None }));
    }

    /// The server says or does something that nobody asked for.
    pub(super) fn talk(&mut self, conn: ConnId) {
        let status = |code: Option<Code>| {
            let text = StatusText { code, text: "Still here".to_owned() };
            Response::Status { status: Status::Ok, text }
        };
        let ends = self.happens(self.mood.ends);
        let kind = if ends { self.rng.u8(22..24) } else { self.rng.u8(..22) };
        match kind {
            0..8 => {
                self.exists = self.exists.wrapping_add(self.rng.u32(..4)) % 100_000;
                self.say(conn, Response::Exists(self.exists));
            }
            8..11 => self.say(conn, Response::Expunge(1)),
            11..14 => self.say(conn, status(None)),
            14 => self.say(conn, status(Some(Code::Alert))),
            15 => self.say(conn, status(Some(Code::Other("NOTIFICATIONOVERFLOW".to_owned())))),
            16 => self.read(conn, Incoming::Unparsed("* ???".to_owned())),
            17 => self.say(conn, Response::List(Listed::default())),
            18 | 19 => {
                let uidnext = Some(self.rng.u32(..100_000));
                let told = MailboxStatus { uidnext, ..MailboxStatus::default() };
                self.say(conn, Response::MailboxStatus(Named("lists/a".to_owned()), told));
            }
            20 | 21 => {
                // An end of IDLE that was not asked for.
                if let Some(it) = self.conns.get_mut(&conn) {
                    it.idle = None;
                }
                let response = self.tagged(conn, Status::Ok);
                self.say(conn, response);
            }
            22 => self.say(conn, Response::Bye(StatusText { code: None, text: "bye".to_owned() })),
            _ => {
                let fault = Fault::retry_after(FaultClass::Closed, "it broke");
                if self.watch.reads(conn) {
                    self.input(Input::Broken(conn, fault, Some(Ending::Closed)));
                }
            }
        }
    }
}
