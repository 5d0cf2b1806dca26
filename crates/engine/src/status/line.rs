//! A line in each of its shapes. Text from a server is sanitised here, for every shape.

use super::escape::Escape;
use super::figures::{Figures, Moment, State, Tally, Watch};
use super::format::{Field, Format};
use super::json;
use super::question::Shape;
use super::text::{counts, mail, next, text};
use mailwatch_proto::model::{LINE_LIMIT, PhaseGroup, sanitise, show_clock};

/// Stands for a figure that is not known.
const UNKNOWN: &str = "-";

/// Watches that waybar's tooltip names: more would not fit the screen.
const TOOLTIP_WATCHES: usize = 30;

impl Shape {
    /// The line, without its end. Waybar takes its text for markup; nobody knows who reads the other shapes.
    pub(super) fn line(&self, figures: &Figures, moment: &Moment, escape: Option<Escape>) -> String {
        let plain = escape.unwrap_or(Escape::All);
        match self {
            Self::Text => text(figures, moment, plain),
            Self::Json => json::line(figures, moment, plain),
            Self::Format(format) => format.fill(|field| value(field, figures, moment, plain)),
            Self::Waybar(format) => waybar(format.as_ref(), figures, moment, escape.unwrap_or(Escape::Pango)),
        }
    }

    /// The line after the followed program has ended.
    #[must_use]
    pub fn off(&self) -> String {
        match self {
            Self::Text => OFF.to_owned(),
            Self::Json => json::off(),
            Self::Format(format) => format.fill(off),
            Self::Waybar(format) => {
                let text = format.as_ref().map_or_else(String::new, |format| format.fill(off));
                json::waybar(&text, OFF, &[State::Off.name()])
            }
        }
    }
}

const OFF: &str = "mailwatch-tui is not running";

fn off(field: Field) -> String {
    match field {
        Field::State => State::Off.name(),
        Field::Text => OFF,
        Field::Problem => "",
        Field::New
        | Field::Unseen
        | Field::Exists
        | Field::Live
        | Field::Busy
        | Field::Down
        | Field::Failed
        | Field::Paused
        | Field::Watches
        | Field::Accounts
        | Field::Blind
        | Field::Next
        | Field::Pid
        | Field::Version => UNKNOWN,
    }
    .to_owned()
}

fn value(field: Field, figures: &Figures, moment: &Moment, escape: Escape) -> String {
    let tally = figures.tally(moment.at);
    match field {
        Field::New => tally.new.to_string(),
        Field::Unseen => known(tally.unseen),
        Field::Exists => known(tally.exists),
        Field::State => tally.state().name().to_owned(),
        Field::Live => tally.live.to_string(),
        Field::Busy => tally.busy.to_string(),
        Field::Down => tally.down.to_string(),
        Field::Failed => tally.failed.to_string(),
        Field::Paused => tally.paused.to_string(),
        Field::Watches => tally.watches.to_string(),
        Field::Accounts => figures.accounts().len().to_string(),
        Field::Blind => show_clock(tally.blind),
        Field::Next => next(figures, moment).unwrap_or_else(|| UNKNOWN.to_owned()),
        Field::Problem => {
            figures.problem().map_or_else(String::new, |problem| escape.apply(&sanitise(&problem, LINE_LIMIT)))
        }
        Field::Text => text(figures, moment, escape),
        Field::Pid => moment.pid.to_string(),
        Field::Version => env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn known(count: Option<u64>) -> String {
    count.map_or_else(|| UNKNOWN.to_owned(), |count| count.to_string())
}

/// Values are escaped; the user's text around them is not, because it may be markup.
fn waybar(format: Option<&Format>, figures: &Figures, moment: &Moment, escape: Escape) -> String {
    let value = |field| value(field, figures, moment, escape);
    let text = format.map_or_else(|| value(Field::Unseen), |format| format.fill(value));
    let tally = figures.tally(moment.at);
    let mut classes = vec![tally.state().name()];
    if tally.unseen.is_some_and(|unseen| unseen > 0) {
        classes.push("unseen");
    }
    json::waybar(&text, &tooltip(figures, &tally, moment, escape), &classes)
}

/// The watches, a line each, those with problems first.
fn tooltip(figures: &Figures, tally: &Tally, moment: &Moment, escape: Escape) -> String {
    let mut watches: Vec<&Watch> = figures.watches.iter().collect();
    watches.sort_by_key(|watch| match watch.standing {
        PhaseGroup::Down => 0,
        PhaseGroup::Busy => 1,
        PhaseGroup::Live => 2,
        PhaseGroup::Resting => 3,
    });
    let mut lines = vec![format!("{}; {}", counts(tally), mail(tally))];
    lines.extend(figures.fault.as_ref().map(ToString::to_string));
    lines.extend(figures.hooks());
    lines.extend(next(figures, moment).map(|next| format!("next DONE at {next}")));
    lines.extend(watches.iter().take(TOOLTIP_WATCHES).map(|watch| of_watch(watch)));
    if watches.len() > TOOLTIP_WATCHES {
        lines.push(format!("and {} more", watches.len() - TOOLTIP_WATCHES));
    }
    lines.iter().map(|line| escape.apply(&sanitise(line, LINE_LIMIT))).collect::<Vec<_>>().join("\n")
}

fn of_watch(watch: &Watch) -> String {
    if let Some(problem) = watch.problem() {
        return problem;
    }
    let new = if watch.mailbox.new > 0 { format!(", {} new", watch.mailbox.new) } else { String::new() };
    let unseen = watch.mailbox.unseen.map_or_else(String::new, |unseen| format!(", {unseen} unseen"));
    format!("{}: {}{new}{unseen}", watch.id, watch.phase)
}

#[cfg(test)]
mod tests;
