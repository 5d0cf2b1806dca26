//! What a timer's setting means for its watches, in sentences.

use std::time::{Duration, Instant};

use crate::tui::app::{App, Scope, Tuning};
use crate::tui::theme::Role;
use crate::tui::words::show_span;
use mailwatch_proto::model::{Ages, Phase, Setting, Snapshot, Timer, show_clock, show_duration};

const DAY: u64 = 86_400;

/// A sentence with its role.
type Sentence = (Role, String);

/// What the selected timer is, and what its setting does. `low`: few rows are seen.
pub fn sentences(app: &App, snapshot: &Snapshot, tuning: Tuning, low: bool) -> Vec<Sentence> {
    let timer = tuning.timer();
    let spec = timer.spec();
    let timers = app.timers_of(snapshot);
    let (setting, value) = (timers.setting(timer), timers.value(timer));
    let help = (Role::Dim, format!("{}: {}.", spec.name, spec.help));
    let mut said = vec![help];
    said.push((Role::Text, effect(app, snapshot, timer, setting, value)));
    if let Some(range) = differing(app, tuning, setting) {
        said.push((Role::Busy, range));
    }
    let ages = app.board.ages.get(&snapshot.id.account);
    said.extend(ages.and_then(|ages| warning(ages, timer, value)).map(|text| (Role::Warn, text)));
    // With few rows the effect comes before the explanation.
    if low {
        said.rotate_left(1);
    }
    said
}

fn effect(app: &App, snapshot: &Snapshot, timer: Timer, setting: Setting, value: Option<Duration>) -> String {
    let daily = |value: Duration| DAY / value.as_secs().max(1);
    match (timer, value) {
        (Timer::Reissue, Some(value)) => {
            let watches = app.tuned_watches().len() as u64;
            let all =
                if watches > 1 { format!(", {} for all {watches}", watches * daily(value)) } else { String::new() };
            let learned = if setting == Setting::Auto { "Learned from this server's answers. " } else { "" };
            let next = next_done(snapshot, value, app.now.at);
            format!("{learned}{next}; about {} a day{all}. Nothing reconnects.", daily(value))
        }
        (Timer::Done, Some(value)) => {
            format!(
                "A DONE that is unanswered after {} counts as ignored, and the connection is replaced; from the next DONE on.",
                show_duration(Some(value))
            )
        }
        (Timer::Silence, Some(value)) => {
            let beat = snapshot.connection.heartbeat.map_or_else(String::new, |beat| {
                let until = if beat < value { ", so it never comes to that while it lives" } else { "" };
                format!(" This server speaks every {} by itself{until}.", show_clock(beat))
            });
            format!(
                "After {} without a byte DONE probes the connection. Nothing reconnects.{beat}",
                show_duration(Some(value))
            )
        }
        (Timer::Silence, None) => "Silence alone never ends an IDLE. Nothing reconnects.".to_owned(),
        (Timer::Poll, Some(value)) => {
            let polls = snapshot.phase == Phase::Polling;
            let idle = if polls { "" } else { " This server has IDLE: nothing is polled." };
            format!("About {} polls a day if there is no IDLE. Nothing reconnects.{idle}", daily(value))
        }
        (Timer::Connect | Timer::Reply, Some(value)) => {
            let value = show_duration(Some(value));
            format!("What takes longer than {value} is given up and tried again; from the next time on.")
        }
        (Timer::RetryMin | Timer::RetryMax, Some(_)) => {
            let at = |timer| show_duration(app.timers_of(snapshot).value(timer));
            let (min, max) = (at(Timer::RetryMin), at(Timer::RetryMax));
            format!("Attempts wait a random time: at first up to {min}, later up to {max}; from the next failure on.")
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

/// When the next DONE goes out, by the requested setting.
fn next_done(snapshot: &Snapshot, value: Duration, now: Instant) -> String {
    match snapshot.connection.idle_since.map(|since| (since + value).saturating_duration_since(now)) {
        None => "It counts from the next IDLE on".to_owned(),
        Some(Duration::ZERO) => "The next DONE goes out at once".to_owned(),
        Some(left) => format!("The next DONE goes out in {}", show_clock(left)),
    }
}

/// That the scope's other watches have another setting.
fn differing(app: &App, tuning: Tuning, setting: Setting) -> Option<String> {
    let timer = tuning.timer();
    let watches = app.watches.in_scope(tuning.scope, &app.board);
    let others = watches.iter().filter_map(|id| app.setting_of(id, timer)).filter(|other| *other != setting).count();
    match tuning.scope {
        Scope::Watch => None,
        Scope::Account | Scope::All if others == 0 => None,
        Scope::Account | Scope::All => {
            let verb = if others == 1 { "has" } else { "have" };
            Some(format!("{others} of these {} {verb} another {timer} now; the next change sets all.", watches.len()))
        }
    }
}

/// What the evidence says against a value.
fn warning(ages: &Ages, timer: Timer, value: Option<Duration>) -> Option<String> {
    match (timer, value) {
        (Timer::Reissue, Some(value)) => {
            let cliff = ages.cliff().filter(|cliff| value >= cliff.from)?;
            let safe = cliff.safe.map_or_else(String::new, |safe| format!("; {} was answered", show_clock(safe)));
            Some(format!("This server went silent at {} and beyond{safe}.", show_clock(cliff.from)))
        }
        (Timer::Done, Some(value)) => {
            let slowest = ages.steps().filter_map(|(_, step)| step.slowest).max()?;
            (slowest >= value / 2).then(|| format!("The slowest answer of this server took {}.", show_span(slowest)))
        }
        (Timer::Silence | Timer::Poll | Timer::Reply | Timer::Connect | Timer::RetryMin | Timer::RetryMax, _)
        | (Timer::Reissue | Timer::Done, None) => None,
    }
}
