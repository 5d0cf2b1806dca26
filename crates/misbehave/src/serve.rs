//! One misbehaving server for other clients: what `mailwatch-tui demo --serve` runs.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use super::letters::Letters;
use super::listening::{Encryption, Listening};
use super::scenario::Scenario;
use super::server::Server;

/// What to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// How the server misbehaves.
    pub scenario: Scenario,
    /// How it is encrypted.
    pub encryption: Encryption,
    /// The port; 0 for a free one.
    pub port: u16,
    /// How many mailboxes it has: INBOX, then `box/2` and so on.
    pub mailboxes: usize,
    /// How often a mail is delivered, to one mailbox after the other; never where there is none.
    pub every: Option<Duration>,
    /// Where the certificate to be trusted is written; without it into the system's directory for temporary files.
    pub ca_file: Option<PathBuf>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            scenario: Scenario::healthy(),
            encryption: Encryption::Implicit,
            port: 0,
            mailboxes: 1,
            every: None,
            ca_file: None,
        }
    }
}

/// A mailbox that is served never holds more: the oldest are expunged.
const KEPT: usize = 1000;

/// Serves until `stop` is ready: SIGINT, for the command line. Tells on `out` how to get there.
///
/// # Errors
/// Where the port is taken, the certificate cannot be written, or `out` not be written to.
pub async fn serve(options: ServeOptions, out: &mut impl Write, stop: impl Future<Output = ()>) -> io::Result<()> {
    let server = Server::new(options.scenario.clone());
    let mailboxes: Vec<String> = (1..=options.mailboxes.max(1)).map(mailbox_name).collect();
    for mailbox in &mailboxes {
        server.create(mailbox);
    }
    let listening = server.listen_on(options.encryption, options.port).await?;
    let ca = CaFile::write(&options, &listening)?;
    out.write_all(greeting(&options, &listening, &mailboxes, &ca.path).as_bytes())?;
    out.flush()?;
    tokio::select! {
        () = stop => {}
        () = bring_mail(&server, &mailboxes, options.every) => {}
    }
    listening.stop().await;
    Ok(())
}

fn mailbox_name(n: usize) -> String {
    if n == 1 { "INBOX".to_owned() } else { format!("box/{n}") }
}

async fn bring_mail(server: &Server, mailboxes: &[String], every: Option<Duration>) {
    let Some(every) = every else { return std::future::pending().await };
    for (letter, mailbox) in Letters::new(fastrand::u64(..)).zip(mailboxes.iter().cycle()) {
        sleep(every).await;
        server.deliver(mailbox, letter);
        server.trim(mailbox, KEPT);
    }
}

/// The certificate's file; gone with the server where it was nobody's wish.
struct CaFile {
    path: PathBuf,
    temporary: bool,
}

impl CaFile {
    fn write(options: &ServeOptions, listening: &Listening) -> io::Result<Self> {
        let Some(path) = &options.ca_file else {
            let name = format!("mailwatch-demo-{}-{}.pem", std::process::id(), listening.port());
            let path = std::env::temp_dir().join(name);
            // Never through a link that somebody left there.
            OpenOptions::new().write(true).create_new(true).open(&path)?.write_all(listening.ca_pem().as_bytes())?;
            return Ok(Self { path, temporary: true });
        };
        std::fs::write(path, listening.ca_pem())?;
        Ok(Self { path: path.clone(), temporary: false })
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        if self.temporary {
            // Left behind it does no harm: a certificate is no secret.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn greeting(options: &ServeOptions, listening: &Listening, mailboxes: &[String], ca: &Path) -> String {
    let tls = match options.encryption {
        Encryption::Implicit => "implicit",
        Encryption::StartTls => "starttls",
        Encryption::Off => "off",
    };
    let (port, user, password) = (listening.port(), super::USER, super::PASSWORD);
    let quoted: Vec<String> = mailboxes.iter().map(|mailbox| format!("{mailbox:?}")).collect();
    let connections = mailboxes.len().saturating_add(8).min(usize::from(u16::MAX));
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "Serving {} on localhost port {port}, TLS {tls}. Ctrl-C ends it.\n\
         user      {user}\npassword  {password}\ntrust     {ca}\n\n\
         # A configuration for it:\n[[account]]\nname = \"demo\"\nhost = \"localhost\"\nport = {port}\ntls = \"{tls}\"\n\
         ca_file = {ca:?}\nuser = \"{user}\"\npassword_command = [\"echo\", \"{password}\"]\n\
         mailboxes = [{}]\nmax_connections = {connections}\n",
        options.scenario.name,
        quoted.join(", "),
        ca = ca.display().to_string(),
    );
    text
}
