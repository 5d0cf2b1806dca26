//! What the screen asks of the program around it.

use crate::tui::app::{App, Effect};
use crate::tui::requests::Request;

/// Writes the evidence for a report into a file.
pub fn write_evidence(app: &mut App) -> Vec<Effect> {
    run(app, "writing the evidence", Request::Evidence)
}

/// Reads the configuration again.
pub fn reload(app: &mut App) -> Vec<Effect> {
    run(app, "reading the configuration", Request::Reload)
}

/// Requests something, and shows `what` until the answer comes.
pub fn run(app: &mut App, what: &'static str, request: Request) -> Vec<Effect> {
    app.notices.pending = Some(what);
    vec![Effect::Request(request)]
}

/// The program around does not take requests.
pub fn not_taken(app: &mut App) {
    app.notices.pending = None;
    if let Some(form) = &mut app.popups.form {
        form.adding = false;
        if form.trial.is_some() {
            form.leave_trial();
        }
    }
    app.notices.say("that cannot be done here");
}
