//! `demo --serve`: one embedded server for other clients, and no screen.

use std::io;

use imap_misbehave::{Scenario, ServeOptions};

use crate::cli::Demo;
use crate::headless::Signal;
use crate::logging;
use crate::output::{Exit, Output};
use crate::process::signals::signals;
use crate::process::sockets::allow_sockets;

/// One embedded server for other clients, until SIGINT, SIGTERM or SIGHUP: it has nothing to read again.
///
/// # Errors
/// Where the port is taken or the output cannot be written.
pub async fn serve(demo: &Demo, output: &mut Output<'_>) -> io::Result<Exit> {
    logging::to_stderr(0);
    let scenario = match Scenario::by_name(demo.scenario.as_deref().unwrap_or("healthy")) {
        Ok(scenario) => scenario,
        Err(error) => {
            writeln!(output.err, "error: {error}. There are:")?;
            for (name, about) in Scenario::list() {
                writeln!(output.err, "  {name:<24} {about}")?;
            }
            return Ok(Exit::Bad);
        }
    };
    let mailboxes = demo.mailboxes.map_or(1, |count| count as usize);
    allow_sockets(mailboxes);
    let options = ServeOptions {
        scenario,
        port: demo.port.unwrap_or(0),
        mailboxes,
        every: demo.every,
        ..ServeOptions::default()
    };
    let mut signals = signals()?;
    let stop = async move { while signals.recv().await == Some(Signal::CheckMail) {} };
    imap_misbehave::serve(options, &mut io::stdout(), stop).await?;
    Ok(Exit::Done)
}
