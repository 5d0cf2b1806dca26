//! The timers of the selected watch with value, origin and slider; beside the choice, its evidence and its effect.

use std::time::Duration;

use super::chart;
use super::paint::{Row, wrap};
use super::popup::Content;
use crate::model::{Snapshot, Timer, show_clock, show_duration};
use crate::tui::app::{App, TUNED, Tuning};
use crate::tui::theme::Role;

/// A slider's width.
const SLIDER: u16 = 20;

pub fn content(app: &App, tuning: Tuning, width: u16) -> Content {
    let subject = app.selected.as_ref().map_or_else(String::new, ToString::to_string);
    let mut rows = Vec::new();
    let Some(snapshot) = app.selection() else { return Content { name: "Timers", subject, rows } };
    for timer in TUNED {
        rows.push(timer_row(app, snapshot, timer, timer == tuning.timer(), width));
    }
    rows.push(Row::new());
    let spec = tuning.timer().spec();
    for text in [format!("{}: {}.", spec.name, spec.help), effect(app, snapshot, tuning.timer())] {
        rows.extend(wrap(&text, width).into_iter().map(|line| vec![(Role::Text, line.to_owned())]));
    }
    if let (Some(mut spark), Some(summary)) = (chart::spark(app, width.saturating_sub(22)), chart::summary(app)) {
        rows.push(Row::new());
        spark.insert(0, (Role::Title, "answers  ".to_owned()));
        spark.push((Role::Dim, "  by IDLE age".to_owned()));
        rows.push(spark);
        rows.push(vec![summary]);
    }
    Content { name: "Timers", subject, rows }
}

/// The first row seen, so that the selected timer is.
pub fn offset(tuning: Tuning, rows: usize, height: usize) -> usize {
    let selected = TUNED.iter().position(|timer| *timer == tuning.timer()).unwrap_or(0);
    (selected + 1).saturating_sub(height).min(rows.saturating_sub(height))
}

fn timer_row(app: &App, snapshot: &Snapshot, timer: Timer, selected: bool, width: u16) -> Row {
    let spec = timer.spec();
    let value = app.wished(timer).unwrap_or_else(|| snapshot.timers.value(timer));
    let pointer = if selected { app.glyphs.pointer } else { " " };
    let role = if selected { Role::TitleFocused } else { Role::Title };
    let mut row = vec![
        (Role::TitleFocused, format!("{pointer} ")),
        (role, format!("{:<10}", spec.name)),
        (Role::Strong, format!("{:>7}  ", show_duration(value))),
    ];
    if width >= 34 {
        row.push((Role::Dim, format!("{:<9} ", snapshot.timers.tuned(timer).origin.name())));
    }
    if width >= 34 + SLIDER + 18 {
        let (filled, track) = slider(app, share(value, spec.min, spec.max));
        row.push((Role::Bar, filled));
        row.push((Role::Track, track));
        let off = if spec.can_be_off { ", off" } else { "" };
        let (min, max) = (show_duration(Some(spec.min)), show_duration(Some(spec.max)));
        row.push((Role::Dim, format!("  {min} to {max}{off}")));
    }
    row
}

/// Where a value stands in its range, on a logarithmic scale: from 1 s to 29 m a linear one has no room for the small.
fn share(value: Option<Duration>, min: Duration, max: Duration) -> f64 {
    let Some(value) = value else { return 1.0 };
    let (value, min, max) = (value.as_secs_f64(), min.as_secs_f64().max(0.001), max.as_secs_f64());
    ((value.max(min) / min).ln() / (max / min).ln().max(0.001)).clamp(0.0, 1.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a width in cells")]
fn slider(app: &App, share: f64) -> (String, String) {
    let eighths = (share * f64::from(SLIDER) * 8.0).round() as usize;
    let (whole, part) = (eighths / 8, eighths % 8);
    let mut filled = app.glyphs.bar[7].repeat(whole);
    let mut empty = usize::from(SLIDER) - whole;
    if part > 0 {
        filled.push_str(app.glyphs.bar[part - 1]);
        empty -= 1;
    }
    (filled, app.glyphs.track.repeat(empty))
}

/// What the value means for this watch, in a sentence.
fn effect(app: &App, snapshot: &Snapshot, timer: Timer) -> String {
    const DAY: u64 = 86_400;
    let value = app.wished(timer).unwrap_or_else(|| snapshot.timers.value(timer));
    let daily = |value: Duration| DAY / value.as_secs().max(1);
    match (timer, value) {
        (Timer::Reissue, Some(value)) => {
            let next = snapshot.idle_since.map_or_else(
                || "It counts from the next IDLE on".to_owned(),
                |since| match (since + value).saturating_duration_since(app.now.at) {
                    Duration::ZERO => "The next DONE goes out at once".to_owned(),
                    left => format!("The next DONE goes out in {}", show_clock(left)),
                },
            );
            format!("{next}; about {} a day. The connection stays.", daily(value))
        }
        (Timer::Done, Some(value)) => {
            format!("A DONE is called unanswered after {}, and the connection replaced.", show_duration(Some(value)))
        }
        (Timer::Silence, Some(value)) => {
            let beat = snapshot
                .heartbeat
                .map_or_else(String::new, |beat| format!(" This server speaks every {} anyway.", show_clock(beat)));
            format!("After {} without a byte a DONE probes the connection.{beat}", show_duration(Some(value)))
        }
        (Timer::Silence, None) => "Silence alone never ends an IDLE.".to_owned(),
        (Timer::Poll, Some(value)) => format!("About {} polls a day, where there is no IDLE.", daily(value)),
        (Timer::Connect | Timer::Reply, Some(value)) => {
            format!("What takes longer than {} is given up, and tried again.", show_duration(Some(value)))
        }
        (Timer::RetryMin | Timer::RetryMax, Some(_)) => {
            let at = |timer| show_duration(snapshot.timers.value(timer));
            format!("Attempts are between {} and {} apart.", at(Timer::RetryMin), at(Timer::RetryMax))
        }
        (
            Timer::Connect
            | Timer::Reply
            | Timer::Done
            | Timer::Reissue
            | Timer::Poll
            | Timer::RetryMin
            | Timer::RetryMax,
            None,
        ) => "It never runs out.".to_owned(),
    }
}
