//! IMAP IDLE without I/O: the vocabulary, the IDLE machine, wire framing and parsing, verdicts, learning.
//!
//! Nothing here has a socket, a clock, a thread or a channel: bytes, moments and chance are arguments.

pub mod allocation;
pub mod backoff;
pub mod boot_clock;
pub mod bundle;
pub mod command_governor;
pub mod configured_timers;
pub mod connection;
pub mod greeting;
pub mod heartbeat;
pub mod idle;
pub mod logins;
pub mod model;
pub mod names;
pub mod new_mails;
mod outputs;
pub mod push_proof;
pub mod refusal;
pub mod response;
pub mod sharing;
pub mod token_lifetime;
pub mod told;
pub mod tuning;
pub mod unseen;
pub mod verdict;
pub mod view;
pub mod watch;
pub mod wire;
