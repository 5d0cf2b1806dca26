//! The mails that came: what is asked for while they are seen.

use crate::tui::app::{App, Effect, Popup};
use crate::tui::requests::Request;

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
            | Popup::Palette(_),
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
    if let Some(file) = &app.options.viewed {
        app.engine.mails.take(number, file.mails(&query));
        return None;
    }
    Some(Effect::Look(Request::Mails(number, query)))
}
