//! What the server and the user do, step by step, and how both come to their senses at the end.

use std::sync::Arc;
use std::time::Duration;

use mailwatch_proto::connection::sample::Sample;
use mailwatch_proto::connection::task::{Mailbox, Notify, Opened, Outcome, Progress, Task};
use mailwatch_proto::connection::{Ending, Incoming};
use mailwatch_proto::model::{Command, ConnId, Fault, FaultClass, Mail, Next, Phase, Status, Timer};
use mailwatch_proto::response::{Code, Response, StatusText};
use mailwatch_proto::token_lifetime::{Span, TokenLifetime};
use mailwatch_proto::watch::{Finished, Input};

use crate::script::{Asked, How, Step};

use super::{Idle, S, World};

impl World {
    /// The connection at this place in the row.
    fn nth(&self, place: usize) -> Option<ConnId> {
        self.conns.keys().nth(place % self.conns.len().max(1)).copied()
    }

    pub fn play(&mut self, step: &Step) {
        match *step {
            Step::Finish(place, how) => {
                if let Some(conn) = self.nth(place) {
                    self.finish(conn, how);
                }
            }
            Step::Plus(place) => self.on(place, Self::plus),
            Step::Tagged(place, ok) => self.on(place, |world, conn| world.tagged(conn, ok)),
            Step::Stray(place) => self.say(place, tagged("B7", Status::Ok)),
            Step::Exists(place) => self.say(place, Response::Exists(self.uidnext - 1)),
            Step::Alert(place) => {
                let text = StatusText { code: Some(Code::Alert), text: "down at noon".to_owned() };
                self.say(place, Response::Status { status: Status::Ok, text });
            }
            Step::Heartbeat(place) => {
                self.say(place, Response::Status { status: Status::Ok, text: text("Still here") });
            }
            Step::Garbage(place) => {
                self.on(place, |world, conn| world.read(conn, Incoming::Unparsed("* ???".to_owned())));
            }
            Step::Bye(place) => self.say(place, Response::Bye(text("bye"))),
            Step::Break(place, ending) => self.on(place, |world, conn| world.break_off(conn, ending)),
            Step::Written(place) => self.on(place, |world, conn| {
                if world.conns[&conn].idle.is_some_and(|idle| idle.done) {
                    let at = world.now;
                    world.read(conn, Incoming::Written(at));
                }
            }),
            Step::Socket(seen) => self.socket = seen.map(|(outq, retransmits)| Sample::of_thousand(outq, retransmits)),
            Step::Deliver => self.uidnext += 1,
            Step::Command(asked) => self.ask(asked),
            Step::Slept(seconds) => self.input(Input::Slept(Duration::from_secs(seconds))),
            Step::Rerouted(moved) => self.input(Input::Rerouted { moved }),
            Step::NewDay => self.input(Input::NewDay),
            Step::Others(others) => {
                self.room.others =
                    others.min(self.room.limit.saturating_sub(self.conns.len() + usize::from(self.room.reserved)));
                self.admit();
                self.obey();
            }
            Step::Renewed(renewed) => {
                if self.renewal {
                    let fault = || Fault::retry_after(FaultClass::Secret, "the issuer is away");
                    self.renew(renewed.ok_or_else(fault));
                }
            }
            Step::Token => self.life = if self.life < 100 { 1_000_000 } else { 40 },
            Step::Answer => self.answer_all(),
            Step::Late(seconds) => {
                self.now += Duration::from_secs(seconds);
                self.tick();
            }
        }
    }

    fn on(&mut self, place: usize, act: impl FnOnce(&mut Self, ConnId)) {
        if let Some(conn) = self.nth(place) {
            act(self, conn);
        }
    }

    fn say(&mut self, place: usize, response: Response) {
        self.on(place, |world, conn| world.read(conn, Incoming::Response(response)));
    }

    /// Something comes on a connection; where a task runs on it, it is the task's.
    fn read(&mut self, conn: ConnId, incoming: Incoming) {
        if self.watch.reads(conn) {
            self.watch.handle(self.now, Input::Heard(conn, self.now));
            self.input(Input::Incoming(conn, incoming));
        } else if self.conns[&conn].task.is_some()
            && let Incoming::Response(response) = incoming
            && !matches!(response, Response::Tagged { .. } | Response::Bye(_))
        {
            self.input(Input::Progress(conn, None, Box::new(Progress::Response(response))));
        }
    }

    fn plus(&mut self, conn: ConnId) {
        let Some(idle) = self.conns.get_mut(&conn).and_then(|conn| conn.idle.as_mut()) else { return };
        if !std::mem::replace(&mut idle.plus, true) {
            self.read(conn, Incoming::Response(Response::Continue { text: "idling".to_owned() }));
        }
    }

    fn tagged(&mut self, conn: ConnId, ok: bool) {
        let Some(it) = self.conns.get_mut(&conn).filter(|_| self.watch.reads(conn)) else { return };
        if it.idle.take().is_none() {
            return;
        }
        let tag = format!("A{}", it.tags);
        self.read(conn, Incoming::Response(tagged(&tag, if ok { Status::Ok } else { Status::No })));
    }

    fn break_off(&mut self, conn: ConnId, ending: u8) {
        let fault = |class| Fault::retry_after(class, "it broke");
        if self.watch.reads(conn) {
            let (fault, ending) = match ending {
                0 => (fault(FaultClass::Closed), Ending::Closed),
                1 => (fault(FaultClass::Closed), Ending::Reset),
                2 => (fault(FaultClass::Timeout), Ending::GivenUp),
                _ => (fault(FaultClass::Protocol), Ending::Broken),
            };
            self.input(Input::Broken(conn, fault, Some(ending)));
        } else if self.conns[&conn].task.is_some() {
            self.finish(conn, How::Fails);
        }
    }

    fn renew(&mut self, renewed: Result<bool, Fault>) {
        self.renewal = false;
        self.serial += u64::from(renewed == Ok(true));
        self.input(Input::Renewed(renewed));
    }

    fn ask(&mut self, asked: Asked) {
        let retune = |timer, seconds| Command::Retune { timer, value: Some(Duration::from_secs(seconds)), by: None };
        let command = match asked {
            Asked::Done => Command::Done,
            Asked::Reconnect => Command::Reconnect,
            Asked::Pause => Command::Pause,
            Asked::Resume => Command::Resume,
            Asked::Reissue(seconds) => retune(Timer::Reissue, seconds),
            Asked::Poll(seconds) => retune(Timer::Poll, seconds),
        };
        self.input(Input::Command(command));
    }

    /// A task ends.
    fn finish(&mut self, conn: ConnId, how: How) {
        let Some(task) = self.conns.get_mut(&conn).and_then(|conn| conn.task.take()) else { return };
        let outcome = match (&task, how) {
            (Task::Logout { .. }, _) => Outcome::LoggedOut,
            (_, How::Well { idles }) => self.done(conn, &task, idles),
            (_, How::FailsLate) => {
                let _ = self.done(conn, &task, true);
                Outcome::Failed(Fault::retry_after(FaultClass::Closed, "gone"))
            }
            (_, How::Fails) => Outcome::Failed(Fault::retry_after(FaultClass::Connect, "refused")),
            (_, How::NeedsUser) => Outcome::Failed(Fault::needs_user(FaultClass::Auth, "wrong password")),
            (_, How::Limit) => {
                Outcome::Failed(Fault { class: FaultClass::Limit, message: "too many".into(), next: Next::RetryLater })
            }
        };
        let gone = !matches!(outcome, Outcome::Ready { .. });
        let tag = self.conns.get(&conn).map_or_else(String::new, |it| format!("A{}", it.tags + 1));
        self.watch.handle(self.now, Input::Heard(conn, self.now));
        if gone {
            self.conns.remove(&conn);
        }
        self.outputs = 0;
        self.watch.handle(self.now, Input::Finished(conn, Finished { outcome, tag, proxy: None }));
        self.obey();
        self.admit();
        self.obey();
        self.watch.present(self.now);
        self.obey();
        self.hold();
    }

    /// What a task finds that goes well. The mails are told as it runs.
    fn done(&mut self, conn: ConnId, task: &Task, idles: bool) -> Outcome {
        let known = match task {
            Task::Connect(connect) => connect.known,
            Task::Look { known, .. } | Task::Poll { known, .. } => *known,
            Task::Logout { .. } => None,
        };
        // Without what this run knows, the history says how far the mailbox was seen.
        let baseline = *self.baseline.get_or_insert(self.uidnext);
        let from = known.map_or(baseline, |known| known.uidnext);
        let mails: Vec<Mail> = (from..self.uidnext).map(mail).collect();
        if !mails.is_empty() {
            self.outputs = 0;
            self.watch.handle(self.now, Input::Progress(conn, None, Box::new(Progress::Mails(mails))));
            self.obey();
        }
        let opened = matches!(task, Task::Connect(_)).then(|| {
            let span = Span::new(self.now, Duration::from_secs(self.life));
            let token = TokenLifetime { serial: self.serial, span: Some(span) };
            Opened { idles, token: Some(token), replace: Some(span.replace(self.now, 0.5)) }
        });
        let mailbox =
            Mailbox { exists: self.uidnext - 1, unseen: None, uidvalidity: 7, uidnext: self.uidnext, epoch: 0 };
        let open: Option<Arc<str>> = Some(Arc::from("INBOX"));
        Outcome::Ready { opened, open, notify: Notify::Never, mailbox: Some(mailbox) }
    }

    /// The server and the issuer do all that they owe.
    pub fn answer_all(&mut self) {
        for round in 0.. {
            assert!(round < 200, "the watch asks without end though no time passes");
            if self.renewal {
                self.renew(Ok(true));
                continue;
            }
            let owed = self.conns.iter().find_map(|(id, conn)| {
                let owes = conn.task.is_some() || conn.idle.is_some_and(|idle| !idle.plus || idle.done);
                (owes && (conn.task.is_some() || self.watch.reads(*id))).then_some(*id)
            });
            let Some(conn) = owed else { return };
            match (self.conns[&conn].task.is_some(), self.conns[&conn].idle) {
                (true, _) => self.finish(conn, How::Well { idles: true }),
                (false, Some(Idle { plus: false, .. })) => self.plus(conn),
                (false, _) => self.tagged(conn, true),
            }
        }
    }

    /// The server comes to its senses, and the user goes on: the watch hears of mail again, and all of it was told.
    pub fn recover(&mut self) {
        self.room.others = 0;
        self.socket = Some(Sample::of_thousand(0, 0));
        self.life = 1_000_000;
        self.admit();
        self.obey();
        for _ in 0..2 {
            // A mail to which something must still lead.
            self.uidnext += 1;
            for round in 0.. {
                assert!(round < 600, "it does not come back: {:?}", self.phase());
                if matches!(self.phase(), Phase::Paused | Phase::Failed) {
                    self.ask(Asked::Resume);
                }
                self.answer_all();
                for conn in self.conns.keys().copied().collect::<Vec<_>>() {
                    if self.conns.contains_key(&conn) {
                        self.read(conn, Incoming::Response(Response::Exists(self.uidnext - 1)));
                    }
                }
                self.answer_all();
                let baseline = self.baseline.unwrap_or(self.uidnext);
                let all = (baseline..self.uidnext).all(|uid| self.told.contains(&uid));
                if all && self.hears() && matches!(self.phase(), Phase::Idling | Phase::Polling) {
                    break;
                }
                let due = self.watch.due(self.now).unwrap_or(self.now + S);
                self.now = self.now.max(due);
                self.tick();
            }
        }
        let baseline = self.baseline.expect("the mailbox was seen");
        assert_eq!(self.told, (baseline..self.uidnext).collect(), "every mail is told, once");
    }
}

fn mail(uid: u32) -> Mail {
    Mail { uid, uidvalidity: 7, from: String::new(), subject: String::new(), date: None, gap: false, ..Mail::default() }
}

fn text(text: &str) -> StatusText {
    StatusText { code: None, text: text.to_owned() }
}

fn tagged(tag: &str, status: Status) -> Response {
    Response::Tagged { tag: tag.to_owned(), status, text: text("completed") }
}
