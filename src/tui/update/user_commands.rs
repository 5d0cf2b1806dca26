//! Keys of the user's own: what they run, and how that ended.

use std::borrow::Cow;

use crate::tui::app::{App, Effect, Pane};
use crate::tui::clock::Now;
use crate::tui::keymap::Key;
use crate::tui::log_line;
use crate::tui::settings::Values;
use mailwatch_proto::model::{LINE_LIMIT, WatchId, sanitise, split_host};

/// A key that runs a command; `None` for any other.
pub fn key(app: &mut App, key: Key) -> Option<Vec<Effect>> {
    let at = app.options.preferences.commands.iter().position(|command| command.key == key)?;
    Some(run(app, at))
}

/// Runs the command at that place, for the mail at the cursor, else for the selected watch and its newest mail.
pub fn run(app: &mut App, at: usize) -> Vec<Effect> {
    let Some(command) = app.options.preferences.commands.get(at).cloned() else { return Vec::new() };
    let (watch, uid) = subject(app).map_or((None, None), |(watch, uid)| (Some(watch), uid));
    let lacks = match (&watch, uid) {
        (None, _) if command.needs_watch() => Some("no watch is selected"),
        (_, None) if command.needs_mail() => Some("no mail of this watch is known here"),
        (_, _) => None,
    };
    if let Some(lacks) = lacks {
        app.notices.say(format!("{}: {lacks}", program(&command.arguments)));
        return Vec::new();
    }
    let (account, mailbox) =
        watch.as_ref().map_or(("", ""), |watch| (split_host(&watch.account).1, watch.mailbox.as_ref()));
    match command.with(&Values { account, mailbox, uid }) {
        Ok(arguments) => {
            app.notices.say(format!("{} runs", program(&arguments)));
            vec![Effect::RunUsers(watch, arguments)]
        }
        Err(why) => {
            app.notices.say(why);
            Vec::new()
        }
    }
}

/// One has ended, or could not be started.
pub fn ended(app: &mut App, watch: Option<WatchId>, arguments: &[String], end: &Result<i32, String>, now: Now) {
    let program = program(arguments);
    let said = match end {
        Ok(0) => format!("{program} has ended well"),
        Ok(code) => format!("{program} has ended with exit code {code}"),
        Err(why) => format!("{program}: {}", sanitise(why, LINE_LIMIT)),
    };
    app.log.push(now.wall, watch, log_line::user_command(&said, *end == Ok(0)));
    app.notices.say(said);
}

/// The watch, and the UID of the mail.
fn subject(app: &App) -> Option<(WatchId, Option<u32>)> {
    let mails = &app.engine.mails.came;
    if app.panes.focused == Pane::Mail
        && let Some(came) = mails.selection()
    {
        return Some((came.key.watch.clone(), Some(came.key.uid)));
    }
    let watch = app.watches.selected.clone()?;
    let uid = app.engine.mails.newest(&watch);
    Some((watch, uid))
}

/// The program's name, without where it is.
fn program(arguments: &[String]) -> Cow<'_, str> {
    let path = arguments.first().map_or("", String::as_str);
    let name = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(path);
    sanitise(name, LINE_LIMIT).into()
}
