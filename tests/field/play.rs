//! Plays a row: the engine against the embedded server, in process, under a paused clock.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use imap_misbehave::{NewMessage, Scenario, Server, parse_time};
use mailwatch_engine::history::History;
use mailwatch_proto::model::{Command, EventKind, Phase, TlsMode};

use crate::harness::{MINUTE, Rig, S, account};
use crate::row::{Expect, Row, Step, Time};
use crate::under_tls::UnderTls;

/// What a row found wrong.
pub type Wrong = String;

/// A row as it is played.
struct Play {
    row: &'static Row,
    rig: Rig,
    tls: Option<UnderTls>,
    /// Subjects of what was delivered.
    delivered: Vec<String>,
    /// Commands and connections that do not count.
    skipped: (usize, usize),
    numbered: u32,
}

/// Plays a row to its end.
///
/// # Errors
/// Where something else comes out than must.
pub async fn play(row: &'static Row) -> Result<(), Wrong> {
    let server = Server::new(Scenario::healthy());
    for mailbox in row.has {
        server.create(mailbox);
    }
    let conduct = conduct(row.behaviour)?;
    server.set_scenario(conduct);
    for n in 1..=row.old {
        let old = NewMessage::new("List <list@example.org>", &format!("Old {n}"));
        server.deliver("INBOX", old.received(SystemTime::now() - 24 * 60 * MINUTE));
    }
    let mut account = account(row.watches);
    account.max_connections = row.max_connections;
    let tls = row.tls.map(|at_first| UnderTls::to(server.clone(), at_first));
    let rig = match &tls {
        Some(tls) => {
            (account.tls, account.ca) = (TlsMode::Implicit, Some(tls.ca()));
            Rig::dialled(server, account, History::in_process(), Arc::new(tls.clone()))
        }
        None => Rig::on(server, account, History::in_process()),
    };
    let mut play = Play { row, rig, tls, delivered: Vec::new(), skipped: (0, 0), numbered: 0 };
    let result = play.all().await;
    result.map_err(|why| format!("{why}\nsource: {}\n{}\n{}", row.source, play.commands(), play.rig.told()))
}

/// A behaviour by its name, or as rules.
pub fn conduct(text: &str) -> Result<Scenario, Wrong> {
    if !text.contains("->") {
        return Scenario::by_name(text).map_err(|error| error.to_string());
    }
    let rules: Vec<&str> = text.lines().map(str::trim).collect();
    let read =
        Scenario::read(&format!("row: of the table\n  {}\n", rules.join("\n  "))).map_err(|error| error.to_string())?;
    read.into_iter().next().map(|(scenario, _)| scenario).ok_or_else(|| "no rules".to_owned())
}

impl Play {
    async fn all(&mut self) -> Result<(), Wrong> {
        if !matches!(self.row.steps.first(), Some(Step::Start)) {
            self.idle_within("before the first step", 2 * MINUTE).await?;
        }
        for (n, step) in self.row.steps.iter().enumerate() {
            self.step(step).await.map_err(|why| format!("step {}, {step:?}: {why}", n + 1))?;
        }
        if self.row.idles {
            self.idle_within("at the end", MINUTE).await?;
        }
        self.mails()?;
        self.row.expect.iter().try_for_each(|expect| self.expected(expect).map_err(|why| format!("{expect:?}: {why}")))
    }

    async fn step(&mut self, step: &Step) -> Result<(), Wrong> {
        let server = self.rig.server.clone();
        match *step {
            Step::Start => {}
            Step::Mail(subject) => self.deliver("INBOX", subject, NewMessage::new(ANN, subject)),
            Step::Mails(n) => {
                for _ in 0..n {
                    self.numbered += 1;
                    let subject = format!("Mail {}", self.numbered);
                    self.deliver("INBOX", &subject, NewMessage::new(ANN, &subject));
                }
            }
            Step::MailIn(mailbox, subject) => self.deliver(mailbox, subject, NewMessage::new(ANN, subject)),
            Step::Raw(bytes) => self.deliver("INBOX", RAW, NewMessage::raw(bytes)),
            Step::Bare(subject) => {
                let bytes = format!("From: {ANN}\r\nSubject: {subject}\r\n\r\nx\r\n");
                self.deliver("INBOX", subject, NewMessage::raw(bytes));
            }
            Step::ToldWithin(bound) => {
                let wanted = self.delivered.len();
                self.rig_until(time(bound)?, |rig| rig.mails().len() >= wanted).await?;
            }
            Step::IdlesWithin(bound) => self.idle_within("here", time(bound)?).await?,
            Step::FailsWithin(bound) => {
                self.rig_until(time(bound)?, |rig| {
                    rig.phases_by_mailbox().iter().any(|(_, phase)| *phase == Phase::Failed)
                })
                .await?;
            }
            Step::UnseenWithin(n, bound) => self.rig_until(time(bound)?, |rig| unseen(rig) == Some(n)).await?,
            Step::Pass(long) => self.rig.pass(time(long)?).await,
            Step::Expunge(n) => {
                server.expunge("INBOX", n);
            }
            Step::Flags(n, flags) => {
                server.set_flags("INBOX", n, flags);
            }
            Step::Drop => server.drop_connections(),
            Step::Restart => self.rig.restart().await,
            Step::Behave(behaviour) => server.set_scenario(conduct(behaviour)?),
            Step::Create(mailbox) => server.create(mailbox),
            Step::Rename(from, to) => {
                server.rename(from, to);
            }
            Step::Renumber(mailbox) => server.change_uidvalidity(mailbox),
            Step::Reconnect => self.rig.command(Command::Reconnect),
            Step::Done => self.rig.command(Command::Done),
            Step::Network => self.rig.network_changed(),
            Step::ClockSet => self.rig.machine().clock_was_set(),
            Step::Show(certificate) => self.tls.as_ref().ok_or("the row has no TLS")?.show(certificate),
            Step::Reconfigure => {
                let account = self.rig.account.clone();
                self.rig.reconfigure(vec![account]).await;
            }
            Step::CountAgain => self.skipped = (server.log().len(), server.accepted()),
        }
        Ok(())
    }

    fn deliver(&mut self, mailbox: &str, subject: &str, mail: NewMessage) {
        self.delivered.push(subject.to_owned());
        self.rig.server.deliver(mailbox, mail);
    }

    async fn rig_until(&mut self, bound: std::time::Duration, fits: impl Fn(&Rig) -> bool) -> Result<(), Wrong> {
        let by = tokio::time::Instant::now() + bound;
        while !fits(&self.rig) {
            let left = by.saturating_duration_since(tokio::time::Instant::now());
            if left.is_zero() {
                return Err(format!("not within {bound:?}"));
            }
            self.rig.event(left.min(S / 10)).await;
        }
        Ok(())
    }

    async fn idle_within(&mut self, when: &str, bound: std::time::Duration) -> Result<(), Wrong> {
        // A watch that waits for its turn on a shared connection counts as well as one that idles.
        let idles = |rig: &Rig| {
            let phases = rig.phases_by_mailbox();
            !phases.is_empty() && phases.iter().all(|(_, phase)| matches!(phase, Phase::Idling | Phase::Polling))
        };
        self.rig_until(bound, idles)
            .await
            .map_err(|why| format!("{when}: not every watch idles, {why}: {:?}", self.rig.phases_by_mailbox()))
    }

    /// Every mail is told exactly once, with its headers or without.
    fn mails(&self) -> Result<(), Wrong> {
        let told = self.rig.mails();
        let mut read: Vec<&str> = told.iter().filter(|mail| mail.headers).map(|mail| mail.subject.as_str()).collect();
        let blank = told.iter().filter(|mail| !mail.headers).count();
        if blank != self.row.blank {
            return Err(format!("{blank} mails were told without headers, {} are right", self.row.blank));
        }
        let known = |subject: &&String| subject.as_str() != RAW;
        let named = self.delivered.iter().filter(known).map(String::as_str);
        let mut right: Vec<&str> = named.chain(self.row.besides.iter().copied()).collect();
        let raw = self.delivered.iter().filter(|subject| *subject == RAW).count();
        right.sort_unstable();
        read.sort_unstable();
        // A mail of raw bytes has whatever subject it has; one without headers has none.
        let missing: Vec<&str> = without(&right, &read);
        let surplus: Vec<&str> = without(&read, &right);
        if told.len() != right.len() + raw || missing.len() + raw != blank + surplus.len() {
            return Err(format!(
                "{} mails were told, {} are right; missing {missing:?}, too many {surplus:?}",
                told.len(),
                right.len() + raw
            ));
        }
        match told.iter().find(|mail| mail.headers && right.contains(&mail.subject.as_str()) && mail.from != ANN) {
            Some(mail) => Err(format!("{mail:?} is Ann Lee's")),
            None => Ok(()),
        }
    }

    fn expected(&self, expect: &Expect) -> Result<(), Wrong> {
        let rig = &self.rig;
        let holds = |fits: bool, what: String| if fits { Ok(()) } else { Err(what) };
        match *expect {
            Expect::Logins(most) => at_most(self.count("LOGIN") + self.count("AUTHENTICATE"), most),
            Expect::Connections(most) => at_most(rig.server.accepted() - self.skipped.1, most),
            Expect::NoReconnect => at_most(rig.server.accepted(), 1),
            Expect::Commands(verb, most) => at_most(self.count(verb), most),
            Expect::NoFault => at_most(self.faults().len(), 0),
            Expect::Faults(most) => at_most(self.faults().len(), most),
            Expect::FaultSays(words) => {
                let faults = self.faults();
                holds(faults.iter().any(|said| said.contains(words)), format!("{faults:?}"))
            }
            Expect::FaultNeverSays(words) => {
                let faults = self.faults();
                holds(!faults.iter().any(|said| said.contains(words)), format!("{faults:?}"))
            }
            Expect::Hints(least) => {
                let hints = rig.count(|kind| matches!(kind, EventKind::Hint { .. }));
                holds(hints >= least, format!("{hints}"))
            }
            Expect::Contradiction => {
                holds(rig.count(|kind| matches!(kind, EventKind::Contradiction { .. })) > 0, "none".to_owned())
            }
            Expect::Subject(subject) => {
                holds(rig.mails().iter().any(|mail| mail.subject == subject), format!("{:?}", rig.subjects()))
            }
            Expect::From(from) => holds(rig.mails().iter().any(|mail| mail.from == from), format!("{:?}", rig.mails())),
            Expect::Date(date) => {
                let last = rig.mails().pop().and_then(|mail| mail.date);
                holds(last.as_deref() == date, format!("{last:?}"))
            }
            Expect::Flag(flag) => {
                let has = rig.mails().iter().any(|mail| mail.flags.iter().any(|own| own == flag));
                holds(has, format!("{:?}", rig.mails()))
            }
            Expect::NeverFailed => at_most(self.failures(), 0),
            Expect::FailedOnce => {
                let (failures, watches) = (self.failures(), rig.watches().len());
                holds(failures == watches, format!("{failures} of {watches}"))
            }
            Expect::Watched(mailboxes) => {
                let watched: Vec<String> = rig.phases_by_mailbox().into_iter().map(|(mailbox, _)| mailbox).collect();
                let all = mailboxes.iter().all(|mailbox| watched.iter().any(|own| own == mailbox));
                holds(all, format!("{watched:?}"))
            }
        }
    }

    fn failures(&self) -> usize {
        self.rig.count(|kind| matches!(kind, EventKind::Phase { to: Phase::Failed, .. }))
    }

    fn faults(&self) -> Vec<String> {
        let message = |kind: &EventKind| match kind {
            EventKind::Fault { message, .. } => Some(message.clone()),
            _ => None,
        };
        self.rig.events.iter().filter_map(|event| message(&event.kind)).collect()
    }

    /// How often a command came.
    fn count(&self, verb: &str) -> usize {
        let is = |line: &str| {
            let line = line.to_ascii_uppercase();
            let after_tag = line.split_once(' ').map_or(line.as_str(), |(_, rest)| rest);
            let after_uid = after_tag.strip_prefix("UID ").unwrap_or(after_tag);
            after_tag.split(' ').next() == Some(verb) || after_uid.split(' ').next() == Some(verb)
        };
        self.rig.server.log().iter().skip(self.skipped.0).filter(|logged| is(&logged.line)).count()
    }

    /// What the server was asked, the first and the last of it.
    fn commands(&self) -> String {
        let log = self.rig.server.log();
        let mut text = format!("{} commands on {} connections\n", log.len(), self.rig.server.accepted());
        for (n, logged) in log.iter().enumerate() {
            if n < 40 || n + 20 > log.len() {
                let at = (logged.at - log[0].at).as_secs_f64();
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{at:>10.3} {} {}", logged.conn, logged.line);
            }
        }
        text
    }
}

const ANN: &str = "Ann Lee <ann@example.org>";

/// Stands for the subject of a mail of raw bytes.
const RAW: &str = "\0";

fn time(text: Time) -> Result<std::time::Duration, Wrong> {
    parse_time(text).ok_or_else(|| format!("{text:?} is no time"))
}

fn unseen(rig: &Rig) -> Option<u32> {
    rig.snapshot().mailbox.unseen
}

fn at_most(n: usize, most: usize) -> Result<(), Wrong> {
    if n <= most { Ok(()) } else { Err(format!("{n}, at most {most}")) }
}

/// What is in one sorted list and not in another, as often as it is.
fn without<'a>(all: &[&'a str], other: &[&str]) -> Vec<&'a str> {
    let mut left: Vec<&str> = other.to_vec();
    let gone = |text: &&&str| match left.iter().position(|own| own == *text) {
        Some(at) => {
            left.swap_remove(at);
            false
        }
        None => true,
    };
    all.iter().filter(gone).copied().collect()
}
