//! The history of a period with users' names replaced: the data of every file of a report.

use std::time::{Duration, SystemTime};

use super::figures::{Figures, LATE_UNTIL};
use super::lists::{Kept, Lists};
use super::redact::Redactor;
use super::scope::{LINES, Scope};
use crate::history::{Archive, Blindness, Interrupted, KeptLine, KeptReceipt, KeptServer, Stall, Unreadable, WatchKey};
use mailwatch_proto::model::{ServerInfo, Span};

/// Two receipts of one DONE differ in its moment by less than this: each is computed back from when it was kept.
const SAME_MOMENT: Duration = Duration::from_secs(2);

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
