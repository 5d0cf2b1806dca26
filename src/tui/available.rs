//! Why an action cannot be done now, in a few words: what the list of commands says beside it.

use std::borrow::Cow;

use super::app::{App, Popup};
use super::keymap::{Action, BINDINGS, Group};
use super::leave::Leave;

/// Why an action cannot be done with this popup open; `None` if it can.
#[must_use]
pub fn why_not(app: &App, open: Option<&Popup>, action: Action) -> Option<Cow<'static, str>> {
    let group = BINDINGS.iter().find(|binding| binding.action == action)?.group;
    let is_file = app.options.viewed.is_some();
    match group {
        Group::Tuning if !matches!(open, Some(Popup::Tuning(_))) => {
            return Some(format!("for the timers that {} opens", app.options.keys.show(Action::Tune)).into());
        }
        Group::Form if !matches!(open, Some(Popup::Form)) => return Some("in a form alone".into()),
        Group::File if !is_file => return Some("only for a file (`mailwatch-tui open`)".into()),
        _ if is_file && action.needs_engine() => return Some("this is a file: no engine hears this key".into()),
        Group::Watch
        | Group::View
        | Group::Mail
        | Group::Tuning
        | Group::Form
        | Group::File
        | Group::Move
        | Group::Program => {}
    }
    if let Some(gone) = app.engine.gone
        && (action.needs_engine() && !matches!(action, Action::Freeze | Action::Mark | Action::Tune | Action::Keep))
    {
        return Some(gone.refusal().into());
    }
    lacks(app, action).map(Cow::Borrowed)
}

/// What an action lacks that the screen has to have for it.
fn lacks(app: &App, action: Action) -> Option<&'static str> {
    let no_watch = app.watches.selected_watches(&app.board).is_empty();
    match action {
        Action::Done
        | Action::Reconnect
        | Action::Pause
        | Action::Unlock
        | Action::Longer
        | Action::Shorter
        | Action::Tune
        | Action::Mute
        | Action::Mark => no_watch.then_some("no watch is selected"),
        Action::DoneAll | Action::ResetNew => app.board.watches.is_empty().then_some("nothing is watched"),
        Action::Remedy | Action::NextAttention => app.notices.attentions.is_empty().then_some("nothing is wrong"),
        Action::OpenMail | Action::Seen => {
            let none = app.popups.reading().is_none() && app.engine.mails.came.selection().is_none();
            none.then_some("no mail is selected")
        }
        Action::SeenAll => app.engine.mails.came.is_empty().then_some("no mail is shown"),
        Action::Undo => (!app.timers.can_take_back()).then_some("no timer was changed"),
        Action::NextMatch | Action::PreviousMatch => {
            app.filters.needle.is_empty().then_some("nothing was searched for yet")
        }
        Action::Keep => (app.leave_kept() != Leave::Keep).then_some("this screen has no engine of its own to keep"),
        Action::AddAccount => (!app.options.configures).then_some("the demo has its own accounts"),
        Action::Filter
        | Action::Verbose
        | Action::NextPane
        | Action::PreviousPane
        | Action::PaneWatches
        | Action::PaneTimers
        | Action::PaneLog
        | Action::PaneWire
        | Action::PaneMail
        | Action::Zoom
        | Action::Details
        | Action::Sort
        | Action::Group
        | Action::Up
        | Action::Down
        | Action::Left
        | Action::Right
        | Action::PageUp
        | Action::PageDown
        | Action::First
        | Action::Last
        | Action::NextWatch
        | Action::PreviousWatch
        | Action::Freeze
        | Action::Redraw
        | Action::Suspend
        | Action::Close
        | Action::Quit
        | Action::Leave
        | Action::Help
        | Action::Follow
        | Action::OnlyWatch
        | Action::Copy
        | Action::CopyTrace
        | Action::Wrap
        | Action::Scope
        | Action::Special
        | Action::Save
        | Action::Evidence
        | Action::Reload
        | Action::Earlier
        | Action::Later
        | Action::HourEarlier
        | Action::HourLater
        | Action::DayEarlier
        | Action::DayLater
        | Action::FileBegin
        | Action::FileEnd
        | Action::EventBefore
        | Action::EventAfter
        | Action::TroubleBefore
        | Action::TroubleAfter
        | Action::Utc
        | Action::NextField
        | Action::PreviousField
        | Action::Press
        | Action::Palette => None,
    }
}
