//! The JSON shapes: everything for scripts, and what waybar reads. The order of fields is part of the interface: add at the
//! end.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::escape::Escape;
use super::figures::{Done, Figures, Moment, State, Tally, Watch};
use super::text::text;
use crate::json::escape_controls;
use mailwatch_proto::model::Fault;

/// Everything, as one JSON object without a line end.
pub(super) fn line(figures: &Figures, moment: &Moment, escape: Escape) -> String {
    let tally = figures.tally(moment.at);
    let names = figures.accounts();
    let accounts = names.iter().map(|name| {
        let watches = figures.watches.iter().filter(|watch| watch.id.account == *name);
        Account { name, sums: Sums::of(&Tally::of(watches, moment.at)) }
    });
    written(&Whole {
        ts: format!("{:.3}", moment.wall_of(moment.at)),
        running: true,
        version: env!("CARGO_PKG_VERSION"),
        pid: moment.pid,
        text: text(figures, moment, escape),
        sums: Sums::of(&tally),
        next_done: figures.next_done().map(|(at, id)| NextDone {
            account: &id.account,
            mailbox: &id.mailbox,
            due: Due::of(at, moment),
        }),
        fault: figures.fault.as_ref().map(FaultJson::of),
        accounts: accounts.collect(),
        watches: figures.watches.iter().map(|watch| OneWatch::of(watch, moment)).collect(),
        failed_hooks: figures.failed_hooks.iter().map(|(_, count)| count).sum(),
    })
}

/// The object that says that no program runs.
pub(super) fn off() -> String {
    #[derive(Serialize)]
    struct Off {
        running: bool,
        state: &'static str,
    }
    written(&Off { running: false, state: State::Off.name() })
}

/// What waybar's custom modules read with `return-type` json (waybar-custom(5)).
pub(super) fn waybar(text: &str, tooltip: &str, classes: &[&str]) -> String {
    #[derive(Serialize)]
    struct Module<'a> {
        text: &'a str,
        alt: Option<&'a str>,
        tooltip: &'a str,
        class: &'a [&'a str],
    }
    written(&Module { text, alt: classes.first().copied(), tooltip, class: classes })
}

fn written(value: &impl Serialize) -> String {
    // Strings, numbers and lists: JSON can hold them all.
    escape_controls(serde_json::to_string(value).unwrap_or_default())
}

#[derive(Serialize)]
struct Whole<'a> {
    ts: String,
    running: bool,
    version: &'static str,
    pid: u32,
    text: String,
    #[serde(flatten)]
    sums: Sums,
    next_done: Option<NextDone<'a>>,
    fault: Option<FaultJson<'a>>,
    accounts: Vec<Account<'a>>,
    watches: Vec<OneWatch<'a>>,
    failed_hooks: u32,
}

#[derive(Serialize)]
struct Account<'a> {
    name: &'a str,
    #[serde(flatten)]
    sums: Sums,
}

/// The sums of the whole and of each account.
#[derive(Serialize)]
struct Sums {
    state: &'static str,
    live: usize,
    busy: usize,
    down: usize,
    failed: usize,
    paused: usize,
    new: u64,
    unseen: Option<u64>,
    exists: Option<u64>,
    blind_today_ms: u64,
}

impl Sums {
    fn of(tally: &Tally) -> Self {
        let Tally { watches: _, live, busy, down, paused, failed, new, exists, unseen, blind } = *tally;
        let state = tally.state().name();
        Self { state, live, busy, down, failed, paused, new, unseen, exists, blind_today_ms: ms(blind) }
    }
}

#[derive(Serialize)]
struct NextDone<'a> {
    account: &'a str,
    mailbox: &'a str,
    #[serde(flatten)]
    due: Due,
}

/// When something is due, for readers that keep the line and for those that read it now.
#[derive(Serialize)]
struct Due {
    at: String,
    in_ms: u64,
}

impl Due {
    fn of(at: Instant, moment: &Moment) -> Self {
        let ahead = at.saturating_duration_since(moment.at);
        Self { at: format!("{:.3}", moment.wall_of(at)), in_ms: ms(ahead) }
    }
}

#[derive(Serialize)]
struct Next {
    timer: &'static str,
    #[serde(flatten)]
    due: Due,
}

/// A fault, as in the event `fault`.
#[derive(Serialize)]
struct FaultJson<'a> {
    class: &'static str,
    message: &'a str,
    retry: bool,
}

impl<'a> FaultJson<'a> {
    fn of(fault: &'a Fault) -> Self {
        Self { class: fault.class.name(), message: &fault.message, retry: fault.retry() }
    }
}

#[derive(Serialize)]
struct OneWatch<'a> {
    account: &'a str,
    mailbox: &'a str,
    conn: Option<u64>,
    #[serde(flatten)]
    standing: Standing,
    #[serde(flatten)]
    mails: Mails,
    verdict: Option<&'static str>,
    text: Option<&'a str>,
    fault: Option<FaultJson<'a>>,
    attempt: u32,
    next: Option<Next>,
    done: Option<LastDone>,
    #[serde(flatten)]
    blindness: Blindness,
}

/// Where the watch stands, how, and since when.
#[derive(Serialize)]
struct Standing {
    state: &'static str,
    phase: &'static str,
    by: Option<&'static str>,
    since: String,
    for_ms: u64,
    replacing: bool,
}

#[derive(Serialize)]
struct Mails {
    new: u32,
    unseen: Option<u32>,
    exists: Option<u32>,
}

#[derive(Serialize)]
struct Blindness {
    blind_today_ms: u64,
    blind: bool,
}

#[derive(Serialize)]
struct LastDone {
    reason: &'static str,
    idle_ms: u64,
    took_ms: Option<u64>,
}

impl<'a> OneWatch<'a> {
    fn of(watch: &'a Watch, moment: &Moment) -> Self {
        let last =
            |done: Done| LastDone { reason: done.reason.name(), idle_ms: ms(done.idle), took_ms: done.took.map(ms) };
        Self {
            account: &watch.id.account,
            mailbox: &watch.id.mailbox,
            conn: watch.conn.map(|conn| conn.0),
            standing: Standing {
                state: State::of(watch.standing).name(),
                phase: watch.phase.name(),
                by: watch.by.name(),
                since: format!("{:.3}", moment.wall_of(watch.since)),
                for_ms: ms(moment.at.saturating_duration_since(watch.since)),
                replacing: watch.replacing,
            },
            mails: Mails { new: watch.mailbox.new, unseen: watch.mailbox.unseen, exists: watch.mailbox.exists },
            verdict: watch.finding.as_ref().map(|(verdict, _)| verdict.name()),
            text: watch.finding.as_ref().map(|(_, text)| text.as_str()),
            fault: watch.fault.as_ref().map(FaultJson::of),
            attempt: watch.attempt,
            next: watch.next.map(|(at, timer)| Next { timer: timer.name(), due: Due::of(at, moment) }),
            done: watch.done.map(last),
            blindness: Blindness { blind_today_ms: ms(watch.blind(moment.at)), blind: watch.blind_since.is_some() },
        }
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
