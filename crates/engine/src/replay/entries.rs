//! What a file keeps as one list of dated entries, in the order of time. Every text of it is made fit for a screen here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::material::Material;
use crate::history::{KeptMail, KeptReceipt, Stall, WatchKey};
use mailwatch_proto::model::{
    BlindInterval, ConnId, EventKind, Evidence, Finding, LINE_LIMIT, PastReceipt, PastStall, ServerInfo, TlsInfo,
    WatchId, WireLine, reread, sanitise,
};

/// Moments outside of it are no record of this program: 2000 to 2200.
const SANE: (Duration, Duration) = (Duration::from_hours(262_968), Duration::from_hours(2_016_144));

/// What a watch's name shows of an account's or mailbox's.
const NAME: usize = 200;

/// A DONE that was not answered counts as over after so long, where no stall says when: the timer's default.
const OVER: Duration = Duration::from_secs(10);

/// What is known from a moment on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The moment.
    pub(super) at: SystemTime,
    /// The watch, by its place in the list.
    pub(super) watch: Option<usize>,
    /// What.
    pub(super) what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// An event, as it was told.
    Told(Option<ConnId>, EventKind),
    /// A DONE was queued; its stages count from their moments on.
    Queued(Arc<PastReceipt>),
    /// A DONE is over.
    Over(Arc<PastReceipt>),
    /// It was called a stall.
    Stalled(Arc<PastStall>),
    /// A blind interval is over.
    Blind(BlindInterval),
    /// What a server said of itself.
    Server(ConnId, Arc<ServerInfo>),
}

/// The watches, each once, the entries, and the mails.
pub(super) fn entries(material: Material) -> (Vec<WatchId>, Vec<Entry>, Vec<KeptMail>) {
    let mut list = List::default();
    for key in &material.watches {
        list.watch(key);
    }
    let over = Overs::of(&material.stalls);
    for kept in material.log {
        let watch = kept.key.as_ref().map(|key| list.watch(key));
        let kind = reread(&text(&kept.kind), &text(&kept.text));
        list.push(kept.at, watch, What::Told(kept.conn.map(ConnId), kind));
    }
    for kept in material.receipts {
        let watch = list.watch(&kept.key);
        let (end, receipt) = over.receipt(&kept);
        if !receipt.late {
            list.push(kept.at, Some(watch), What::Queued(Arc::clone(&receipt)));
        }
        list.push(end, Some(watch), What::Over(receipt));
    }
    for kept in material.stalls {
        let watch = list.watch(&kept.key);
        list.push(kept.at, Some(watch), What::Stalled(Arc::new(stall(kept))));
    }
    for kept in material.blind {
        let watch = list.watch(&kept.key);
        let interval = BlindInterval { from: kept.since, to: kept.until, why: kept.why };
        list.push(kept.until, Some(watch), What::Blind(interval));
    }
    for kept in material.servers {
        let watch = list.watch(&kept.key);
        list.push(kept.at, Some(watch), What::Server(ConnId(kept.conn), Arc::new(server(kept.server))));
    }
    for kept in material.wire {
        let watch = list.watch(&kept.key);
        let line = WireLine { direction: kept.line.direction, text: text(&kept.line.text) };
        list.push(kept.at, Some(watch), What::Told(Some(ConnId(kept.conn)), EventKind::Wire(line)));
    }
    let mails = material.mails.into_iter().filter(|mail| is_sane(mail.at)).map(mail).collect();
    let List { watches, mut entries, .. } = list;
    entries.sort_by_key(|entry| entry.at);
    (watches, entries, mails)
}

fn is_sane(at: SystemTime) -> bool {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (SANE.0..SANE.1).contains(&since)
}

/// A mail, as it may be shown.
fn mail(kept: KeptMail) -> KeptMail {
    let WatchKey { account, login, mailbox } = kept.key;
    let key = WatchKey { account: sanitise(&account, NAME), login, mailbox: sanitise(&mailbox, NAME) };
    let (from, subject) = (text(&kept.from), text(&kept.subject));
    let flags = kept.flags.iter().map(|flag| text(flag)).collect();
    KeptMail { key, from, subject, flags, ..kept }
}

/// The list while it grows.
#[derive(Default)]
struct List {
    places: BTreeMap<WatchId, usize>,
    watches: Vec<WatchId>,
    entries: Vec<Entry>,
}

impl List {
    /// The watch's place. Two logins under one name are one watch, as on the screen.
    fn watch(&mut self, key: &WatchKey) -> usize {
        let id = WatchId::new(&sanitise(&key.account, NAME), &sanitise(&key.mailbox, NAME));
        let watches = &mut self.watches;
        *self.places.entry(id).or_insert_with_key(|id| {
            watches.push(id.clone());
            watches.len() - 1
        })
    }

    fn push(&mut self, at: SystemTime, watch: Option<usize>, what: What) {
        if is_sane(at) {
            self.entries.push(Entry { at, watch, what });
        }
    }
}

/// When DONEs were called stalls, by watch and connection.
struct Overs(BTreeMap<(WatchKey, u64), Vec<(SystemTime, mailwatch_proto::model::Verdict)>>);

impl Overs {
    fn of(stalls: &[Stall]) -> Self {
        let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for stall in stalls {
            all.entry((stall.key.clone(), stall.conn)).or_default().push((stall.at, stall.verdict));
        }
        for times in all.values_mut() {
            times.sort_unstable();
        }
        Self(all)
    }

    /// When the DONE was over, and what is kept of it then.
    fn receipt(&self, kept: &KeptReceipt) -> (SystemTime, Arc<PastReceipt>) {
        let mut receipt = PastReceipt {
            at: kept.at,
            conn: ConnId(kept.conn),
            reason: kept.reason,
            idle: kept.idle,
            written: kept.written,
            acked: kept.acked,
            answered: kept.answered,
            status: kept.status,
            untagged: kept.untagged,
            late: kept.late,
            stall: None,
        };
        let end = if let Some(took) = kept.answered {
            after(kept.at, took)
        } else {
            let times = self.0.get(&(kept.key.clone(), kept.conn)).map_or(&[][..], Vec::as_slice);
            let next = times.get(times.partition_point(|(at, _)| *at < kept.at));
            receipt.stall = next.map(|(_, verdict)| *verdict);
            next.map_or_else(|| after(kept.at, OVER), |(at, _)| *at)
        };
        (end, Arc::new(receipt))
    }
}

/// The moment so long after another, or that one where there is none.
pub(super) fn after(at: SystemTime, span: Duration) -> SystemTime {
    at.checked_add(span).unwrap_or(at)
}

fn stall(kept: Stall) -> PastStall {
    let sentence = kept.text.as_deref().map_or_else(|| "its sentence was not kept".to_owned(), text);
    let known = kept.evidence != Evidence::default();
    let finding =
        Finding { verdict: kept.verdict, text: sentence, evidence: known.then_some(kept.evidence), mails: Vec::new() };
    PastStall { at: kept.at, conn: ConnId(kept.conn), waited: kept.waited, finding }
}

fn server(server: ServerInfo) -> ServerInfo {
    ServerInfo {
        addr: server.addr,
        proxy: server.proxy.as_deref().map(text),
        local: server.local,
        tls: server.tls.map(|tls| TlsInfo { version: tls.version, cipher: text(&tls.cipher) }),
        capabilities: server.capabilities.iter().map(|name| text(name)).collect(),
        id: server.id.as_deref().map(text),
    }
}

fn text(text: &str) -> String {
    sanitise(text, LINE_LIMIT)
}
