//! What each action does. Every action of the table is matched here, once.

use std::time::Duration;

use super::{
    account_form, answers, attention, commands, copy, events, filtering, hosts, in_place, moving, palette, reading,
    requests, search, tuning, unlock, viewing, welcome,
};
use crate::tui::app::{App, Details, Effect, FilterTarget, Pane, Popup};
use crate::tui::draw;
use crate::tui::keymap::Action;
use crate::tui::leave::Leave;
use crate::tui::navigation::View;
use crate::tui::table::Sort;
use crate::tui::viewed_file::{Direction, Step, Wanted};
use mailwatch_proto::model::{Command, Phase};

/// The steps along a file's time line.
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Does what a key, or a click on its name, stands for.
pub fn act(app: &mut App, action: Action) -> Vec<Effect> {
    if app.options.viewed.is_some() && action.needs_engine() {
        viewing::refuse(app);
        return Vec::new();
    }
    let effects = perform(app, action);
    answers::say(app, action);
    effects
}

fn perform(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Done => return done(app),
        Action::Mute => return commands::mute(app),
        Action::ResetNew => return commands::reset_new(app),
        Action::DoneAll => return vec![Effect::AskAll(Command::Done)],
        Action::Reconnect => return ask(app, Command::Reconnect),
        Action::Pause => return pause(app),
        Action::Unlock => return unlock::begin(app),
        Action::Longer => return tuning::nudge_reissue(app, true),
        Action::Shorter => return tuning::nudge_reissue(app, false),
        Action::Undo => return tuning::undo(app),
        Action::Tune => tuning::toggle(app),
        Action::Filter => filtering::start(app),
        Action::Verbose => app.log.next_kind(),
        Action::NextPane => app.panes.step(true),
        Action::PreviousPane => app.panes.step(false),
        Action::PaneWatches => app.panes.focus(Pane::Watches),
        Action::PaneTimers => app.panes.focus(Pane::Timers),
        Action::PaneLog => app.panes.focus(Pane::Log),
        Action::PaneWire => app.panes.focus(Pane::Wire),
        Action::PaneMail => app.panes.focus(Pane::Mail),
        Action::Zoom => app.panes.zoom = !app.panes.zoom,
        Action::Details if app.popups.is_welcome() => return welcome::choose(app),
        Action::Details if matches!(app.popups.open, Some(Popup::Question(_))) => return attention::answer(app),
        Action::Details if reading::has_keys(app) => return reading::open(app),
        Action::OpenMail => return reading::open_elsewhere(app),
        Action::Seen => return reading::mark(app),
        Action::SeenAll => reading::mark_all(app),
        Action::Details if enter_folds(app) => toggle_fold(app),
        Action::Details => toggle_details(app),
        Action::Sort => sort_by(app, app.watches.arrangement.sort.next()),
        Action::Group => toggle_groups(app),
        Action::Scope => tuning::next_scope(app),
        Action::Special => return tuning::toggle_special(app),
        Action::Save => return tuning::save(app),
        Action::Evidence => return requests::write_evidence(app),
        Action::Reload => return requests::reload(app),
        Action::AddAccount => welcome::open_form(app),
        Action::NextField => return account_form::step(app, true),
        Action::PreviousField => return account_form::step(app, false),
        Action::Press => return account_form::press(app),
        Action::Earlier => viewing::go(app, Step::By(Direction::Back, MINUTE)),
        Action::Later => viewing::go(app, Step::By(Direction::Forth, MINUTE)),
        Action::HourEarlier => viewing::go(app, Step::By(Direction::Back, HOUR)),
        Action::HourLater => viewing::go(app, Step::By(Direction::Forth, HOUR)),
        Action::DayEarlier => viewing::go(app, Step::By(Direction::Back, DAY)),
        Action::DayLater => viewing::go(app, Step::By(Direction::Forth, DAY)),
        Action::FileBegin => viewing::go(app, Step::End(Direction::Back)),
        Action::FileEnd => viewing::go(app, Step::End(Direction::Forth)),
        Action::EventBefore => viewing::go(app, Step::To(Wanted::Event, Direction::Back)),
        Action::EventAfter => viewing::go(app, Step::To(Wanted::Event, Direction::Forth)),
        Action::TroubleBefore => viewing::go(app, Step::To(Wanted::Trouble, Direction::Back)),
        Action::TroubleAfter => viewing::go(app, Step::To(Wanted::Trouble, Direction::Forth)),
        Action::Utc => viewing::switch_zone(app),
        Action::Up => moving::move_by(app, -1),
        Action::Down => moving::move_by(app, 1),
        Action::PageUp => moving::move_page(app, false),
        Action::PageDown => moving::move_page(app, true),
        Action::First => moving::move_by(app, i64::from(i32::MIN)),
        Action::Last => moving::move_by(app, i64::from(i32::MAX)),
        Action::NextWatch => step_watch(app, true),
        Action::PreviousWatch => step_watch(app, false),
        Action::Left => return sideways(app, false),
        Action::Right => return sideways(app, true),
        Action::Freeze => events::toggle_freeze(app),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Palette => palette::toggle(app),
        Action::Close if app.popups.palette().is_some() => palette::close(app),
        Action::Close if app.popups.is_form() => return account_form::close(app),
        Action::Close => close(app),
        Action::Mark => mark(app),
        Action::Remedy => return attention::mend(app),
        Action::NextAttention => attention::next(app),
        Action::Quit if app.popups.open.is_some() && !app.popups.is_welcome() => {
            return act(app, Action::Close);
        }
        Action::Quit | Action::Leave => return vec![Effect::Leave(Leave::Quit)],
        Action::Keep => return vec![Effect::Leave(app.leave_kept())],
        Action::Help => app.popups.toggle_help(),
        Action::Follow => search::toggle_follow(app),
        Action::OnlyWatch => search::toggle_only(app),
        Action::NextMatch => search::find(app, true),
        Action::PreviousMatch => search::find(app, false),
        Action::Copy => return copy::line(app),
        Action::CopyTrace => return copy::all(app),
        Action::Wrap => app.panes.wire_wrap = !app.panes.wire_wrap,
    }
    Vec::new()
}

/// Orders the watches.
pub fn sort_by(app: &mut App, sort: Sort) {
    app.watches.arrangement.sort = sort;
    app.notices.say(format!("watches by {}", sort.name()));
    app.arrange();
}

/// Whether Enter folds: an account's heading is selected and has the keys.
pub fn enter_folds(app: &App) -> bool {
    app.popups.open.is_none() && app.watches.heading.is_some() && app.panes.focused.filtered() == Pane::Watches
}

/// Folds the selected account, or unfolds it.
pub fn toggle_fold(app: &mut App) {
    fold(app, !app.watches.is_folded());
}

fn fold(app: &mut App, folded: bool) {
    if app.watches.set_folded(folded, &app.board) {
        app.arrange();
    }
}

fn toggle_groups(app: &mut App) {
    app.watches.arrangement.grouped = !app.watches.arrangement.grouped;
    app.watches.heading = None;
    app.arrange();
}

/// Asks the selected watch; under an account's heading, each of its watches.
fn ask(app: &mut App, command: Command) -> Vec<Effect> {
    if command == Command::Reconnect
        && let Some(host) = app.selected_host().filter(|host| app.lost(host).is_some())
    {
        return hosts::try_again(app, &host);
    }
    let watches = app.watches.selected_watches(&app.board);
    if watches.is_empty() {
        app.notices.say("no watch is selected");
    }
    watches.into_iter().map(|id| Effect::Ask(id, command)).collect()
}

/// A failed watch has no connection that could take DONE: without a word the key would look dead.
fn done(app: &mut App) -> Vec<Effect> {
    let failed = app.selection().is_some_and(|snapshot| matches!(snapshot.phase, Phase::Failed));
    if failed && app.watches.heading.is_none() {
        let reconnect = app.options.keys.show(Action::Reconnect);
        app.notices.say(format!("the watch has failed: fix the cause, then reconnect with {reconnect}"));
        return Vec::new();
    }
    ask(app, Command::Done)
}

fn pause(app: &mut App) -> Vec<Effect> {
    let rests = |id| app.board.watches.get(id).is_none_or(|snapshot| matches!(snapshot.phase, Phase::Paused));
    let rests = app.watches.selected_watches(&app.board).iter().all(rests);
    ask(app, if rests { Command::Resume } else { Command::Pause })
}

/// Opens the details of the selected watch; in the log those of the cursor's watch, with its line.
fn toggle_details(app: &mut App) {
    if app.popups.open.take().is_some() {
        return;
    }
    if let Some(at) = app.log.cursor().filter(|_| app.panes.focused == Pane::Log && app.log.view != View::Follow)
        && app.log.toggle_fold(at)
    {
        return;
    }
    if app.panes.focused == Pane::Wire && toggle_opening(app) {
        return;
    }
    let entry = (app.panes.focused == Pane::Log && app.log.view != View::Follow)
        .then(|| app.log.cursor().and_then(|at| app.log.get(at)).cloned())
        .flatten();
    if let Some(watch) = entry.as_ref().and_then(|entry| entry.watch.as_ref()) {
        app.watches.select_watch(watch, &app.board);
    }
    if app.watches.selected.is_some() {
        app.popups.open = Some(Popup::Details(Details { offset: 0, entry }));
    }
}

/// Opens how the connection at the wire's cursor was made, or closes it; returns whether there was anything to open.
fn toggle_opening(app: &mut App) -> bool {
    let height = draw::wire_top_page(app);
    let filter = app.filters.of_pane(Pane::Wire).to_lowercase();
    app.history_mut().is_some_and(|history| {
        let shown = history.story.shown(&filter);
        history.toggle_opening(&shown, height)
    })
}

/// Marks what is selected and goes on to the next row.
fn mark(app: &mut App) {
    if app.watches.selected.is_none() {
        return app.notices.say("no watch is selected");
    }
    let marked = app.watches.toggle_mark(&app.board);
    if app.watches.heading.is_none() {
        app.watches.select_by(1, &app.board);
    }
    app.notices.say(match marked {
        0 => "nothing is marked".to_owned(),
        1 => "1 watch is marked: keys apply to it".to_owned(),
        marked => format!("{marked} watches are marked: keys apply to all of them"),
    });
}

/// Selects the next watch of the table or the one before, whatever has the keys.
fn step_watch(app: &mut App, forward: bool) {
    if app.watches.step(forward, &app.board)
        && let Some(Popup::Details(details)) = &mut app.popups.open
    {
        // The line was another watch's.
        details.entry = None;
    }
}

/// Esc: closes the popup, then ends the pane's filter, then the zoom.
fn close(app: &mut App) {
    if app.popups.is_help() && filtering::clear(app, FilterTarget::Help) {
        return;
    }
    if app.popups.is_welcome() {
        app.notices.say(format!("{} leaves", app.options.keys.show(Action::Quit)));
        return;
    }
    if app.popups.open.take().is_some() {
        return;
    }
    if !app.watches.marked.is_empty() && app.panes.focused == Pane::Watches {
        app.watches.marked.clear();
        return;
    }
    if filtering::clear(app, FilterTarget::Pane(app.panes.focused.filtered())) {
        return;
    }
    if app.panes.zoom {
        app.panes.zoom = false;
    } else if app.panes.focused == Pane::Timers {
        // There digits are values: this is the way to the panes' digits.
        app.panes.focused = Pane::Watches;
    }
}

/// Left and right: a timer's value, the form's choice, an account's fold, the wire's columns.
fn sideways(app: &mut App, right: bool) -> Vec<Effect> {
    match (&app.popups.open, app.panes.focused) {
        (Some(Popup::Tuning(_)), _) => return tuning::nudge(app, right),
        (Some(Popup::Form), _) => account_form::cycle(app, right),
        (None, Pane::Watches) if app.watches.arrangement.grouped || !app.board.hosts.is_empty() => fold(app, !right),
        (None, Pane::Timers) if in_place::has_keys(app) => return tuning::nudge(app, right),
        (None, Pane::Wire) => app.panes.move_wire(right),
        (
            Some(
                Popup::Help(_)
                | Popup::Details(_)
                | Popup::Problem(_)
                | Popup::Welcome(_)
                | Popup::Question(_)
                | Popup::Palette(_)
                | Popup::Reading(_),
            ),
            _,
        )
        | (None, Pane::Watches | Pane::Timers | Pane::Log | Pane::Mail) => {}
    }
    Vec::new()
}
