//! `account login` and `logout` of an account with an OAuth 2.0 issuer: a browser is sent there, and what it brings back
//! goes into the keyring.

use std::io::{self, IsTerminal};
use std::process::{Command, Stdio};

use mailwatch_engine::browser::opener;
use mailwatch_engine::secret::oauth::{self, LoggedOut, LoginStep};
use mailwatch_engine::secret::{self, PromptError};
use mailwatch_proto::model::{Account, Fault, Flow, LINE_LIMIT, OAuthClient, SecretSource, sanitise};

use super::changed::changed;
use super::environment::{LogIn, LoggingIn};
use crate::cli::{AccountCommand, Global};
use crate::configuration;
use crate::logging;
use crate::output::{Exit, Output};
use crate::prompt::ask;

/// The request to the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    In { device: bool },
    Out,
}

/// Runs a login or logout of an account with an issuer; `None` for every other command.
///
/// # Errors
/// Where the output cannot be written.
pub(super) async fn account_of_issuer(
    command: &AccountCommand,
    global: &Global,
    output: &mut Output<'_>,
) -> io::Result<Option<Exit>> {
    let (name, doing) = match command {
        AccountCommand::Login { name, device } => (name, Doing::In { device: *device }),
        AccountCommand::Logout { name } => (name, Doing::Out),
        AccountCommand::Add(_) | AccountCommand::List | AccountCommand::Remove { .. } => return Ok(None),
    };
    // A configuration with problems is shown by the command itself.
    let Ok(config) = configuration::load(global) else { return Ok(None) };
    let Ok(account) = config.account(name) else { return Ok(None) };
    let SecretSource::OAuth(client) = &account.secret else { return Ok(None) };
    logging::to_stderr(global.verbose);
    let exit = interruptible(doing, account, client, output).await?;
    if exit == Exit::Done {
        changed(account, global).await;
    }
    Ok(Some(exit))
}

/// Logs a new account in, as `account login` does.
#[derive(Clone, Copy, Debug)]
pub(super) struct AtIssuer;

impl LogIn for AtIssuer {
    fn log_in<'l>(
        &'l self,
        account: &'l Account,
        client: &'l OAuthClient,
        output: &'l mut Output<'_>,
    ) -> LoggingIn<'l> {
        let device = client.flow == Flow::Device;
        Box::pin(interruptible(Doing::In { device }, account, client, output))
    }
}

async fn interruptible(
    doing: Doing,
    account: &Account,
    client: &OAuthClient,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let done = tokio::select! {
        done = run(doing, account, client, output) => Some(done?),
        _ = tokio::signal::ctrl_c() => None,
    };
    if let Some(exit) = done {
        return Ok(exit);
    }
    // On a line of its own: the terminal has just shown ^C.
    writeln!(output.err, "\nInterrupted.")?;
    Ok(Exit::Failed)
}

async fn run(doing: Doing, account: &Account, client: &OAuthClient, output: &mut Output<'_>) -> io::Result<Exit> {
    match doing {
        Doing::In { device } => {
            let flow = if device { Flow::Device } else { client.flow };
            log_in(account, client, flow, output).await
        }
        Doing::Out => log_out(account, client, output).await,
    }
}

async fn log_in(account: &Account, client: &OAuthClient, flow: Flow, output: &mut Output<'_>) -> io::Result<Exit> {
    let name = sanitise(&account.name, 100);
    match ask_for_client_secret(account, client, output).await? {
        Ok(()) => {}
        Err(message) => return failed(output, &message),
    }
    let mut written = Ok(());
    let done = {
        let mut tell = |task: LoginStep| written = show(&task, output);
        oauth::log_in(account, client, &secret::dialler(), flow, &mut tell).await
    };
    written?;
    match done {
        Ok(()) => {
            writeln!(output.out, "Account {name} is logged in: its refresh token is in the keyring.")?;
            Ok(Exit::Done)
        }
        Err(fault) => failed(output, &fault.message),
    }
}

/// Asks once for a client's secret that belongs in the keyring and is not there.
async fn ask_for_client_secret(
    account: &Account,
    client: &OAuthClient,
    output: &mut Output<'_>,
) -> io::Result<Result<(), String>> {
    match oauth::lacks_client_secret(account, client).await {
        Ok(false) => return Ok(Ok(())),
        Ok(true) => {}
        Err(Fault { message, .. }) => return Ok(Err(message)),
    }
    let question = format!("Secret of the client {}: ", sanitise(&client.client_id, 200));
    Ok(match ask(&question, &mut *output.err) {
        Ok(secret) => oauth::keep_client_secret(account, client, &secret).await.map_err(|fault| fault.message),
        Err(PromptError::Io(error)) => return Err(error),
        Err(error) => Err(error.to_string().replace("password", "client's secret")),
    })
}

async fn log_out(account: &Account, client: &OAuthClient, output: &mut Output<'_>) -> io::Result<Exit> {
    let (name, issuer) = (sanitise(&account.name, 100), sanitise(client.issuer.name(), 200));
    let said = match oauth::log_out(account, client, &secret::dialler()).await {
        Ok(LoggedOut::Nothing) => {
            format!("The keyring has no refresh token for account {name}, or is locked, which looks the same.")
        }
        Ok(LoggedOut::Revoked) => {
            format!("Account {name} is logged out: its refresh token is revoked and no longer in the keyring.")
        }
        Ok(LoggedOut::Removed) => format!(
            "The refresh token of account {name} is no longer in the keyring. {issuer} offers no way to revoke it from \
             here: use its page for connected programs."
        ),
        Ok(LoggedOut::NotRevoked(fault)) => {
            let message = format!(
                "the refresh token of account {name} is no longer in the keyring, but was not revoked: {}. Revoke it on \
                 the issuer's page for connected programs",
                fault.message
            );
            return failed(output, &message);
        }
        Err(fault) => return failed(output, &fault.message),
    };
    writeln!(output.out, "{said}")?;
    Ok(Exit::Done)
}

fn failed(output: &mut Output<'_>, message: &str) -> io::Result<Exit> {
    writeln!(output.err, "error: {}", sanitise(message, LINE_LIMIT))?;
    Ok(Exit::Failed)
}

/// Says what to do, and does what can be done from here.
fn show(task: &LoginStep, output: &mut Output<'_>) -> io::Result<()> {
    let plain = |text: &str| sanitise(text, LINE_LIMIT);
    match task {
        LoginStep::Browser { url } => {
            let opened = has_browser() && open(url);
            let how = if opened { "A browser opens; if none does, open" } else { "Open" };
            // In one piece: the user copies it.
            writeln!(output.out, "{how} this address in a browser on this machine, and log in there:\n\n{url}\n")?;
            if !opened && std::env::var_os("SSH_CONNECTION").is_some() {
                writeln!(
                    output.out,
                    "Over SSH a browser elsewhere cannot come back to it: --device needs none here.\n"
                )?;
            }
        }
        LoginStep::Device { url, code, complete } => {
            writeln!(
                output.out,
                "Open {} in any browser, and type this code there:\n\n    {}\n",
                plain(url),
                plain(code)
            )?;
            if let Some(complete) = complete {
                writeln!(output.out, "Or open this, which has the code in it: {}\n", plain(complete))?;
            }
        }
    }
    let end = if io::stdin().is_terminal() { " (Ctrl-C gives up)" } else { "" };
    writeln!(output.out, "Waiting{end} …")?;
    output.out.flush()
}

/// Whether a browser opened on this machine appears in front of the user.
fn has_browser() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("SSH_CONNECTION") || set("SSH_TTY") {
        return false;
    }
    cfg!(any(target_os = "macos", windows)) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Opens an address; whether something took it.
fn open(url: &str) -> bool {
    let opener = opener(url.to_owned());
    let Some((program, arguments)) = opener.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // The browser it starts must outlive a Ctrl-C here.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let Ok(mut child) = command.spawn() else { return false };
    // A thread of its own reaps it: this may take long.
    std::thread::spawn(move || child.wait());
    true
}
