//! The mails that came: what is asked for while they are seen.

use crate::tui::app::{App, Effect, Pane, Popup};
use crate::tui::layout::ScreenLayout;
use crate::tui::requests::{MailQuery, Request};

/// What the engine is to be asked for now, so that what is open can show it. A file answers at once.
pub fn look(app: &mut App) -> Option<Effect> {
    let watch = match &app.popups.open {
        Some(Popup::Details(_)) => app.watches.selected.clone(),
        Some(
            Popup::Help(_)
            | Popup::Tuning(_)
            | Popup::Problem(_)
            | Popup::Welcome(_)
            | Popup::Form
            | Popup::Question(_)
            | Popup::Palette(_)
            | Popup::Reading(_),
        )
        | None => None,
    };
    let Some(watch) = watch else {
        app.engine.mails.close_delays();
        return None;
    };
    if app.engine.gone.is_some() || app.is_frozen() {
        return None;
    }
    let (number, query) = app.engine.mails.want_delays(&watch, app.now)?;
    ask(app, number, query)
}

/// The same for the Mail pane, while it is seen.
pub fn list(app: &mut App) -> Option<Effect> {
    ScreenLayout::of(app, app.size).inside(Pane::Mail)?;
    if app.engine.gone.is_some() || app.is_frozen() {
        return None;
    }
    let only = app.log.only().cloned();
    let (number, query) = app.engine.mails.want_list(only.as_ref(), app.now)?;
    ask(app, number, query)
}

fn ask(app: &mut App, number: u64, query: MailQuery) -> Option<Effect> {
    if let Some(file) = &app.options.viewed {
        app.engine.mails.take(number, &"".into(), file.mails(&query));
        return None;
    }
    Some(Effect::Look(Request::Mails(number, query)))
}
