//! The metrics: their names, meanings and labels. Names are an interface: new ones are added, none is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::exposition::{Exposition, Family, Kind};
use mailwatch_proto::model::{
    Board, Counts, DoneReason, FaultClass, FoundBy, LINE_LIMIT, Phase, ROUND_TRIP_BOUNDS, RoundTrips, Snapshot, Tally,
    Verdict, sanitise,
};

/// The verdicts of an unanswered DONE. Each has a series from the start, so that the first stall shows as an increase.
const STALLS: [Verdict; 4] = [Verdict::ServerIgnoring, Verdict::PathDead, Verdict::ServerNotReading, Verdict::NotKnown];

/// An account with its label.
struct Account<'a> {
    label: String,
    counts: &'a Counts,
    watches: Vec<&'a Snapshot>,
}

/// All metrics.
pub(super) fn text(board: &Board, tally: &Tally, started: SystemTime) -> String {
    let none = Counts::default();
    let accounts = accounts(board, tally, &none);
    let mut text = Exposition::default();
    program(&mut text, board, tally, started);
    now(&mut text, &accounts);
    done(&mut text, &accounts);
    rest(&mut text, &accounts);
    canaries(&mut text, &accounts);
    text.finish()
}

/// The accounts that are watched, and those that were.
fn accounts<'a>(board: &'a Board, tally: &'a Tally, none: &'a Counts) -> Vec<Account<'a>> {
    let mut watches: BTreeMap<&Arc<str>, Vec<&Snapshot>> =
        tally.accounts.keys().map(|name| (name, Vec::new())).collect();
    for (id, snapshot) in &board.watches {
        watches.entry(&id.account).or_default().push(snapshot);
    }
    let mut taken = BTreeSet::new();
    let account = |(name, watches): (&'a Arc<str>, Vec<&'a Snapshot>)| {
        let mut label = sanitise(name, LINE_LIMIT);
        // Two names may be equal once sanitised; the same series twice would spoil the whole scrape.
        while !taken.insert(label.clone()) {
            label.push('\'');
        }
        Account { label, counts: tally.accounts.get(name).unwrap_or(none), watches }
    };
    watches.into_iter().map(account).collect()
}

fn program(text: &mut Exposition, board: &Board, tally: &Tally, started: SystemTime) {
    text.family("mailwatch_build", Kind::Info, "The program's version.").sample(
        "_info",
        &[("version", env!("CARGO_PKG_VERSION"))],
        1,
    );
    let since = started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    text.family("process_start_time_seconds", Kind::Gauge, "When the program began to count, since the Unix epoch.")
        .sample("", &[], since.as_secs_f64());
    text.family(
        "mailwatch_program_fault",
        Kind::Gauge,
        "1 while the program itself has a fault, for example an unusable history.db.",
    )
    .sample("", &[], u8::from(board.fault.is_some()));
    text.family(
        "mailwatch_events_dropped",
        Kind::Counter,
        "Events that the screen or the reader of watch was too slow for. They are counted here all the same.",
    )
    .sample("_total", &[], tally.lost);
}

fn now(text: &mut Exposition, accounts: &[Account<'_>]) {
    let mut family = text.family("mailwatch_watches", Kind::Gauge, "Watched mailboxes, by the phase they are in.");
    for account in accounts {
        // A watch that has ended has left the board.
        for phase in Phase::ALL.into_iter().filter(|phase| *phase != Phase::Ended) {
            let count = account.watches.iter().filter(|watch| watch.phase == phase).count();
            family.sample("", &[("account", &account.label), ("phase", phase.name())], count);
        }
    }
    let mut counted = |name, help, fits: fn(&Snapshot) -> bool| {
        let mut family = text.family(name, Kind::Gauge, help);
        for account in accounts {
            let count = account.watches.iter().filter(|watch| fits(watch)).count();
            family.sample("", &[("account", &account.label)], count);
        }
    };
    counted("mailwatch_watches_blind", "Watched mailboxes whose new mail would go unnoticed now.", |watch| {
        watch.blind.since.is_some()
    });
    counted(
        "mailwatch_quarantined_connections",
        "Connections whose DONE was not answered, replaced and still read.",
        |watch| watch.quarantined.is_some(),
    );
}

fn done(text: &mut Exposition, accounts: &[Account<'_>]) {
    let mut family = text.family("mailwatch_done_sent", Kind::Counter, "DONEs that were sent, by reason.");
    for account in accounts {
        for (reason, count) in with_zeros(DoneReason::ALL, &account.counts.done) {
            family.sample("_total", &[("account", &account.label), ("reason", reason.name())], count);
        }
    }
    let mut family = text.family(
        "mailwatch_done_reply_seconds",
        Kind::Histogram,
        "From DONE handed out to its tagged reply, late ones included. A DONE that is never answered is only a stall.",
    );
    for account in accounts {
        round_trips(&mut family, &account.label, &account.counts.round_trips);
    }
    counter(
        text,
        accounts,
        "mailwatch_done_late_replies",
        "DONEs that were answered after the timer done.",
        |counts| counts.late,
    );
    let mut family =
        text.family("mailwatch_stalls", Kind::Counter, "DONEs that were not answered in time, by verdict.");
    for account in accounts {
        for (verdict, count) in with_zeros(STALLS, &account.counts.stalls) {
            family.sample("_total", &[("account", &account.label), ("verdict", verdict.name())], count);
        }
    }
}

fn rest(text: &mut Exposition, accounts: &[Account<'_>]) {
    let mut family = text.family(
        "mailwatch_blind_seconds",
        Kind::Counter,
        "Time in which a mail could have come unnoticed, of all mailboxes together; counted when it is over.",
    );
    for account in accounts {
        family.sample("_total", &[("account", &account.label)], seconds(account.counts.blind));
    }
    let mut family = text.family(
        "mailwatch_new_mails",
        Kind::Counter,
        "New mails that were reported; gap: found afterwards, because they came while nobody listened.",
    );
    for Account { label, counts, .. } in accounts {
        family.sample("_total", &[("account", label), ("gap", "false")], counts.mails);
        family.sample("_total", &[("account", label), ("gap", "true")], counts.gap_mails);
    }
    let mut family =
        text.family("mailwatch_mails_found", Kind::Counter, "New mails that were reported, by how each was found.");
    for account in accounts {
        for (found, count) in with_zeros(FoundBy::ALL, &account.counts.found) {
            family.sample("_total", &[("account", &account.label), ("found", found.name())], count);
        }
    }
    let mut family = text.family(
        "mailwatch_push_delay_seconds",
        Kind::Histogram,
        "From a mail's receipt by the server to its report, if the server's clock is known well enough; mails that came \
         while nobody listened are left out.",
    );
    for account in accounts {
        round_trips(&mut family, &account.label, &account.counts.push_delays);
    }
    let connections = "Connections that reached the server's greeting.";
    counter(text, accounts, "mailwatch_connections", connections, |counts| counts.connections);
    let reconnects = "Connections that were begun in an earlier one's place, whether or not they succeeded.";
    counter(text, accounts, "mailwatch_reconnects", reconnects, |counts| counts.reconnects);
    let mut family = text.family("mailwatch_faults", Kind::Counter, "What went wrong, by class.");
    for account in accounts {
        for (class, count) in with_zeros(FaultClass::ALL, &account.counts.faults) {
            family.sample("_total", &[("account", &account.label), ("class", class.name())], count);
        }
    }
    let mut family = text.family(
        "mailwatch_hook_runs",
        Kind::Counter,
        "Hooks that ended: succeeded with exit code 0, failed with another, killed by a signal or for taking too long.",
    );
    for Account { label, counts, .. } in accounts {
        let hooks = counts.hooks;
        for (outcome, count) in [("succeeded", hooks.succeeded), ("failed", hooks.failed), ("killed", hooks.killed)] {
            family.sample("_total", &[("account", label), ("outcome", outcome)], count);
        }
    }
}

/// Pushes that messages of this program's own have proven, or not.
fn canaries(text: &mut Exposition, accounts: &[Account<'_>]) {
    let mut family = text.family(
        "mailwatch_canaries",
        Kind::Counter,
        "Messages of the program's own that timed a push: announced by the server, or not.",
    );
    for Account { label, counts, .. } in accounts {
        let counted = counts.canaries;
        for (outcome, count) in [("announced", counted.announced), ("unannounced", counted.unannounced)] {
            family.sample("_total", &[("account", label), ("outcome", outcome)], count);
        }
    }
}

/// A counter with no label but the account.
fn counter(
    text: &mut Exposition,
    accounts: &[Account<'_>],
    name: &'static str,
    help: &str,
    value: impl Fn(&Counts) -> u64,
) {
    let mut family = text.family(name, Kind::Counter, help);
    for account in accounts {
        family.sample("_total", &[("account", &account.label)], value(account.counts));
    }
}

fn round_trips(family: &mut Family<'_>, account: &str, trips: &RoundTrips) {
    let mut below = 0;
    for (bound, count) in ROUND_TRIP_BOUNDS.iter().zip(trips.within) {
        below += count;
        family.sample("_bucket", &[("account", account), ("le", &seconds(*bound))], below);
    }
    family.sample("_bucket", &[("account", account), ("le", "+Inf")], trips.count);
    family.sample("_count", &[("account", account)], trips.count);
    family.sample("_sum", &[("account", account)], seconds(trips.sum));
}

/// Seconds as OpenMetrics writes a fraction: `10.0`, `0.025`.
fn seconds(duration: Duration) -> String {
    format!("{:?}", duration.as_secs_f64())
}

/// The counts, with zeros for what was not counted.
fn with_zeros<K: Ord + Copy>(all: impl IntoIterator<Item = K>, counted: &BTreeMap<K, u64>) -> BTreeMap<K, u64> {
    let mut counts: BTreeMap<K, u64> = all.into_iter().map(|one| (one, 0)).collect();
    counts.extend(counted);
    counts
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use mailwatch_proto::model::{Event, EventKind, Status, Timers, WatchId};

    fn board(watches: &[(&str, &str, Phase)]) -> Board {
        let mut board = Board::default();
        for (account, mailbox, phase) in watches {
            let id = WatchId::new(account, mailbox);
            let snapshot = Snapshot { phase: *phase, ..Snapshot::new(id.clone(), Timers::default(), Instant::now()) };
            board.watches.insert(id, Arc::new(snapshot));
        }
        board
    }

    fn tally(account: &str, kinds: impl IntoIterator<Item = EventKind>) -> Tally {
        let mut tally = Tally::default();
        for kind in kinds {
            let watch = Some(WatchId::new(account, "INBOX"));
            tally.count(&Event { ts: SystemTime::UNIX_EPOCH, at: Instant::now(), watch, conn: None, kind });
        }
        tally
    }

    fn answered(millis: u64) -> EventKind {
        let took = Duration::from_millis(millis);
        EventKind::DoneAnswered { reason: DoneReason::User, took, status: Status::Ok, untagged: 0, late: false }
    }

    #[test]
    fn the_text_is_as_it_was_looked_at() {
        let board = board(&[
            ("work", "INBOX", Phase::Idling),
            ("work", "Lists", Phase::Idling),
            ("a \"b\" \\", "INBOX", Phase::Failed),
        ]);
        let mut tally = tally("work", [answered(38), answered(4_000), answered(2_000_000)]);
        tally.account(&"work".into()).blind = Duration::from_millis(1500);
        let started = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_323_045_678);
        let text = text(&board, &tally, started).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn an_account_that_left_keeps_its_counts_and_one_that_did_nothing_yet_has_zeros() {
        let text =
            text(&board(&[("new", "INBOX", Phase::Idling)]), &tally("old", [answered(1)]), SystemTime::UNIX_EPOCH);
        assert!(text.contains("mailwatch_done_reply_seconds_count{account=\"old\"} 1\n"), "{text}");
        assert!(text.contains("mailwatch_watches{account=\"old\",phase=\"idling\"} 0\n"), "{text}");
        assert!(text.contains("mailwatch_stalls_total{account=\"new\",verdict=\"path-dead\"} 0\n"), "{text}");
    }

    #[test]
    fn no_series_comes_twice_though_names_look_alike() {
        let text = text(
            &board(&[("a\u{200b}", "INBOX", Phase::Idling), ("a\u{200e}", "INBOX", Phase::Idling)]),
            &Tally::default(),
            SystemTime::UNIX_EPOCH,
        );
        let series: Vec<_> = text.lines().filter_map(|line| line.rsplit_once(' ').map(|(series, _)| series)).collect();
        let distinct: BTreeSet<_> = series.iter().collect();
        assert_eq!(distinct.len(), series.len(), "{text}");
        assert!(!text.contains('\u{200b}') && !text.contains('\u{200e}'));
    }

    #[test]
    fn mailboxes_are_counted_and_never_named() {
        let text = text(&board(&[("work", "Secret plans", Phase::Idling)]), &Tally::default(), SystemTime::UNIX_EPOCH);
        assert!(text.contains("mailwatch_watches{account=\"work\",phase=\"idling\"} 1\n"), "{text}");
        assert!(!text.contains("Secret"), "{text}");
    }
}
