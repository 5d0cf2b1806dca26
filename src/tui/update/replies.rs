//! What the program around the screen answers.

use std::sync::Arc;

use super::reading;
use crate::tui::app::{App, Effect, Popup, Problem};
use crate::tui::form::{FormField, field_of_key};
use crate::tui::requests::Reply;
use mailwatch_engine::config::{ConfigError, Wrong};

/// Takes in an answer. Those that end a request end its notice.
pub fn reply(app: &mut App, reply: Reply) -> Vec<Effect> {
    match reply {
        Reply::Alert(alert) => return vec![Effect::Alert(alert)],
        Reply::Notice(said) => {
            app.notices.say(said);
            return Vec::new();
        }
        Reply::Found(address, server) => {
            if let Some(form) = &mut app.popups.form {
                form.found(&address, server.map(|server| *server));
            }
            return Vec::new();
        }
        Reply::Step(number, step) => {
            if let Some(form) = &mut app.popups.form {
                form.trial_step(number, step);
            }
            return Vec::new();
        }
        Reply::Tried(number, well) => {
            if let Some(form) = &mut app.popups.form {
                form.end_trial(number, well);
            }
            return Vec::new();
        }
        Reply::Mails(number, host, list) => {
            app.engine.mails.take(number, &host, *list);
            return Vec::new();
        }
        Reply::MailText(number, mail) => {
            reading::read(app, number, Ok(mail));
            return Vec::new();
        }
        Reply::NotRead(number, why) => {
            reading::read(app, number, Err(why));
            return Vec::new();
        }
        Reply::Marked(_, mails, why) => {
            reading::marked(app, mails, why);
            return Vec::new();
        }
        // What only commands ask for.
        Reply::Probing(_)
        | Reply::Probed
        | Reply::Pushing(_)
        | Reply::Pushed(_)
        | Reply::Report(_)
        | Reply::Part(_) => return Vec::new(),
        Reply::Done(said) | Reply::Failed(said) => {
            end_adding(app);
            app.notices.say(said);
        }
        Reply::Read { said, ui } => {
            app.popups.ready();
            app.restyle(ui);
            app.notices.say(said);
        }
        Reply::Config(error) => problem(app, error),
        Reply::Wrong(Wrong { key, message, .. }) => {
            let field = key.as_deref().and_then(field_of_key).unwrap_or(FormField::Host);
            complain(app, field, message, "");
        }
        Reply::NotKept(why) => {
            let or = ". Or have a command print the password, or keep it for this run only";
            complain(app, FormField::PasswordSource, why, or);
        }
    }
    app.notices.pending = None;
    Vec::new()
}

/// The configuration cannot be used. Without an account in it, the choices of the first run say so.
fn problem(app: &mut App, error: Arc<ConfigError>) {
    end_adding(app);
    if app.popups.unready.is_some() {
        app.popups.unready = Some(Arc::clone(&error));
        if error.is_empty() {
            app.notices.say(if error.is_missing() {
                "there is still no configuration"
            } else {
                "there is still no account in it"
            });
            app.popups.open = None;
            app.popups.reopen();
            return;
        }
    }
    app.popups.open = Some(Popup::Problem(Problem::new(error)));
}

/// Says what is wrong with the account being typed, at its field, with a way out; without a form, below the panes.
fn complain(app: &mut App, field: FormField, message: String, way_out: &str) {
    end_adding(app);
    match &mut app.popups.form {
        Some(form) => form.complain(field, format!("{message}{way_out}")),
        None => app.notices.say(message),
    }
}

fn end_adding(app: &mut App) {
    if let Some(form) = &mut app.popups.form {
        form.adding = false;
    }
}
