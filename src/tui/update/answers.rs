//! What the screen says to a key that has said nothing itself: what was done, and to whom.

use super::in_place;
use crate::tui::app::{App, Pane};
use crate::tui::keymap::Action;
use crate::tui::navigation::View;

/// Whom a key is for: the watch's name, or how many there are.
pub fn whom(app: &App) -> Option<String> {
    match app.watches.selected_watches(&app.board).as_slice() {
        [] => None,
        [watch] => Some(watch.to_string()),
        watches => Some(format!("{} watches", watches.len())),
    }
}

/// Says what an action has done, unless it has said something, or something has opened that shows it.
pub fn say(app: &mut App, action: Action) {
    if app.notices.notice.is_some() || app.notices.pending.is_some() {
        return;
    }
    if let Some(said) = answer(app, action) {
        app.notices.say(said);
    }
}

fn answer(app: &App, action: Action) -> Option<String> {
    Some(match action {
        Action::Done => format!("DONE asked of {}", whom(app)?),
        Action::Reconnect => format!("a new connection for {}", whom(app)?),
        Action::Pause => format!("pause or resume: {}", whom(app)?),
        Action::Longer | Action::Shorter => {
            let (snapshot, timer) = (app.selection()?, in_place::target(app));
            format!("{timer} {} for {}", app.timers_of(snapshot).setting(timer), whom(app)?)
        }
        Action::Verbose => format!("the log shows {}", app.log.kind().name()),
        Action::Zoom if app.panes.zoom => format!("only {}: again for all", app.panes.focused.name()),
        Action::Zoom => "all panes".to_owned(),
        Action::Group if app.watches.arrangement.grouped => "the watches under their accounts".to_owned(),
        Action::Group => "the watches in one list".to_owned(),
        Action::Follow => {
            let view = match app.panes.focused {
                Pane::Wire => app.history()?.view,
                Pane::Watches | Pane::Timers | Pane::Log => app.log.view,
                Pane::Mail if app.engine.mails.came.follows() => View::Follow,
                Pane::Mail => return Some("staying with this mail: f follows the newest".to_owned()),
            };
            if view == View::Follow { "following what comes" } else { "standing still: G follows again" }.to_owned()
        }
        Action::OnlyWatch => match app.log.only() {
            Some(watch) => format!("the log shows only {watch}"),
            None => "the log shows every watch".to_owned(),
        },
        Action::Wrap if app.panes.wire_wrap => "the wire's long lines are wrapped".to_owned(),
        Action::Wrap => "the wire's long lines are cut: Left and Right move".to_owned(),
        Action::Redraw => "redrawn".to_owned(),
        // These open or close something, move, leave, or speak for themselves: the headline says FROZEN.
        Action::Freeze
        | Action::DoneAll
        | Action::Unlock
        | Action::ResetNew
        | Action::Mute
        | Action::OpenMail
        | Action::Seen
        | Action::SeenAll
        | Action::Tune
        | Action::Undo
        | Action::Filter
        | Action::NextPane
        | Action::PreviousPane
        | Action::PaneWatches
        | Action::PaneTimers
        | Action::PaneLog
        | Action::PaneWire
        | Action::PaneMail
        | Action::Details
        | Action::Sort
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
        | Action::Mark
        | Action::Remedy
        | Action::NextAttention
        | Action::Suspend
        | Action::Close
        | Action::Quit
        | Action::Leave
        | Action::Keep
        | Action::Palette
        | Action::Help
        | Action::NextMatch
        | Action::PreviousMatch
        | Action::Copy
        | Action::CopyTrace
        | Action::Scope
        | Action::Special
        | Action::Save
        | Action::Evidence
        | Action::Reload
        | Action::AddAccount
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
        | Action::Press => return None,
    })
}
