//! The line for people, and its parts.

use std::time::Duration;

use super::escape::Escape;
use super::figures::{Figures, Moment, Tally};
use mailwatch_proto::model::{LINE_LIMIT, sanitise, show_clock};

/// `3 of 5 live, 1 busy, 1 down; 44 new, 137 unseen; blind today 0:12; next DONE at 14:03:27; old/INBOX: …`
pub(super) fn text(figures: &Figures, moment: &Moment, escape: Escape) -> String {
    let tally = figures.tally(moment.at);
    let mut parts = vec![counts(&tally), mail(&tally)];
    if tally.blind >= Duration::from_secs(1) {
        parts.push(format!("blind today {}", show_clock(tally.blind)));
    }
    parts.extend(next(figures, moment).map(|next| format!("next DONE at {next}")));
    let own = parts.join("; ");
    match figures.problem() {
        Some(problem) => format!("{own}; {}", escape.apply(&sanitise(&problem, LINE_LIMIT))),
        None => own,
    }
}

pub(super) fn counts(tally: &Tally) -> String {
    let Tally { watches, live, busy, down, paused, .. } = tally;
    if *watches == 0 {
        return "no watches".to_owned();
    }
    let others = [(busy, "busy"), (down, "down"), (paused, "paused")];
    let others = others.into_iter().filter(|(count, _)| **count > 0).map(|(count, word)| format!(", {count} {word}"));
    format!("{live} of {watches} live{}", others.collect::<String>())
}

pub(super) fn mail(tally: &Tally) -> String {
    let unseen = tally.unseen.map_or_else(String::new, |unseen| format!(", {unseen} unseen"));
    format!("{} new{unseen}", tally.new)
}

/// When the next DONE is due: a time of day and not a countdown, because a followed line stands for minutes.
pub(super) fn next(figures: &Figures, moment: &Moment) -> Option<String> {
    let (at, _) = figures.next_done()?;
    Some(moment.wall_of(at).to_zoned(moment.zone.clone()).strftime("%H:%M:%S").to_string())
}
