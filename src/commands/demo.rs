//! `demo`: the screen on embedded servers.

mod evidence;
pub mod mail;
pub mod servers;

use std::collections::BTreeMap;
use std::io;

use mailwatch_engine::history::History;
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::requests::request_channel;
use mailwatch_engine::secret::TypedPasswords;
use mailwatch_proto::model::Notifications;
use tokio::sync::mpsc;

use self::evidence::DemoService;
use self::servers::DemoServers;
use crate::cli::Global;
use crate::configuration;
use crate::output::{Exit, Output};
use crate::process::dialler::dialler;
use crate::process::metrics::Metrics;
use crate::process::notify::{self, Acting};
use crate::process::screen_options::options;
use crate::process::shutdown::close;
use crate::process::start::start;
use crate::tui::settings::Ui;
use crate::tui::{self, EngineIs, Keyboard, Leave, Linked};

/// The screen on embedded servers. Keeps nothing: each demo is the first.
///
/// # Errors
/// Where the terminal or a socket cannot be had.
pub async fn demo(global: &Global, notify: bool, output: &mut Output<'_>) -> io::Result<Exit> {
    let notifications = notify.then(|| {
        let configured = configuration::load(global).map(|config| config.notify).unwrap_or_default();
        if configured.any() { configured } else { Notifications { desktop: true, ..configured } }
    });
    match configuration::ui(global) {
        Ok(ui) => match Metrics::listen(global, output).await? {
            Some(metrics) => {
                let mut keyboard = Keyboard::default();
                show(global, ui, (&mut keyboard, Then::Shell), &metrics, notifications, output)
                    .await
                    .map(|_| Exit::Done)
            }
            None => Ok(Exit::Failed),
        },
        Err(error) => {
            write!(output.err, "{}", error.render(output.width, output.colour))?;
            Ok(Exit::Bad)
        }
    }
}

/// What comes after the demo was left by a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The screen that it was opened from.
    Screen,
    /// The shell.
    Shell,
}

/// Shows the screen on embedded servers once. Their mail is made up: it notifies only on request.
pub(super) async fn show(
    global: &Global,
    ui: Ui,
    (keyboard, then): (&mut Keyboard, Then),
    metrics: &Metrics,
    notifications: Option<Notifications>,
    output: &mut Output<'_>,
) -> io::Result<Leave> {
    let mut options = tui::Options { configures: false, commands: tui::AccountCommands::default(), ..options(global) };
    options.apply(ui);
    let Some(dialler) = dialler(global, output)? else { return Ok(Leave::Quit) };
    let servers = DemoServers::start().await?;
    let nothing = tokio::sync::watch::Sender::new(TypedPasswords::default());
    options.about = servers.fates().iter().map(|&(account, fate)| (account.into(), fate)).collect();
    let history = History::in_process();
    let kept = (history.clone(), LoginGovernor::in_process());
    let (engine, _, mut front_end) = start(servers.accounts(), dialler, nothing.subscribe(), kept, true).await;
    let _serving = metrics.serve(&front_end);
    let (client, queue) = request_channel();
    let replies = client.reply_to();
    let _service = DemoService::spawn(queue, (history, engine.mail_hands()), std::env::temp_dir());
    if let Some(notifications) = notifications {
        // An account of the user's may be called as one of the demo's is: nothing opens made-up mails.
        let notifications = Notifications { open: BTreeMap::new(), ..notifications };
        let settings = tokio::sync::watch::Sender::new(notifications).subscribe();
        let acting = Acting::new(client.weak(), Some(replies.clone()));
        notify::start(&mut front_end, settings, Some(replies), acting);
    }
    let first = Linked { front_end, requests: client, engine: EngineIs::Own };
    let links = mpsc::channel(1).1;
    let left = tui::run(keyboard, first, links, options).await;
    match (&left, then) {
        (Ok(Leave::Quit | Leave::Keep | Leave::Demo), Then::Screen) => {}
        (Ok(Leave::Quit | Leave::Keep | Leave::Demo), Then::Shell)
        | (Ok(Leave::Signal(_) | Leave::TerminalGone) | Err(_), Then::Screen | Then::Shell) => keyboard.let_go(),
    }
    close(engine, output).await;
    left
}
