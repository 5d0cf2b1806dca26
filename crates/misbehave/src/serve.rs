//! One misbehaving server for other clients: what the program `misbehave` and `mailwatch-tui demo --serve` run.

use std::fs::OpenOptions;
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use crate::letters::Letters;
use crate::listening::Listening;
use crate::scenario::Scenario;
use crate::server::Server;
use crate::stream::Encryption;

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

/// Mails that a mailbox holds at most; the oldest are expunged.
const KEPT: usize = 1000;

/// A server that runs. It ends with the value.
#[derive(Debug)]
pub struct Served {
    server: Server,
    listening: Listening,
    options: ServeOptions,
    mailboxes: Vec<String>,
    ca: CaFile,
}

impl Served {
    /// Starts the server.
    ///
    /// # Errors
    /// Where the port is taken or the certificate cannot be written.
    pub async fn start(options: ServeOptions) -> io::Result<Self> {
        let server = Server::new(options.scenario.clone());
        let mailboxes: Vec<String> = (1..=options.mailboxes.max(1)).map(mailbox_name).collect();
        for mailbox in &mailboxes {
            server.create(mailbox);
        }
        let listening = server.listen_on(options.encryption, options.port).await?;
        let ca = CaFile::write(&options, &listening)?;
        Ok(Self { server, listening, options, mailboxes, ca })
    }

    /// How a client gets there, in four lines for people.
    #[must_use]
    pub fn greeting(&self) -> String {
        format!(
            "Serving {} on localhost port {}, TLS {}. Ctrl-C ends it.\nuser      {}\npassword  {}\ntrust     {}\n",
            self.options.scenario.name,
            self.port(),
            self.tls(),
            crate::USER,
            crate::PASSWORD,
            self.ca_file().display(),
        )
    }

    /// The port, on localhost.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.listening.port()
    }

    /// `implicit`, `starttls` or `off`.
    #[must_use]
    pub const fn tls(&self) -> &'static str {
        match self.options.encryption {
            Encryption::Implicit => "implicit",
            Encryption::StartTls => "starttls",
            Encryption::Off => "off",
        }
    }

    /// The certificate to be trusted.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        &self.ca.path
    }

    /// Its mailboxes.
    #[must_use]
    pub fn mailboxes(&self) -> &[String] {
        &self.mailboxes
    }

    /// Brings mail until `stop` is ready, then ends.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = bring_mail(&self.server, &self.mailboxes, self.options.every) => {}
        }
        self.listening.stop().await;
    }
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

/// The certificate's file. It is removed with the server where no path was asked for.
#[derive(Debug)]
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
