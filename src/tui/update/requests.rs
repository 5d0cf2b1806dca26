//! What the screen asks of the program around it.

use crate::tui::app::{App, Effect, SoFar};
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
    forget(app);
    app.notices.say("that cannot be done here");
}

/// No answer comes any more; returns whether one was waited for.
pub fn forget(app: &mut App) -> bool {
    let mut waited = app.notices.pending.take().is_some();
    if let Some(reading) = app.popups.reading_mut().filter(|reading| reading.awaited().is_some()) {
        let why = "no answer came: the engine cannot read mails here, or has ended";
        reading.so_far = SoFar::Failed(why.to_owned());
        waited = true;
    }
    if let Some(form) = &mut app.popups.form {
        waited |= std::mem::take(&mut form.adding);
        if form.trial.as_ref().is_some_and(|trial| trial.end.is_none()) {
            form.leave_trial();
            waited = true;
        }
    }
    waited
}
