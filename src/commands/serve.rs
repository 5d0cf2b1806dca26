//! `demo --serve`: one embedded server for other clients, and no screen.

use std::io::{self, Write as _};

use imap_misbehave::{PASSWORD, Scenario, ServeOptions, Served, USER};

use crate::cli::Demo;
use crate::headless::Signal;
use crate::logging;
use crate::output::{Exit, Output};
use crate::process::signals::signals;
use mailwatch_engine::open_files::allow_sockets;

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
    let (_, mut signals) = signals()?;
    let stop = async move { while signals.recv().await == Some(Signal::CheckMail) {} };
    let served = Served::start(options).await?;
    let mut out = io::stdout();
    out.write_all((served.greeting() + &configuration(&served)).as_bytes())?;
    out.flush()?;
    served.run(stop).await;
    Ok(Exit::Done)
}

/// An account of this program's that leads there, as its configuration has it.
#[must_use]
pub fn configuration(served: &Served) -> String {
    let (port, tls, ca) = (served.port(), served.tls(), served.ca_file().display().to_string());
    let quoted: Vec<String> = served.mailboxes().iter().map(|mailbox| format!("{mailbox:?}")).collect();
    let connections = quoted.len().saturating_add(8).min(usize::from(u16::MAX));
    // Of Windows' programs only its shell knows `echo`.
    let echo = if cfg!(windows) { "\"cmd\", \"/C\", \"echo\"" } else { "\"echo\"" };
    format!(
        "\n# A configuration for it:\n[[account]]\nname = \"demo\"\nhost = \"localhost\"\nport = {port}\ntls = \"{tls}\"\n\
         ca_file = {ca:?}\nuser = \"{USER}\"\npassword_command = [{echo}, \"{PASSWORD}\"]\n\
         mailboxes = [{}]\nmax_connections = {connections}\n",
        quoted.join(", "),
    )
}
