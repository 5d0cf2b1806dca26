//! Requests to the engine as a whole, as the protocol writes them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entry_state::{EntryState, PasswordState};
use super::name;
use super::time::{Ms, Wall};
use crate::config::save::{Place, Tuned};
use crate::history::MailQuery;
use crate::probe::Order;
use crate::requests::{ProbeOrder, PushOrder, ReportOrder, Request, ShareOrder};
use mailwatch_proto::model::{MailKey, Setting, Timer, WatchId};

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RequestState {
    /// Read the configuration again.
    Reload,
    /// Write the evidence into a file.
    Evidence,
    /// Write these timers into the configuration.
    Save {
        /// The timers.
        timers: Vec<SettingState>,
    },
    /// Write an account's `max_connections` into the configuration, and read that again.
    Share {
        /// The account's name.
        account: String,
        /// So many connections.
        connections: u16,
    },
    /// Write the commented sample where the configuration is to be.
    Sample,
    /// Find the server of a mail address.
    Find {
        /// The address.
        address: String,
    },
    /// Try a connection.
    Try {
        /// The number that its steps carry.
        number: u64,
        /// The account to be.
        entry: Box<EntryState>,
    },
    /// Let go of the connection on trial.
    StopTrying,
    /// Write an account into the configuration, and watch it.
    Add {
        /// The account to be.
        entry: Box<EntryState>,
    },
    /// Take an account's password into memory, and try with it at once.
    Secret {
        /// The account's name.
        account: String,
        /// Its password.
        password: PasswordState,
    },
    /// An account's stored password or login was changed: try with it at once.
    LoggedIn {
        /// The account's name.
        account: String,
    },
    /// Try each step with a configured account.
    Check {
        /// The number that its steps carry.
        number: u64,
        /// The account's name.
        account: String,
    },
    /// Measure how long an account's server can be left idling.
    Probe {
        /// The account's name.
        account: String,
        /// On which of its mailboxes.
        mailbox: String,
        /// Ages of IDLEs, each once, the youngest first.
        ages_ms: Vec<Ms>,
        /// Connections at once.
        parallel: u16,
        /// How long a late answer is waited for.
        wait_ms: Ms,
        /// Whether what is known already is measured again.
        #[serde(default)]
        again: bool,
    },
    /// Prove a push end to end.
    Push {
        /// The account's name.
        account: String,
        /// In which of its mailboxes.
        mailbox: String,
        /// How often.
        times: u32,
    },
    /// Gather the evidence of a time, and hand it over.
    Report {
        /// How far back.
        since_ms: Ms,
        /// These accounts; all where none is named.
        #[serde(default)]
        accounts: Vec<String>,
        /// Only this watch, as `account/mailbox`.
        watch: Option<String>,
        /// Whether users' names stay as they are.
        #[serde(default)]
        with_names: bool,
    },
    /// List mails that came.
    Mails {
        /// The number that the list carries.
        number: u64,
        /// Found since then.
        since: Wall,
        /// Of this watch alone.
        watch: Option<WatchId>,
        /// Told so late at least.
        late_ms: Option<Ms>,
        /// So many at most, the newest.
        most: u32,
    },
    /// Read a mail's headers and the first screens of its text.
    Read {
        /// The number that the text carries.
        number: u64,
        /// The mail.
        mail: MailKey,
    },
    /// Let go of a reading.
    StopReading {
        /// Its number.
        number: u64,
    },
    /// Mark mails as seen.
    Seen {
        /// The number that the answer carries.
        number: u64,
        /// The mails.
        mails: Vec<MailKey>,
    },
    /// Restart the engine in its own process.
    Restart,
}

/// A timer's setting that is to be saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingState {
    /// Whose; `null` is every account's that says nothing else.
    pub account: Option<Arc<str>>,
    /// Which.
    #[serde(with = "name")]
    pub timer: Timer,
    /// Whether it is learned; then it has no value.
    #[serde(default)]
    pub auto: bool,
    /// Its value; `null` is `off`.
    pub value_ms: Option<Ms>,
}

impl From<Tuned> for SettingState {
    fn from(Tuned { place, timer, setting }: Tuned) -> Self {
        let account = match place {
            Place::Account(name) => Some(name),
            Place::All => None,
        };
        let (auto, value_ms) = match setting {
            Setting::Auto => (true, None),
            Setting::Value(value) => (false, value.map(Ms::from)),
        };
        Self { account, timer, auto, value_ms }
    }
}

impl From<SettingState> for Tuned {
    fn from(SettingState { account, timer, auto, value_ms }: SettingState) -> Self {
        let setting = if auto { Setting::Auto } else { Setting::Value(value_ms.map(Ms::duration)) };
        Self { place: account.map_or(Place::All, Place::Account), timer, setting }
    }
}

impl From<Request> for RequestState {
    fn from(request: Request) -> Self {
        match request {
            Request::Reload => Self::Reload,
            Request::Evidence => Self::Evidence,
            Request::Save(timers) => Self::Save { timers: timers.into_iter().map(Into::into).collect() },
            Request::Share(ShareOrder { account, connections }) => Self::Share { account, connections },
            Request::Sample => Self::Sample,
            Request::Find(address) => Self::Find { address },
            Request::Try(number, entry) => Self::Try { number, entry: Box::new((*entry).into()) },
            Request::StopTrying => Self::StopTrying,
            Request::Add(entry) => Self::Add { entry: Box::new((*entry).into()) },
            Request::Secret(account, password) => Self::Secret { account, password: PasswordState(password) },
            Request::LoggedIn(account) => Self::LoggedIn { account },
            Request::Check(number, account) => Self::Check { number, account },
            Request::Probe(order) => {
                let ProbeOrder { account, mailbox, order: Order { ages, parallel, wait, again } } = *order;
                let ages_ms = ages.into_iter().map(Ms::from).collect();
                Self::Probe { account, mailbox, ages_ms, parallel, wait_ms: wait.into(), again }
            }
            Request::Push(PushOrder { account, mailbox, times }) => Self::Push { account, mailbox, times },
            Request::Mails(number, MailQuery { since, watch, late, most }) => {
                Self::Mails { number, since: Wall(since), watch, late_ms: late.map(Ms::from), most }
            }
            Request::Read(number, mail) => Self::Read { number, mail },
            Request::StopReading(number) => Self::StopReading { number },
            Request::Seen(number, mails) => Self::Seen { number, mails },
            Request::Restart => Self::Restart,
            Request::Report(ReportOrder { since, accounts, watch, with_names }) => {
                Self::Report { since_ms: since.into(), accounts, watch, with_names }
            }
        }
    }
}

impl From<RequestState> for Request {
    fn from(state: RequestState) -> Self {
        match state {
            RequestState::Reload => Self::Reload,
            RequestState::Evidence => Self::Evidence,
            RequestState::Save { timers } => Self::Save(timers.into_iter().map(Into::into).collect()),
            RequestState::Share { account, connections } => Self::Share(ShareOrder { account, connections }),
            RequestState::Sample => Self::Sample,
            RequestState::Find { address } => Self::Find(address),
            RequestState::Try { number, entry } => Self::Try(number, Box::new((*entry).into())),
            RequestState::StopTrying => Self::StopTrying,
            RequestState::Add { entry } => Self::Add(Box::new((*entry).into())),
            RequestState::Secret { account, password: PasswordState(password) } => Self::Secret(account, password),
            RequestState::LoggedIn { account } => Self::LoggedIn(account),
            RequestState::Check { number, account } => Self::Check(number, account),
            RequestState::Probe { account, mailbox, ages_ms, parallel, wait_ms, again } => {
                let ages = ages_ms.into_iter().map(Ms::duration).collect();
                let order = Order { ages, parallel, wait: wait_ms.duration(), again };
                Self::Probe(Box::new(ProbeOrder { account, mailbox, order }))
            }
            RequestState::Push { account, mailbox, times } => Self::Push(PushOrder { account, mailbox, times }),
            RequestState::Mails { number, since, watch, late_ms, most } => {
                Self::Mails(number, MailQuery { since: since.0, watch, late: late_ms.map(Ms::duration), most })
            }
            RequestState::Read { number, mail } => Self::Read(number, mail),
            RequestState::StopReading { number } => Self::StopReading(number),
            RequestState::Seen { number, mails } => Self::Seen(number, mails),
            RequestState::Restart => Self::Restart,
            RequestState::Report { since_ms, accounts, watch, with_names } => {
                Self::Report(ReportOrder { since: since_ms.duration(), accounts, watch, with_names })
            }
        }
    }
}
