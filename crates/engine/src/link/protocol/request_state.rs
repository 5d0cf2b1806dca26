//! Requests to the engine as a whole, as the protocol writes them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entry_state::{EntryState, PasswordState};
use super::name;
use super::time::Ms;
use crate::config::save::{Place, Tuned};
use crate::requests::{Password, Request};
use mailwatch_proto::model::{Setting, Timer};

/// What a front end may want of an engine in another process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requested {
    /// What a front end in the same process may want too.
    Service(Request),
    /// To start its new binary in its own place.
    Restart,
    /// To count new mails from nothing, for every front end.
    ResetNew,
    /// To take an account's password, or the code for its token, and to try with it at once. Kept in memory alone.
    Secret {
        /// The account's name.
        account: String,
        /// Its password.
        password: Password,
    },
}

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
    /// Start the engine's new binary in its place.
    Restart,
    /// Count new mails from nothing.
    ResetNew,
    /// Take an account's password into memory, and try with it at once.
    Secret {
        /// The account's name.
        account: String,
        /// Its password.
        password: PasswordState,
    },
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

impl From<Requested> for RequestState {
    fn from(requested: Requested) -> Self {
        match requested {
            Requested::Service(request) => request.into(),
            Requested::Restart => Self::Restart,
            Requested::ResetNew => Self::ResetNew,
            Requested::Secret { account, password } => Self::Secret { account, password: PasswordState(password) },
        }
    }
}

impl From<Request> for RequestState {
    fn from(request: Request) -> Self {
        match request {
            Request::Reload => Self::Reload,
            Request::Evidence => Self::Evidence,
            Request::Save(timers) => Self::Save { timers: timers.into_iter().map(Into::into).collect() },
            Request::Sample => Self::Sample,
            Request::Find(address) => Self::Find { address },
            Request::Try(number, entry) => Self::Try { number, entry: Box::new((*entry).into()) },
            Request::StopTrying => Self::StopTrying,
            Request::Add(entry) => Self::Add { entry: Box::new((*entry).into()) },
        }
    }
}

impl From<RequestState> for Requested {
    fn from(state: RequestState) -> Self {
        Self::Service(match state {
            RequestState::Reload => Request::Reload,
            RequestState::Evidence => Request::Evidence,
            RequestState::Save { timers } => Request::Save(timers.into_iter().map(Into::into).collect()),
            RequestState::Sample => Request::Sample,
            RequestState::Find { address } => Request::Find(address),
            RequestState::Try { number, entry } => Request::Try(number, Box::new((*entry).into())),
            RequestState::StopTrying => Request::StopTrying,
            RequestState::Add { entry } => Request::Add(Box::new((*entry).into())),
            RequestState::Restart => return Self::Restart,
            RequestState::ResetNew => return Self::ResetNew,
            RequestState::Secret { account, password: PasswordState(password) } => {
                return Self::Secret { account, password };
            }
        })
    }
}
