//! The choices of the first run, and the way to the form for an account.

use std::collections::BTreeSet;

use super::requests;
use crate::tui::app::{App, Effect, Popup, Problem, WelcomeChoice};
use crate::tui::form::Form;
use crate::tui::leave::Leave;
use crate::tui::requests::Request;

/// Does what the selected choice says.
pub fn choose(app: &mut App) -> Vec<Effect> {
    app.popups.chosen().map_or_else(Vec::new, |choice| follow(app, choice))
}

/// Does what a choice says.
pub fn follow(app: &mut App, choice: WelcomeChoice) -> Vec<Effect> {
    match choice {
        WelcomeChoice::Problem => {
            if let Some(error) = app.popups.unready.clone() {
                app.popups.open = Some(Popup::Problem(Problem::new(error)));
            }
            Vec::new()
        }
        WelcomeChoice::Account => {
            open_form(app);
            Vec::new()
        }
        WelcomeChoice::Demo => vec![Effect::Leave(Leave::Demo)],
        WelcomeChoice::Sample => requests::run(app, "writing the sample", Request::Sample),
        WelcomeChoice::Reload => requests::reload(app),
        WelcomeChoice::Quit => vec![Effect::Leave(Leave::Quit)],
    }
}

/// Opens the form for an account, with what was typed into it before.
pub fn open_form(app: &mut App) {
    if !app.options.configures {
        app.notices.say("the demo has its own accounts: start mailwatch-tui without it to add yours");
        return;
    }
    if app.popups.unready.as_ref().is_some_and(|error| !error.is_empty()) {
        app.notices.say("the configuration has problems: fix them first");
        return;
    }
    if app.popups.form.is_none() {
        let taken: BTreeSet<_> = app.board.watches.keys().map(|id| id.account.to_string()).collect();
        app.popups.form = Some(Form::new(taken));
    }
    app.popups.open = Some(Popup::Form);
}
