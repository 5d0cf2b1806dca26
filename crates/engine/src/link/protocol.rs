//! The forms of the protocol between the engine and a front end in another process: JSON objects, one a line. Data only; the
//! socket is elsewhere, and docs/protocol.md says what the messages mean.
//!
//! A reader ignores fields that it does not know, and messages too ([`NotUnderstood::Message`]), so that programs of other
//! versions work together. A form mirrors a type of the vocabulary, `…State` its namesake, and is converted both ways.

mod base64_text;
mod board_state;
mod command;
mod connection_state;
mod entry_state;
mod event_state;
mod gaps_state;
mod kind_state;
mod line;
mod mail_state;
mod mail_text_state;
mod mails_state;
mod message;
mod name;
mod past_state;
mod probe_state;
mod push_state;
mod receipt_state;
mod reply_state;
mod request_state;
mod tally_state;
#[cfg(test)]
mod tests;
mod time;
mod watch_state;

pub use self::board_state::{AgeState, BoardChange, BoardState, CanaryState};
pub use self::command::CommandMessage;
pub use self::connection_state::{ConnectionState, ServerState};
pub use self::entry_state::{DraftState, EntryState, OAuthState, PasswordState};
pub use self::event_state::{DirectionState, EventState, WireState};
pub use self::line::NotUnderstood;
pub use self::mail_state::UnannouncedState;
pub use self::mails_state::{DelaysState, KeptMailState};
pub use self::message::{Answer, Attach, EngineHello, FrontEndHello, Resume, ToEngine, ToFrontEnd};
pub use self::past_state::{
    BlindIntervalState, EndState, LossState, PastQuarantineState, PastReceiptState, PastStallState, PastState,
};
pub use self::probe_state::{ConductState, KnownState, ProbeState};
pub use self::push_state::PushState;
pub use self::receipt_state::{FaultState, FindingState, QuarantinedState, ReceiptState, ResponsesState};
pub use self::reply_state::{ReplyState, ServerFound, StepState};
pub use self::request_state::{RequestState, SettingState};
pub use self::tally_state::{CountsState, HooksState, RoundTripsState, TallyState};
pub use self::time::{Ms, Wall};
pub use self::watch_state::{
    BlindState, CountsOfMail, DeadlineState, LearningState, SharedState, TimerState, WatchState,
};

/// The version of the protocol. It grows when a reader of the version before would misunderstand something; what is only added
/// is a feature.
pub const VERSION: u32 = 1;

/// Bytes of a line to the engine, its end not counted: enough for the confirmations of some thousand mails.
pub const TO_ENGINE_LIMIT: usize = 1024 * 1024;

/// Bytes of a line to a front end: enough for the board of ten thousand watches, some 3 KiB each.
pub const TO_FRONT_END_LIMIT: usize = 64 * 1024 * 1024;

/// What an engine can do, as its hello says it: each what has a name in docs/protocol.md. One that reads a file has fewer.
pub const FEATURES: [&str; 19] = [
    "events",
    "resume",
    "wire",
    "past",
    "confirm",
    "commands",
    "requests",
    "secret",
    "check",
    "probe",
    "push",
    "report",
    "restart",
    "mails",
    "read",
    "seen",
    "share",
    "reset_new",
    "mute",
];
