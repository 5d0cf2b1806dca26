//! What became of a request, as the protocol writes it.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::base64_text;
use super::mail_text_state::MailTextState;
use super::mails_state::{self, DelaysState, KeptMailState};
use super::name;
use super::probe_state::ProbeState;
use super::push_state::PushState;
use super::receipt_state::FaultState;
use super::time::Ms;
use crate::config::{ConfigError, Wrong};
use crate::requests::{FoundServer, Reply, ReportHead};
use mailwatch_proto::model::check::{Outcome, Step, StepKind};
use mailwatch_proto::model::{Auth, MailKey, TlsMode};

/// Columns of a rendered configuration's problems.
const WIDTH: usize = 100;

/// What became of a request, or what the engine says unasked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ReplyState {
    /// It was done.
    Done {
        /// A sentence that says what.
        text: String,
    },
    /// The configuration was read, and is in force. What concerns front ends, each reads by itself.
    Read {
        /// A sentence that says what changed.
        text: String,
    },
    /// It could not be done.
    Failed {
        /// A sentence that says why, and what to do.
        text: String,
    },
    /// The configuration cannot be used; the one read before stays in force.
    Config {
        /// The problems, each with its place, as lines for a terminal without colours.
        text: String,
        /// The file.
        path: String,
        /// Whether there is no such file.
        missing: bool,
    },
    /// The server of an address, if one was found.
    Found {
        /// The address.
        address: String,
        /// The server.
        server: Option<Box<ServerFound>>,
    },
    /// A step of the connection on trial.
    Step {
        /// The trial's number.
        number: u64,
        /// The step.
        step: StepState,
    },
    /// The end of the connection on trial.
    Tried {
        /// The trial's number.
        number: u64,
        /// Whether every step went well.
        well: bool,
    },
    /// An account cannot be as it was typed.
    Wrong {
        /// The key of an `[[account]]` that it is about.
        key: Option<String>,
        /// What is wrong, and what to write instead.
        text: String,
    },
    /// Unasked: a sentence that says what to do.
    Notice {
        /// The sentence.
        text: String,
    },
    /// The keyring does not take the password.
    NotKept {
        /// A sentence that says why.
        text: String,
    },
    /// The mails that were asked for.
    Mails {
        /// The request's number.
        number: u64,
        /// The mails, the newest first.
        mails: Vec<KeptMailState>,
        /// How late the mails of that time and watch were told.
        delays: DelaysState,
    },
    /// The mail that was to be read.
    MailText {
        /// The request's number.
        number: u64,
        /// The mail.
        mail: Box<MailTextState>,
    },
    /// A mail could not be read.
    NotRead {
        /// The request's number.
        number: u64,
        /// A sentence that says why.
        text: String,
    },
    /// Mails are marked as seen.
    Marked {
        /// The request's number.
        number: u64,
        /// Those that are.
        mails: Vec<MailKey>,
        /// Why others are not.
        text: Option<String>,
    },
    /// A probe has come so far.
    Probing {
        /// What it tells.
        probe: Box<ProbeState>,
    },
    /// A probe is over.
    Probed,
    /// A push test has come so far.
    Pushing {
        /// What it tells.
        push: Box<PushState>,
    },
    /// A push test is over.
    Pushed {
        /// Whether each message was announced, and none is left.
        well: bool,
    },
    /// A report is there; its parts follow.
    Report {
        /// The file's own name.
        name: String,
        /// Its bytes.
        size: usize,
        /// How many stalls it tells of.
        stalls: usize,
    },
    /// The next bytes of the report.
    Part {
        /// In base64.
        #[serde(with = "base64_text")]
        data: Vec<u8>,
    },
}

/// A server that an address may belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFound {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is encrypted.
    #[serde(with = "name")]
    pub tls: TlsMode,
    /// How one logs in there.
    #[serde(with = "name")]
    pub auth: Auth,
    /// The login name.
    pub user: String,
    /// Where this comes from, in words.
    pub source: String,
    /// What to know before logging in there.
    pub note: Option<String>,
}

/// A step of a connection on trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepState {
    /// Which.
    #[serde(with = "name")]
    pub step: StepKind,
    /// How long it took.
    pub took_ms: Ms,
    /// What it found, or why it was left out.
    pub text: Option<String>,
    /// Whether it was left out.
    #[serde(default)]
    pub left_out: bool,
    /// Why it failed.
    pub fault: Option<FaultState>,
}

impl ReplyState {
    /// The form of a reply; `None` for an alert, which only a terminal in the engine's process can show.
    #[must_use]
    pub fn of<S>(reply: &Reply<S>, now: Instant) -> Option<Self> {
        Some(match reply {
            Reply::Done(text) => Self::Done { text: text.clone() },
            Reply::Read { said, ui: _ } => Self::Read { text: said.clone() },
            Reply::Failed(text) => Self::Failed { text: text.clone() },
            Reply::Config(error) => Self::config(error),
            Reply::Found(address, server) => {
                let server = server.as_deref().map(|server| Box::new(ServerFound::from(server)));
                Self::Found { address: address.clone(), server }
            }
            Reply::Step(number, step) => Self::Step { number: *number, step: step.into() },
            Reply::Tried(number, well) => Self::Tried { number: *number, well: *well },
            Reply::Wrong(Wrong { key, message }) => Self::Wrong { key: key.clone(), text: message.clone() },
            Reply::Alert(_) => return None,
            Reply::Notice(text) => Self::Notice { text: text.clone() },
            Reply::NotKept(text) => Self::NotKept { text: text.clone() },
            Reply::Mails(number, _, list) => {
                let (mails, delays) = mails_state::parts(list);
                Self::Mails { number: *number, mails, delays }
            }
            Reply::MailText(number, mail) => {
                Self::MailText { number: *number, mail: Box::new((**mail).clone().into()) }
            }
            Reply::NotRead(number, text) => Self::NotRead { number: *number, text: text.clone() },
            Reply::Marked(number, mails, text) => {
                Self::Marked { number: *number, mails: mails.clone(), text: text.clone() }
            }
            Reply::Probing(update) => Self::Probing { probe: Box::new(ProbeState::of(update, now)) },
            Reply::Probed => Self::Probed,
            Reply::Pushing(step) => Self::Pushing { push: Box::new((&**step).into()) },
            Reply::Pushed(well) => Self::Pushed { well: *well },
            Reply::Report(ReportHead { name, size, stalls }) => {
                Self::Report { name: name.clone(), size: *size, stalls: *stalls }
            }
            Reply::Part(data) => Self::Part { data: data.clone() },
        })
    }

    /// The form of a configuration's problems.
    #[must_use]
    pub fn config(error: &ConfigError) -> Self {
        Self::Config {
            text: error.render(WIDTH, false),
            path: error.path().display().to_string(),
            missing: error.is_missing(),
        }
    }

    /// The reply; `None` where it says nothing that this version knows. `ui` is what the front end's own configuration says; a configuration's problems are a failure in words.
    #[must_use]
    pub fn reply<S>(self, ui: impl FnOnce() -> S, now: Instant) -> Option<Reply<S>> {
        Some(match self {
            Self::Done { text } => Reply::Done(text),
            Self::Read { text } => Reply::Read { said: text, ui: ui() },
            Self::Failed { text } | Self::Config { text, path: _, missing: _ } => Reply::Failed(text),
            Self::Found { address, server } => Reply::Found(address, server.map(|server| Box::new((*server).into()))),
            Self::Step { number, step } => Reply::Step(number, step.into()),
            Self::Tried { number, well } => Reply::Tried(number, well),
            Self::Wrong { key, text } => Reply::Wrong(Wrong { key, message: text }),
            Self::Notice { text } => Reply::Notice(text),
            Self::NotKept { text } => Reply::NotKept(text),
            Self::Mails { number, mails, delays } => {
                Reply::Mails(number, "".into(), Box::new(mails_state::list(mails, delays)))
            }
            Self::MailText { number, mail } => Reply::MailText(number, Box::new((*mail).into())),
            Self::NotRead { number, text } => Reply::NotRead(number, text),
            Self::Marked { number, mails, text } => Reply::Marked(number, mails, text),
            Self::Probing { probe } => Reply::Probing(Box::new(probe.update(now)?)),
            Self::Probed => Reply::Probed,
            Self::Pushing { push } => Reply::Pushing(Box::new((*push).into())),
            Self::Pushed { well } => Reply::Pushed(well),
            Self::Report { name, size, stalls } => Reply::Report(ReportHead { name, size, stalls }),
            Self::Part { data } => Reply::Part(data),
        })
    }
}

impl From<&FoundServer> for ServerFound {
    fn from(server: &FoundServer) -> Self {
        let FoundServer { host, port, tls, auth, user, source, note } = server.clone();
        Self { host, port, tls, auth, user, source, note }
    }
}

impl From<ServerFound> for FoundServer {
    fn from(ServerFound { host, port, tls, auth, user, source, note }: ServerFound) -> Self {
        Self { host, port, tls, auth, user, source, note }
    }
}

impl From<&Step> for StepState {
    fn from(Step { kind, took, outcome }: &Step) -> Self {
        let (text, left_out, fault) = match outcome {
            Outcome::Done(text) => (Some(text.clone()), false, None),
            Outcome::LeftOut(why) => (Some(why.clone()), true, None),
            Outcome::Failed(fault) => (None, false, Some(fault.into())),
        };
        Self { step: *kind, took_ms: (*took).into(), text, left_out, fault }
    }
}

impl From<StepState> for Step {
    fn from(StepState { step, took_ms, text, left_out, fault }: StepState) -> Self {
        let text = text.unwrap_or_default();
        let outcome = match fault {
            Some(fault) => Outcome::Failed(fault.into()),
            None if left_out => Outcome::LeftOut(text),
            None => Outcome::Done(text),
        };
        Self { kind: step, took: took_ms.duration(), outcome }
    }
}
