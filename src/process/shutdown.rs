//! The end of the screen: shows on the restored terminal which watches still have to log out.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::time::Duration;

use mailwatch_engine::Engine;
use mailwatch_proto::model::{LINE_LIMIT, WatchId, sanitise};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::output::Output;

/// A close that takes longer says what it waits for.
const SILENT: Duration = Duration::from_millis(200);

/// A watch drops its connection after 1.6 seconds without an answer, so that the whole end takes 2 at most. Watches that have
/// not answered by now are named.
const LATE: Duration = Duration::from_millis(1500);

/// Carriage return, and erase to the end of the line (ECMA-48 EL).
const REWIND: &str = "\r\x1b[K";

/// Closes every connection. If that takes time, says what is still open, and at the end what did not answer. Failing to write
/// that does not stop the closing.
pub async fn close(mut engine: Engine, output: &mut Output<'_>) {
    let began = Instant::now();
    let all = engine.running();
    let (rewinds, width, count) = (io::stderr().is_terminal(), output.width, all.len());
    let (tx, mut waiting) = watch::channel(all);
    let mut late: Option<BTreeSet<WatchId>> = None;
    {
        let ended = |id: &WatchId| {
            tx.send_modify(|waiting| {
                waiting.remove(id);
            });
        };
        let stopping = engine.stop_telling(ended);
        tokio::pin!(stopping);
        let mut ended = timeout(SILENT, &mut stopping).await.is_ok();
        let mut told = false;
        while !ended {
            // A file or a pipe gets one line; a terminal's is kept up to date.
            if !std::mem::replace(&mut told, true) || rewinds {
                let line = sentence(&waiting.borrow_and_update(), count, width);
                let (before, after) = if rewinds { (REWIND, "") } else { ("", "\n") };
                let _ = write!(output.err, "{before}{line}{after}").and_then(|()| output.err.flush());
            }
            tokio::select! {
                biased;
                () = &mut stopping => ended = true,
                () = sleep_until(began + LATE), if late.is_none() => late = Some(waiting.borrow().clone()),
                Ok(()) = waiting.changed() => {}
            }
        }
        if told && rewinds {
            let _ = write!(output.err, "{REWIND}").and_then(|()| output.err.flush());
        }
    }
    if let Some(late) = late.filter(|late| !late.is_empty()) {
        let _ = writeln!(output.err, "mailwatch-tui: dropped without an answer: {}", names(&late, width));
    }
    engine.close().await;
}

/// How many are waited for, and which, in so many columns.
fn sentence(waiting: &BTreeSet<WatchId>, all: usize, width: usize) -> String {
    if waiting.is_empty() {
        // Every connection has ended; a hook has a moment to end.
        return "mailwatch-tui: a hook or a shared connection is still to end, 2 s at most".to_owned();
    }
    let head = format!("mailwatch-tui: {} of {all} still to log out, 2 s at most: ", waiting.len());
    let room = width.saturating_sub(head.len() + 1);
    format!("{head}{}", names(waiting, room))
}

/// As many names as fit into so many columns, one at least, and how many more there are.
fn names(watches: &BTreeSet<WatchId>, width: usize) -> String {
    const MORE: usize = " and 1000 more".len();
    let mut text = String::new();
    for (index, id) in watches.iter().enumerate() {
        let name = sanitise(&id.to_string(), LINE_LIMIT);
        let gap = if index == 0 { "" } else { ", " };
        let left = watches.len() - index;
        let reserve = if left > 1 { MORE } else { 0 };
        if index > 0 && text.len() + gap.len() + name.len() + reserve > width {
            return format!("{text} and {left} more");
        }
        text.push_str(gap);
        text.push_str(&name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_fit_are_said_and_the_others_counted() {
        let watches: BTreeSet<_> = (10..20).map(|n| WatchId::new("work", &format!("box{n}"))).collect();
        assert_eq!(names(&watches, 200).matches("work/").count(), 10);
        assert_eq!(names(&watches, 40), "work/box10, work/box11 and 8 more");
        assert_eq!(names(&watches, 0), "work/box10 and 9 more");
        let line = sentence(&watches, 12, 80);
        assert_eq!(line, "mailwatch-tui: 10 of 12 still to log out, 2 s at most: work/box10 and 9 more");
        let line = sentence(&BTreeSet::new(), 12, 80);
        assert_eq!(line, "mailwatch-tui: a hook or a shared connection is still to end, 2 s at most");
    }
}
