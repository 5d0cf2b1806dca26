//! The history of a period with users' names replaced: the data of every file of a report.

use std::time::{Duration, SystemTime};

use super::figures::{Figures, LATE_UNTIL};
use super::lists::{Kept, Lists};
use super::redact::Redactor;
use crate::history::{Archive, Blindness, Interrupted, KeptLine, KeptReceipt, KeptServer, Stall, Unreadable, WatchKey};
use mailwatch_proto::model::{ServerInfo, Span};

/// Lines of the log that a report holds; the newest, where there are more.
pub const LINES: u32 = 100_000;

/// Two receipts of one DONE differ in its moment by less than this: each is computed back from when it was kept.
const SAME_MOMENT: Duration = Duration::from_secs(2);

/// What a report covers.
pub struct Scope<'a> {
    /// The beginning.
    pub since: SystemTime,
    /// Which watches.
    pub watches: &'a dyn Fn(&WatchKey) -> bool,
    /// Replaces users' names.
    pub redactor: &'a Redactor,
}

/// What a report says of a period besides its long lists.
#[derive(Debug, Default)]
pub struct Proof {
    /// The stalls, oldest first.
    pub stalls: Vec<Stall>,
    /// The blind intervals.
    pub blind: Vec<Blindness>,
    /// When no engine ran.
    pub unwatched: Vec<Span>,
    /// The wire around the stalls, also before the time asked for.
    pub wire: Vec<KeptLine>,
    /// What the servers said of themselves.
    pub servers: Vec<KeptServer>,
}

impl Proof {
    fn read(archive: &Archive, scope: &Scope<'_>) -> Result<Self, Unreadable> {
        let Scope { since, watches, redactor } = *scope;
        let mine = |key: &WatchKey| watches(key);
        let stalls = archive.stalls(since)?.into_iter().filter(|stall| mine(&stall.key)).map(|stall| Stall {
            key: redactor.key(&stall.key),
            text: stall.text.map(|text| redactor.text(&text)),
            ..stall
        });
        let blind = archive.blind(since)?.into_iter().filter(|blind| mine(&blind.key));
        // The lines before a stall may be older than the period; lines that belong to no stall are left out later.
        let wire = archive
            .wire(SystemTime::UNIX_EPOCH)?
            .into_iter()
            .filter(|line| mine(&line.key))
            .map(|line| KeptLine { key: redactor.key(&line.key), line: redactor.wire(&line.line), ..line });
        let servers = archive.servers(since)?.into_iter().filter(|kept| mine(&kept.key)).map(|kept| KeptServer {
            key: redactor.key(&kept.key),
            server: server(kept.server, redactor),
            ..kept
        });
        Ok(Self {
            stalls: stalls.collect(),
            blind: blind.map(|kept| Blindness { key: redactor.key(&kept.key), ..kept }).collect(),
            unwatched: archive.unwatched(since)?,
            wire: wire.collect(),
            servers: servers.collect(),
        })
    }
}

/// The data of a report: what there is little of, sums of what there is much of, and where that is read.
pub struct ReportData<'a> {
    /// What there is little of.
    pub proof: Proof,
    pub(super) figures: Figures,
    pub(super) lists: Box<dyn Lists + 'a>,
}

impl<'a> ReportData<'a> {
    /// Reads the history.
    ///
    /// # Errors
    /// Where `history.db` cannot be read.
    pub fn read(archive: &'a Archive, scope: &'a Scope<'a>) -> Result<Self, Interrupted> {
        Self::new(Proof::read(archive, scope)?, Box::new(Kept::new(archive, scope)))
    }

    /// Of lists that were read elsewhere.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn new(proof: Proof, lists: Box<dyn Lists + 'a>) -> Result<Self, Interrupted> {
        Ok(Self { figures: Figures::read(lists.as_ref(), &proof.stalls)?, proof, lists })
    }

    /// Whether the log is longer than `LINES`.
    pub(super) fn log_is_cut(&self) -> bool {
        u32::try_from(self.figures.lines).is_ok_and(|lines| lines >= LINES)
    }

    /// The DONE of a stall: the one written as long before the stall as it waited. The last DONE before it may be another's,
    /// because a probe's IDLEs run side by side.
    #[must_use]
    pub fn done_of(&self, stall: &Stall) -> Option<&KeptReceipt> {
        let written = stall.at.checked_sub(stall.waited)?;
        let of = |kept: &&KeptReceipt| {
            kept.key == stall.key && kept.conn == stall.conn && kept.answered.is_none() && kept.at <= stall.at
        };
        self.figures
            .around
            .iter()
            .filter(of)
            .min_by_key(|kept| apart(kept.at + kept.written.unwrap_or_default(), written))
    }

    /// The late answer to that DONE.
    #[must_use]
    pub fn late_of(&self, stall: &Stall) -> Option<&KeptReceipt> {
        // Connections are numbered anew in each run: only a DONE that was queued at the same moment is the same.
        let queued = self.done_of(stall)?.at;
        let of = |kept: &&KeptReceipt| kept.late && kept.key == stall.key && kept.conn == stall.conn;
        let nearest = self.figures.around.iter().filter(of).min_by_key(|kept| apart(kept.at, queued));
        nearest.filter(|kept| apart(kept.at, queued) < SAME_MOMENT)
    }

    /// How long the watch was blind because of a stall, until its replacement idled.
    #[must_use]
    pub fn blind_of(&self, stall: &Stall) -> Option<Duration> {
        let of = |blind: &&Blindness| blind.key == stall.key && blind.since <= stall.at && blind.until >= stall.at;
        self.proof.blind.iter().find(of).and_then(|blind| blind.until.duration_since(blind.since).ok())
    }

    /// The server of a stall's connection.
    #[must_use]
    pub fn server_of(&self, stall: &Stall) -> Option<&KeptServer> {
        let of = |kept: &&KeptServer| kept.key == stall.key && kept.conn == stall.conn && kept.at <= stall.at;
        self.proof.servers.iter().rev().find(of)
    }

    /// The wire around a stall: the lines between the stalls before and after it, and its connection's to the end.
    #[must_use]
    pub fn wire_of(&self, stall: &Stall) -> Vec<&KeptLine> {
        let others = || self.proof.stalls.iter().filter(|other| other.key == stall.key && other.at != stall.at);
        let from = others().map(|other| other.at).filter(|at| *at < stall.at).max();
        let to = others().map(|other| other.at).filter(|at| *at > stall.at).min();
        let between = |at: SystemTime| from.is_none_or(|from| at > from) && to.is_none_or(|to| at < to);
        let until = stall.at + LATE_UNTIL;
        let own = |line: &KeptLine| line.conn == stall.conn && line.at >= stall.at && line.at < until;
        self.proof.wire.iter().filter(|line| line.key == stall.key && (between(line.at) || own(line))).collect()
    }
}

/// The distance between two moments, in either order.
fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|earlier| earlier.duration())
}

fn server(server: ServerInfo, redactor: &Redactor) -> ServerInfo {
    ServerInfo { id: server.id.map(|id| redactor.text(&id)), ..server }
}

/// An event's text without mails' content. An unknown kind may contain anything.
pub(super) fn redacted(kind: &str, text: &str, redactor: &Redactor) -> String {
    match kind {
        "new_mail" if text.starts_with("new (came unheard)") => "new mail (came unheard)".to_owned(),
        "new_mail" => "new mail".to_owned(),
        "unparsed" => match text.strip_prefix("unparsed: ") {
            Some(line) => format!("unparsed: {}", redactor.server(line)),
            None => redactor.server(text),
        },
        "fault" | "verdict" => redactor.fault(text),
        "phase" | "connected" | "capabilities" | "exists" | "expunge" | "flags" | "done_sent" | "done_acked"
        | "done_answered" | "hint" | "contradiction" | "stalled" | "replaced" | "heartbeat" | "bye" | "alert"
        | "retry" | "retuned" | "slept" | "hook" | "lost" | "canary" => redactor.text(text),
        _ => "(left out)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::{EventKind, FaultClass, Mail, words};

    #[test]
    fn a_mail_is_told_of_and_nothing_it_says() {
        for (gap, said) in [(false, "new mail"), (true, "new mail (came unheard)")] {
            let (from, subject) = ("Ann Lee <ann@example.org>".to_owned(), "hunter2".to_owned());
            let kind =
                EventKind::NewMail(Mail { uid: 1, uidvalidity: 1, from, subject, date: None, gap, ..Mail::default() });
            assert_eq!(redacted(kind.name(), &words(&kind), &Redactor::default()), said);
        }
        let kind = EventKind::Unparsed { text: "* 5 FETCH (UID 9 SUBJECT \"hunter2\")".to_owned() };
        assert!(!redacted(kind.name(), &words(&kind), &Redactor::default()).contains("hunter2"));
        let kind = EventKind::Unparsed { text: "* 5 EXISTS of them".to_owned() };
        assert_eq!(redacted(kind.name(), &words(&kind), &Redactor::default()), "unparsed: * 5 EXISTS of them");
        let kind = EventKind::Unparsed { text: "Dear hunter2,".to_owned() };
        assert!(!redacted(kind.name(), &words(&kind), &Redactor::default()).contains("hunter2"));
        let message = "on_new_mail of work: `sh` ended with exit code 3: hunter2".to_owned();
        let kind = EventKind::Fault { class: FaultClass::Hook, message, retry: true };
        assert!(!redacted(kind.name(), &words(&kind), &Redactor::default()).contains("hunter2"));
        assert!(!redacted("a kind of tomorrow", "hunter2", &Redactor::default()).contains("hunter2"));
    }
}
