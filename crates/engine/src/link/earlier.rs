//! What the history knows of the time before a front end: the log of the last hours, and where each watch stood in the last
//! one.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use crate::history::{History, Logged, WatchKey};
use mailwatch_proto::model::{Event, EventKind, LINE_LIMIT, Phase, PhaseGroup, WatchId, reread, sanitise};

/// How far back the log goes.
const HOURS: Duration = Duration::from_hours(6);

/// Lines of it at most: as many as the last events that an engine keeps.
const LINES: u32 = 1024;

/// How far back it is told where each watch stood: the hour that a screen shows, and the IDLE that ran when it began.
const STAGES: Duration = Duration::from_mins(90);

/// Lines that are read for that at most: those of some 500 watches.
const STAGE_LINES: u32 = 50_000;

/// An IDLE that is ended and issued again is back within this; longer says something.
const ROUTINE: Duration = Duration::from_secs(10);

/// The log's last lines before a moment; before them, where the last hour has more, where each watch stood.
pub(super) async fn log_before(history: &History, until: SystemTime, now: SystemTime) -> Vec<Logged> {
    let since = now.checked_sub(HOURS).unwrap_or(SystemTime::UNIX_EPOCH);
    // The history itself reports what cannot be read.
    let lines = history.logged_before(since, until, LINES).await.unwrap_or_default();
    let Some(first) = lines.first().filter(|_| lines.len() >= usize::try_from(LINES).unwrap_or(usize::MAX)) else {
        return lines;
    };
    let mut all = stages_before(history, first.at, now).await;
    all.extend(lines);
    all
}

/// Where each watch stood until a moment, as events without a connection: each run numbers its own, and these are of earlier runs.
pub async fn hour_before(history: &History, until: SystemTime, (now, at): (SystemTime, Instant)) -> Vec<Event> {
    let lines = stages_before(history, until, now).await;
    let event = |line: Logged| {
        let ago = now.duration_since(line.at).unwrap_or_default();
        let Logged { at: ts, key, conn: _, kind, text } = line;
        let watch = key.as_ref().map(watch);
        Event { ts, at: at.checked_sub(ago).unwrap_or(at), watch, conn: None, kind: kind_of(&kind, &text) }
    };
    lines.into_iter().map(event).collect()
}

/// The watch of that key.
pub(super) fn watch(key: &WatchKey) -> WatchId {
    WatchId::new(&key.account, &key.mailbox)
}

/// The event of that kind and these words.
pub(super) fn kind_of(kind: &str, text: &str) -> EventKind {
    reread(&sanitise(kind, LINE_LIMIT), &sanitise(text, LINE_LIMIT))
}

async fn stages_before(history: &History, until: SystemTime, now: SystemTime) -> Vec<Logged> {
    let since = now.checked_sub(STAGES).unwrap_or(SystemTime::UNIX_EPOCH);
    folded(history.stages_before(since, until, STAGE_LINES).await.unwrap_or_default())
}

/// What is known of one watch while its lines are folded.
#[derive(Default)]
struct Standing {
    last: Option<Phase>,
    /// The first line of a way that may lead back to where it was.
    held: Option<Logged>,
}

/// The lines without those of IDLEs that were ended and issued again at once.
fn folded(lines: Vec<Logged>) -> Vec<Logged> {
    let mut standing: BTreeMap<Option<WatchKey>, Standing> = BTreeMap::new();
    let mut kept = Vec::new();
    for line in lines {
        let watch = standing.entry(line.key.clone()).or_default();
        let EventKind::Phase { to, .. } = reread(&line.kind, &line.text) else {
            kept.extend(watch.held.take());
            kept.push(line);
            continue;
        };
        match to.group() {
            PhaseGroup::Busy => {
                let is_live = watch.last.is_some_and(|last| last.group() == PhaseGroup::Live);
                if is_live && watch.held.is_none() {
                    watch.held = Some(line);
                } else if watch.held.is_none() && watch.last.is_none_or(|last| last.group() != PhaseGroup::Busy) {
                    watch.last = Some(to);
                    kept.push(line);
                }
            }
            PhaseGroup::Live | PhaseGroup::Down | PhaseGroup::Resting => {
                let back = |held: &Logged| line.at.duration_since(held.at).is_ok_and(|took| took <= ROUTINE);
                if watch.last == Some(to) && watch.held.as_ref().is_none_or(back) {
                    watch.held = None;
                    continue;
                }
                kept.extend(watch.held.take());
                watch.last = Some(to);
                kept.push(line);
            }
        }
    }
    kept.extend(standing.into_values().filter_map(|watch| watch.held));
    kept.sort_by_key(|line| line.at);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::{ConnId, Served};

    fn line(second: u64, mailbox: &str, kind: &str, text: &str) -> Logged {
        let key = Some(WatchKey { account: "a".into(), login: "me@host".into(), mailbox: mailbox.into() });
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        Logged { at, key, conn: None, kind: kind.into(), text: text.into() }
    }

    #[tokio::test]
    async fn what_an_earlier_run_did_keeps_no_number_of_a_connection() {
        let (now, at) = (SystemTime::now(), Instant::now());
        let history = History::in_process();
        let key = WatchKey { account: "a".into(), login: "me@host".into(), mailbox: "x".into() };
        let kind = EventKind::Phase { from: Some(Phase::Requested), to: Phase::Idling, by: Served::Own };
        let ts = now - Duration::from_mins(1);
        history.log(Some(&key), &Event { ts, at, watch: Some(watch(&key)), conn: Some(ConnId(3)), kind });
        let events = hour_before(&history, now, (now, at)).await;
        let told: Vec<_> = events.iter().map(|event| (event.watch.clone(), event.conn)).collect();
        assert_eq!(told, [(Some(watch(&key)), None)]);
    }

    fn texts(lines: Vec<Logged>) -> Vec<(u64, String)> {
        let second = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        folded(lines).into_iter().map(|line| (second(line.at), line.text)).collect()
    }

    #[test]
    fn an_idle_that_is_issued_again_leaves_no_line_and_what_takes_long_does() {
        let mut lines = vec![line(0, "x", "phase", "connecting"), line(1, "x", "phase", "idling")];
        for cycle in 1..100 {
            for (after, phase) in [(0, "finishing"), (1, "catching-up"), (1, "requested"), (2, "idling")] {
                lines.push(line(cycle * 240 + after, "x", "phase", phase));
            }
        }
        lines.push(line(24_000, "x", "phase", "finishing"));
        lines.push(line(24_010, "x", "stalled", "the server ignored DONE for 10 s"));
        lines.push(line(24_011, "x", "phase", "idling"));
        lines.push(line(24_300, "x", "phase", "finishing"));
        let kept = texts(lines);
        let expected = [
            (0, "connecting"),
            (1, "idling"),
            (24_000, "finishing"),
            (24_010, "the server ignored DONE for 10 s"),
            (24_300, "finishing"),
        ];
        assert_eq!(kept, expected.map(|(at, text)| (at, text.to_owned())));
    }

    #[test]
    fn watches_are_told_apart_and_a_watch_that_goes_down_says_so() {
        let lines = vec![
            line(0, "x", "phase", "idling"),
            line(1, "y", "phase", "idling"),
            line(2, "x", "phase", "finishing"),
            line(3, "y", "phase", "waiting"),
            line(4, "x", "phase", "idling"),
            line(5, "y", "phase", "connecting"),
        ];
        let kept: Vec<_> = texts(lines).into_iter().map(|(at, _)| at).collect();
        assert_eq!(kept, [0, 1, 3, 5]);
    }
}
