//! What the screen wants done outside: commands and requests are sent here, the rest is the loop's.

use std::path::PathBuf;
use std::sync::Arc;

use crate::tui::app::{App, Effect, Input};
use crate::tui::clock::Now;
use crate::tui::environment::Environment;
use crate::tui::leave::Leave;
use crate::tui::linked::LinkInUse;
use mailwatch_engine::notify::Alert;
use mailwatch_proto::model::{MailKey, WatchId};

/// For what the screen is put aside.
pub(super) enum Aside {
    Account(String),
    Host(Arc<str>),
}

/// An effect that only the loop can carry out.
pub(super) enum LoopEffect {
    Leave(Leave),
    Anew,
    Suspend,
    Aside(Aside),
    Outside(Outside),
}

/// What the process around the loop does at once.
pub(super) enum Outside {
    Copy(String),
    Alert(Alert),
    Run(Vec<String>),
    RunUsers(Option<WatchId>, Vec<String>),
    Keep(PathBuf, String),
}

/// Sends commands and requests; returns what is left to the loop.
pub(super) fn perform(effect: Effect, app: &mut App, link: &mut LinkInUse, now: Now) -> Option<LoopEffect> {
    if !matches!(effect, Effect::Ask(..)) {
        link.send_held();
    }
    match effect {
        Effect::Ask(id, command) => {
            if let Err(why) = link.ask(id, command) {
                app.update(Input::NotTaken(why), now);
            }
            None
        }
        Effect::AskAll(command) => {
            let asked = link.commander().send_all(command);
            app.update(Input::Asked(command, asked), now);
            None
        }
        Effect::LinkAgain(host) => {
            link.try_again(&host);
            None
        }
        Effect::Request(request) => {
            if let Some(host) = app.selected_host() {
                link.aim(&host);
            }
            if !link.requests().request(request) {
                app.update(Input::NotRequested, now);
            }
            None
        }
        Effect::Look(request) => {
            let _ = link.requests().request(request);
            None
        }
        Effect::Suspend => Some(LoopEffect::Suspend),
        Effect::Unlock(account) => Some(LoopEffect::Aside(Aside::Account(account))),
        Effect::AskHost(host) => Some(LoopEffect::Aside(Aside::Host(host))),
        Effect::Redraw => Some(LoopEffect::Anew),
        Effect::Leave(leave) => Some(LoopEffect::Leave(leave)),
        Effect::Copy(text) => Some(LoopEffect::Outside(Outside::Copy(text))),
        Effect::Run(command) => Some(LoopEffect::Outside(Outside::Run(command))),
        Effect::RunUsers(watch, arguments) => Some(LoopEffect::Outside(Outside::RunUsers(watch, arguments))),
        Effect::Keep(file, text) => Some(LoopEffect::Outside(Outside::Keep(file, text))),
        Effect::OpenMail(mail, message_id) => {
            let command = open_mail(&mail, message_id.as_deref(), app)?;
            Some(LoopEffect::Outside(Outside::Run(command)))
        }
        Effect::Alert(alert) => Some(LoopEffect::Outside(Outside::Alert(alert))),
    }
}

/// Does it; what cannot be written or started the screen says. A terminal that is gone ends the screen.
pub(super) fn do_outside<E: Environment>(outside: Outside, environment: &mut E, app: &mut App) -> Option<Leave> {
    match outside {
        Outside::Copy(text) => return environment.copy(text).err().map(|_| Leave::TerminalGone),
        Outside::Alert(alert) => return environment.alert(&alert).err().map(|_| Leave::TerminalGone),
        Outside::Keep(file, text) => {
            if let Err(why) = environment.keep(&file, &text) {
                app.notices.say(format!("{} cannot be written: {why}", file.display()));
            }
        }
        Outside::Run(command) => {
            if let Err(why) = environment.run(&command) {
                let program = command.first().map_or("", String::as_str);
                app.notices.say(format!("{program} cannot be started: {why}"));
            }
        }
        Outside::RunUsers(watch, arguments) => environment.run_users(watch, arguments),
    }
    None
}

/// The command that opens a mail; what is wrong with it is said.
fn open_mail(mail: &MailKey, message_id: Option<&str>, app: &mut App) -> Option<Vec<String>> {
    let found = app.options.commands.opener(mail, message_id);
    let started = |command: &Vec<String>| format!("started {}", command.first().map_or("", String::as_str));
    app.notices.say(found.as_ref().map_or_else(Clone::clone, started));
    found.ok()
}
