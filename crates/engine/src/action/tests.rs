//! A server that logs anyone in and answers everything after that as its script says.

mod hostile;
mod keeping;
mod mails;
mod raw;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};

use super::ActionConnection;
use crate::account::AccountState;
use crate::clock::now;
use crate::dial::{Dial, Dialling, Transport};
use crate::secret::{Credential, CredentialFuture, CredentialSource, oauth::TokenRenewer};
use mailwatch_proto::model::{Account, Auth, Hooks, Network, Quirks, SecretSource, Timers, TlsMode};

/// What the server does with a command.
#[derive(Clone, Debug)]
enum Does {
    /// Sends this; `TAG` stands for the command's tag.
    Says(Vec<u8>),
    /// Sends this and closes.
    Ends(Vec<u8>),
    /// Sends this over and over.
    Repeats(Vec<u8>),
    /// What stands beside the beginning of the command.
    ByCommand(Vec<(&'static str, Does)>),
    /// Sends the first, reads a line, and sends the second.
    Asks(Vec<u8>, Vec<u8>),
}

fn says(text: impl AsRef<str>) -> Does {
    Does::Says(text.as_ref().as_bytes().to_vec())
}

fn ends(text: impl AsRef<str>) -> Does {
    Does::Ends(text.as_ref().as_bytes().to_vec())
}

/// Connects to the server in this process.
#[derive(Debug)]
struct Scripted {
    greeting: &'static str,
    does: Does,
    connections: AtomicUsize,
    open: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    fn new(does: Does) -> Arc<Self> {
        Self::greeting("* OK [CAPABILITY IMAP4rev1] ready\r\n", does)
    }

    fn greeting(greeting: &'static str, does: Does) -> Arc<Self> {
        let (connections, open) = (AtomicUsize::new(0), Arc::default());
        Arc::new(Self { greeting, does, connections, open, heard: Arc::default() })
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// What was said to it, without tags.
    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("no thread panicked").clone()
    }
}

impl Dial for Scripted {
    fn dial<'a>(&'a self, _: &'a Account) -> Dialling<'a> {
        self.connections.fetch_add(1, Ordering::Relaxed);
        let (ours, theirs) = duplex(64 * 1024);
        let (greeting, does) = (self.greeting, self.does.clone());
        let (heard, open) = (Arc::clone(&self.heard), Arc::clone(&self.open));
        tokio::spawn(async move {
            open.fetch_add(1, Ordering::Relaxed);
            serve(theirs, greeting, does, &heard).await;
            open.fetch_sub(1, Ordering::Relaxed);
        });
        let io = Box::new(ours);
        Box::pin(async { Ok(Transport { io, addr: None, proxy: None, tls: None, greeted: false, trace: Vec::new() }) })
    }
}

/// Until the client or the script ends it.
async fn serve(stream: DuplexStream, greeting: &str, does: Does, heard: &Mutex<Vec<String>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(greeting.as_bytes()).await.ok()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or(("", line.trim_end()));
        heard.lock().expect("no thread panicked").push(command.to_owned());
        let answer = match command.split(' ').next() {
            Some("LOGIN") => says("TAG OK [CAPABILITY IMAP4rev1] in\r\n"),
            Some("LOGOUT") => ends("* BYE\r\nTAG OK\r\n"),
            _ => match &does {
                Does::ByCommand(rows) => {
                    let row = rows.iter().find(|(begins, _)| command.starts_with(begins));
                    row.map_or_else(|| says("TAG OK\r\n"), |(_, does)| does.clone())
                }
                does => does.clone(),
            },
        };
        let with_tag = |text: &[u8]| match std::str::from_utf8(text) {
            Ok(text) => text.replace("TAG", tag).into_bytes(),
            Err(_) => text.to_vec(),
        };
        match answer {
            Does::Says(text) => stream.write_all(&with_tag(&text)).await.ok()?,
            Does::Ends(text) => {
                stream.write_all(&with_tag(&text)).await.ok()?;
                return None;
            }
            Does::Asks(first, second) => {
                stream.write_all(&with_tag(&first)).await.ok()?;
                let mut line = String::new();
                stream.read_line(&mut line).await.ok()?;
                heard.lock().expect("no thread panicked").push(line.trim_end().to_owned());
                stream.write_all(&with_tag(&second)).await.ok()?;
            }
            // No table stands in a table.
            Does::ByCommand(_) => return None,
            Does::Repeats(text) => loop {
                stream.write_all(&text).await.ok()?;
            },
        }
    }
}

/// The password of everybody.
#[derive(Debug)]
struct Known;

impl CredentialSource for Known {
    fn obtain<'a>(&'a self, _: &'a Account, _: &'a mut TokenRenewer) -> CredentialFuture<'a> {
        Box::pin(async { Ok(Credential { secret: SecretString::from("hunter2"), asked: now(), lives: None }) })
    }
}

fn account() -> Account {
    Account {
        name: "work".to_owned(),
        host: "localhost".to_owned(),
        port: 143,
        tls: TlsMode::Off,
        ca: None,
        network: Network::default(),
        user: "me".to_owned(),
        auth: Auth::Password,
        secret: SecretSource::Keyring,
        mailboxes: vec!["INBOX".to_owned()],
        max_connections: 1,
        timers: Timers::default(),
        reissue_auto: false,
        quirks: Quirks::default(),
        hooks: Hooks::default(),
    }
}

fn action(server: &Arc<Scripted>) -> ActionConnection {
    let state = Arc::new(AccountState::new(account(), None, crate::login_governor::LoginGovernor::in_process()));
    ActionConnection::new(state, Arc::clone(server) as Arc<dyn Dial>, Arc::new(Known))
}

/// Lets the server's task see what happened.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
