//! A timer on one scale: how long it has run, its limit, and what was learned of the server. The pane and the tuning
//! popup draw the same bar, and the mouse reads values from it.

use std::time::{Duration, Instant};

use super::done_steps::is_stalled;
use super::fit::cells;
use super::row::Row;
use crate::tui::app::{App, TUNED};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;
use mailwatch_proto::model::{Phase, Setting, Snapshot, Timer, show_clock, show_duration};

/// What a scale may end at, in seconds.
const ENDS: [u64; 20] =
    [10, 15, 20, 30, 40, 60, 90, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2400, 3600, 4500];

/// From this width on a bar can say where its scale ends.
const WITH_END: u16 = 16;

/// A timer of a watch.
pub struct TimerBar {
    ran: Option<Duration>,
    limit: Option<Duration>,
    is_auto: bool,
    learned: Option<Duration>,
    /// What the whole bar stands for.
    pub end: Duration,
    is_over: bool,
}

impl TimerBar {
    /// The timer as it is requested, at the app's moment.
    pub fn of(app: &App, snapshot: &Snapshot, timer: Timer) -> Self {
        let timers = app.timers_of(snapshot);
        let limit = timers.value(timer);
        let ran = limit.and_then(|_| ran(snapshot, timer, app.now.at));
        // What is only requested does not make a bar loud.
        let over = snapshot.timers.value(timer).zip(ran).is_some_and(|(limit, ran)| ran > limit);
        Self {
            ran,
            limit,
            is_auto: timers.setting(timer) == Setting::Auto,
            learned: learned(app, snapshot, timer),
            end: end(app, snapshot, timer),
            is_over: over || (timer == Timer::Done && is_stalled(snapshot)),
        }
    }

    /// Whether it runs.
    pub const fn runs(&self) -> bool {
        self.ran.is_some()
    }

    /// `2:41 of 4m`; `off`.
    pub fn figures(&self, glyphs: &Glyphs) -> String {
        let Some(limit) = self.limit else { return show_duration(None) };
        let ran = self.ran.map_or_else(|| glyphs.text.none.to_owned(), show_clock);
        let auto = if self.is_auto { " auto" } else { "" };
        format!("{ran} of {}{auto}", show_duration(Some(limit)))
    }

    /// The bar in `width` cells with its two ends; whole cells alone where motion is to be little.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a width in cells")]
    pub fn row(&self, glyphs: &Glyphs, width: u16, whole: bool) -> Row {
        let marks = &glyphs.graph;
        let inner = width.saturating_sub(2);
        let share = |of: Duration| (of.as_secs_f64() / self.end.as_secs_f64().max(0.001)).clamp(0.0, 1.0);
        let cell = |of: Duration| (share(of) * f64::from(inner)).round() as u16;
        let mut eighths = self.ran.map_or(0, |ran| (share(ran) * f64::from(inner) * 8.0).round() as u16);
        if whole {
            eighths -= eighths % 8;
        }
        let limit = self.limit.map_or(0, |limit| cell(limit).max(1));
        let learned = self.learned.map(|learned| cell(learned).min(inner.saturating_sub(1)));
        // The scale says where it ends, where nothing else is to be seen.
        let name = format!(" {}", show_duration(Some(self.end)));
        let taken = eighths.div_ceil(8).max(limit).max(learned.map_or(0, |at| at + 1));
        let named = inner.saturating_sub(cells(&name));
        let named = if inner >= WITH_END && taken < named { named } else { inner };
        // A timer that runs as it should is nothing to look at.
        let filled = if self.is_over { Role::BarDue } else { Role::Border };
        let mut row: Row = vec![(Role::Border, marks.left.to_owned())];
        for at in 0..named {
            let (role, mark) = match eighths.saturating_sub(at * 8).min(8) {
                _ if learned == Some(at) => (Role::Strong, marks.learned),
                0 if at < limit => (Role::Dim, marks.ahead),
                0 => (Role::Border, marks.rule),
                part => (filled, marks.bar[usize::from(part) - 1]),
            };
            match row.last_mut() {
                Some((last, text)) if *last == role => text.push_str(mark),
                Some(_) | None => row.push((role, mark.to_owned())),
            }
        }
        if named < inner {
            row.push((Role::Dim, name));
        }
        row.push((Role::Border, marks.right.to_owned()));
        row
    }
}

/// How long the timer has run; `None` while it does not.
fn ran(snapshot: &Snapshot, timer: Timer, now: Instant) -> Option<Duration> {
    let owed = snapshot.receipt.as_ref().filter(|receipt| receipt.answer.is_none()).map(|receipt| receipt.queued);
    match timer {
        // With DONE its work is done.
        Timer::Reissue => {
            snapshot.connection.idle_since.map(|since| owed.unwrap_or(now).saturating_duration_since(since))
        }
        Timer::Done => {
            let waits = snapshot.phase == Phase::Finishing || snapshot.connection.replacing;
            owed.filter(|_| waits).map(|queued| now.saturating_duration_since(queued))
        }
        Timer::Silence => snapshot.connection.heard.map(|heard| now.saturating_duration_since(heard)),
        Timer::Connect | Timer::Reply | Timer::Poll => {
            let (at, _) = snapshot.deadline.filter(|(_, runs)| *runs == timer)?;
            Some(snapshot.timers.limit(timer).saturating_sub(at.saturating_duration_since(now)))
        }
        Timer::RetryMin | Timer::RetryMax => None,
    }
}

/// What this server has taught: the age that `reissue` should stay below, the interval at which the server speaks.
pub fn learned(app: &App, snapshot: &Snapshot, timer: Timer) -> Option<Duration> {
    match timer {
        Timer::Reissue => {
            let cliff = || Some(app.board.ages.get(&snapshot.id.account)?.cliff()?.from);
            snapshot.learning.ceiling.or_else(cliff)
        }
        Timer::Silence => snapshot.connection.heartbeat,
        Timer::Connect | Timer::Reply | Timer::Done | Timer::Poll | Timer::RetryMin | Timer::RetryMax => None,
    }
}

/// Whether the timer counts seconds; the others count minutes. Each of the two has a scale.
const fn is_short(timer: Timer) -> bool {
    match timer {
        Timer::Connect | Timer::Reply | Timer::Done | Timer::RetryMin => true,
        Timer::Reissue | Timer::Silence | Timer::Poll | Timer::RetryMax => false,
    }
}

/// What the bars of the timers of a kind stand for: a round time beyond all of them.
fn end(app: &App, snapshot: &Snapshot, timer: Timer) -> Duration {
    let held = app.timers.held.as_ref().filter(|held| is_short(held.timer) == is_short(timer));
    if let Some(track) = held.and_then(|held| held.along) {
        return track.end;
    }
    let timers = app.timers_of(snapshot);
    let alike = TUNED.into_iter().filter(|other| is_short(*other) == is_short(timer));
    let longest = alike.filter_map(|other| timers.value(other).max(learned(app, snapshot, other))).max();
    let longest = longest.unwrap_or_default().as_secs();
    let end = ENDS.into_iter().find(|end| end * 10 >= longest * 11);
    Duration::from_secs(end.unwrap_or(longest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::glyphs::{ASCII, UNICODE};

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn bar(ran: Option<u64>, limit: Option<u64>, learned: Option<u64>) -> TimerBar {
        let (ran, limit, learned) = (ran.map(S), limit.map(S), learned.map(S));
        TimerBar { ran, limit, is_auto: false, learned, end: S(360), is_over: false }
    }

    fn text(row: &Row) -> String {
        row.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn what_ran_the_limit_and_what_was_learned_stand_on_one_scale() {
        for (bar, drawn, figures) in [
            (bar(Some(161), Some(240), Some(300)), "├████████····───◆──┤", "2:41 of 4m"),
            (bar(Some(0), Some(240), None), "├············─── 6m┤", "0:00 of 4m"),
            (bar(None, Some(10), None), "├·────────────── 6m┤", "– of 10s"),
            (bar(Some(999), Some(240), None), "├██████████████████┤", "16:39 of 4m"),
        ] {
            let row = bar.row(&UNICODE, 20, false);
            assert_eq!((text(&row).as_str(), bar.figures(&UNICODE).as_str()), (drawn, figures));
        }
    }

    #[test]
    fn off_is_an_empty_scale_with_the_word() {
        let off = bar(None, None, None);
        let drawn = text(&off.row(&UNICODE, 20, false));
        assert_eq!((drawn.as_str(), off.figures(&UNICODE).as_str()), ("├─────────────── 6m┤", "off"));
        assert_eq!(text(&off.row(&ASCII, 10, false)), "|--------|");
    }

    #[test]
    fn every_width_is_filled_exactly_and_nothing_is_loud_within_its_limit() {
        for width in 2..80 {
            for ran in [0, 1, 100, 240] {
                let row = bar(Some(ran), Some(240), Some(330)).row(&UNICODE, width, ran == 100);
                assert_eq!(text(&row).chars().count(), usize::from(width));
                assert!(row.iter().all(|(role, _)| *role != Role::BarDue));
            }
        }
    }
}
