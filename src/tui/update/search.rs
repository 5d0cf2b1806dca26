//! Where the log and the wire are read: following, one watch alone, and from match to match.

use crate::tui::app::{App, Pane};
use crate::tui::draw;

/// Follows the focused list's end, or stands still.
pub fn toggle_follow(app: &mut App) {
    match app.panes.focused {
        Pane::Watches | Pane::Timers | Pane::Log => {
            let end = if app.log.first() == app.log.end() { 0 } else { app.log.end() };
            app.log.view.toggle(end);
        }
        Pane::Mail => app.engine.mails.came.toggle_follow(),
        Pane::Wire => {
            if let Some(history) = app.history_mut() {
                history.view.toggle(if history.story.is_empty() { 0 } else { history.story.end() });
            }
        }
    }
}

/// Shows the selected watch's lines of the log alone, or all.
pub fn toggle_only(app: &mut App) {
    let only = if app.log.only().is_some() { None } else { app.watches.selected.clone() };
    app.log.set_only(only);
}

/// Moves the cursor to the next or the previous line that holds what was last searched for, from the ends on to the
/// other one.
pub fn find(app: &mut App, forward: bool) {
    if app.filters.needle.is_empty() {
        app.notices.say("nothing was searched for yet: press /");
        return;
    }
    let found = match app.panes.focused {
        Pane::Wire => find_in_wire(app, forward),
        Pane::Mail => find_in_mails(app, forward),
        Pane::Watches | Pane::Timers | Pane::Log => find_in_log(app, forward),
    };
    if found.is_none() {
        app.notices.say(format!("no line holds {}", app.filters.needle));
    }
}

fn find_in_log(app: &mut App, forward: bool) -> Option<()> {
    let (first, end) = (app.log.first(), app.log.end());
    let holds = |at: &u64| app.log.get(*at).is_some_and(|entry| entry.contains(&app.filters.needle));
    let matches: Vec<_> = (first..end).filter(holds).collect();
    let target = next_match(&matches, app.log.cursor()?, forward)?;
    let height = draw::log_top_page(app);
    app.log.view.stand(target, first, end, height);
    Some(())
}

fn find_in_mails(app: &mut App, forward: bool) -> Option<()> {
    let list = &app.engine.mails.came;
    let holds = |(at, came): (u64, &crate::tui::mail_list::Came)| came.contains(&app.filters.needle).then_some(at);
    let matches: Vec<_> = (0..).zip(list.iter()).filter_map(holds).collect();
    let target = next_match(&matches, list.position() as u64, forward)?;
    app.engine.mails.came.select(usize::try_from(target).ok()?);
    Some(())
}

fn find_in_wire(app: &mut App, forward: bool) -> Option<()> {
    let height = draw::wire_top_page(app);
    let filter = app.filters.of_pane(Pane::Wire).to_lowercase();
    let history = app.history()?;
    // With a filter what is shown alone; else also the lines of openings that are not open: one of them opens its own.
    let matches = history.story.shown(&app.filters.needle);
    let shown = if filter.is_empty() { None } else { Some(history.story.shown(&filter)) };
    let is_there = |at: &u64| shown.as_ref().is_none_or(|shown| shown.binary_search(at).is_ok());
    let matches: Vec<_> = matches.into_iter().filter(is_there).collect();
    let cursor = history.view.cursor(history.story.first(), history.story.end())?;
    let target = next_match(&matches, cursor, forward)?;
    let history = app.history_mut()?;
    history.story.reveal(target);
    let shown = shown.unwrap_or_else(|| history.story.shown(""));
    history.stand(target, &shown, height);
    Some(())
}

/// The match after the cursor or before it, around the end.
fn next_match(matches: &[u64], cursor: u64, forward: bool) -> Option<u64> {
    let next = if forward {
        matches.iter().find(|at| **at > cursor).or_else(|| matches.first())
    } else {
        matches.iter().rev().find(|at| **at < cursor).or_else(|| matches.last())
    };
    next.copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_goes_around_both_ends() {
        let matches = [3, 7];
        assert_eq!([2, 3, 7].map(|cursor| next_match(&matches, cursor, true)), [Some(3), Some(7), Some(3)]);
        assert_eq!([8, 7, 3].map(|cursor| next_match(&matches, cursor, false)), [Some(7), Some(3), Some(7)]);
        assert_eq!(next_match(&[], 3, true), None);
    }
}
