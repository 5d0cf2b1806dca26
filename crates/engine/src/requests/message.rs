//! What a front end may request, and what it is answered.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::config::save::Tuned;
use crate::config::{ConfigError, Draft, Wrong};
use crate::history::{MailList, MailQuery};
use crate::mail_text::MailText;
use crate::notify::Alert;
use crate::probe::{Order, Update};
use crate::push_test::PushStep;
use mailwatch_proto::model::check::Step;
use mailwatch_proto::model::{Auth, MailKey, TlsMode};

/// A password as it was typed. Shown nowhere, zeroed when dropped.
#[derive(Clone, Debug)]
pub struct Password(pub SecretString);

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Password {}

/// Where a password is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// In the system's keyring.
    Keyring,
    /// Nowhere: in memory, until the program ends.
    ThisRun,
}

/// An account to be, with the password that was typed; without one, its command is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub draft: Draft,
    /// What was typed, and where it is to be kept.
    pub password: Option<(Password, Keep)>,
}

/// What is to be probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeOrder {
    /// The account's name in the configuration.
    pub account: String,
    /// On which of its mailboxes.
    pub mailbox: String,
    /// What is to be measured.
    pub order: Order,
}

/// Which push is to be proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushOrder {
    /// The account's name.
    pub account: String,
    /// In which of its mailboxes.
    pub mailbox: String,
    /// How often.
    pub times: u32,
}

/// How many connections an account is to have from now on: the rest of its mailboxes share them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareOrder {
    /// The account's name.
    pub account: String,
    /// So many.
    pub connections: u16,
}

/// What goes into a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportOrder {
    /// How far back.
    pub since: Duration,
    /// These accounts; all where none is named.
    pub accounts: Vec<String>,
    /// Only this watch, as `account/mailbox`.
    pub watch: Option<String>,
    /// Whether users' names stay as they are.
    pub with_names: bool,
}

/// What a report is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportHead {
    /// The file's own name.
    pub name: String,
    /// Its bytes.
    pub size: usize,
    /// How many stalls it tells of.
    pub stalls: usize,
}

/// A server that an address may belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is encrypted.
    pub tls: TlsMode,
    /// How one logs in there.
    pub auth: Auth,
    /// The login name.
    pub user: String,
    /// Where this comes from, in words.
    pub source: String,
    /// What to know before logging in there.
    pub note: Option<String>,
}

/// What a front end wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read the configuration again.
    Reload,
    /// Write the evidence into a file.
    Evidence,
    /// Write these timers into the configuration.
    Save(Vec<Tuned>),
    /// Write an account's `max_connections` into the configuration, and read that again.
    Share(ShareOrder),
    /// Write the commented sample where the configuration is to be.
    Sample,
    /// Find the server of a mail address.
    Find(String),
    /// Try a connection; its steps carry this number.
    Try(u64, Box<Entry>),
    /// Let go of the connection on trial.
    StopTrying,
    /// Write an account into the configuration, and watch it.
    Add(Box<Entry>),
    /// Take this account's password into memory alone, and try with it at once.
    Secret(String, Password),
    /// This account's stored password or login was changed: try with it at once.
    LoggedIn(String),
    /// Try each step with the configured account of this name, as its file has it now; the steps carry the number. Who leaves
    /// breaks it off.
    Check(u64, String),
    /// Measure how long the account's server can be left idling. Who leaves breaks it off.
    Probe(Box<ProbeOrder>),
    /// Add messages of this program's own to a mailbox, time their announcements, and remove them. Who leaves breaks it off:
    /// what was added is removed.
    Push(PushOrder),
    /// Gather the evidence of a time, and hand it over.
    Report(ReportOrder),
    /// List mails that came; the list carries the number.
    Mails(u64, MailQuery),
    /// Read a mail's headers and the first screens of its text, without marking it; the text carries the number.
    Read(u64, MailKey),
    /// Let go of the reading of this number.
    StopReading(u64),
    /// Mark mails as seen; what was marked carries the number.
    Seen(u64, Vec<MailKey>),
    /// Restart the engine in its own process, with the program that is installed now.
    Restart,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Reply<S> {
    /// It was done: a sentence that says what.
    Done(String),
    /// It was read, and is in force.
    Read {
        /// What changed, in a sentence.
        said: String,
        /// What `[ui]` says.
        ui: S,
    },
    /// It could not be done: a sentence that says why, and what to do.
    Failed(String),
    /// The configuration cannot be used; the one read before stays in force.
    Config(Arc<ConfigError>),
    /// The server of an address, if one was found.
    Found(String, Option<Box<FoundServer>>),
    /// A step of the connection on trial of this number.
    Step(u64, Step),
    /// That connection's end, and whether every step went well.
    Tried(u64, bool),
    /// An account cannot be as it was typed.
    Wrong(Wrong),
    /// Unasked: the terminal is to announce mail.
    Alert(Alert),
    /// Unasked: a sentence that says what to do.
    Notice(String),
    /// The keyring does not take the password: a sentence that says why.
    NotKept(String),
    /// The mails that were asked for by this number, and of which host they are.
    Mails(u64, Arc<str>, Box<MailList>),
    /// The mail that was to be read by this number.
    MailText(u64, Box<MailText>),
    /// It could not be read: a sentence that says why.
    NotRead(u64, String),
    /// These mails are marked as seen now, and why others are not.
    Marked(u64, Vec<MailKey>, Option<String>),
    /// A probe has come so far.
    Probing(Box<Update>),
    /// A probe is over.
    Probed,
    /// A push test has come so far.
    Pushing(Box<PushStep>),
    /// A push test is over; whether each message was announced, and none is left.
    Pushed(bool),
    /// A report is there; its parts follow.
    Report(ReportHead),
    /// The next bytes of the report.
    Part(Vec<u8>),
}
