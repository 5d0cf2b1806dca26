//! The engine of mailwatch: drives the machines of `mailwatch-proto` with sockets, clocks, secrets and a history.
//!
//! [`Engine::start`] takes [`Parts`]: the accounts, what dials and what gets passwords, the history, and the engine's ends of
//! a [`link::link`]. The front end holds the other ends: a board of what is true now, events of what happened, a way for
//! commands. The engine knows no front end and waits for none.
//!
//! Each account has an allocator, which decides which mailboxes get connections of their own (`allocator`), and a task for
//! each of these (`driver`).

mod account;
mod account_handle;
mod action;
mod allocator;
pub mod browser;
mod canary;
pub mod check;
mod clock;
mod concurrency_limit;
pub mod config;
mod connecting;
mod connection_limit;
mod credential_cache;
pub mod dial;
pub mod discover;
mod driver;
mod earlier;
mod engine;
mod engine_context;
pub mod engine_lock;
#[doc(hidden)]
pub mod give_back;
pub mod headers;
pub mod history;
mod hook;
pub mod http;
mod identity;
pub mod json;
mod learned_timing;
mod lending;
pub mod link;
mod log_in;
pub mod login_governor;
pub mod mail_text;
pub mod malloc;
pub mod metrics;
pub mod network;
pub mod notify;
pub mod open_files;
pub mod open_mail;
pub mod probe;
mod process;
mod publish;
pub mod push_test;
mod queue;
mod reconfigured;
mod record;
pub mod replay;
pub mod report;
#[cfg(test)]
mod repository;
pub mod requests;
pub mod secret;
pub mod session;
mod shared_mailbox;
mod sightings;
pub mod signals_at_exec;
pub mod size_limit;
pub mod special_uses;
mod stall_trace;
pub mod status;
pub mod stranger;
pub mod suspend;
mod system_event_sender;
mod system_events;
mod task;
pub mod tcp_evidence;
mod told_mails;
mod trace_room;
pub mod user_program;
mod user_timeout;
mod watch_factory;
mod watch_handle;
pub mod weakness;
pub mod wire;

pub use self::engine::{Engine, MailHands, Parts, watch_ids};
pub use self::hook::{HOOK_VARIABLES, hook_variables};
pub use self::reconfigured::Reconfigured;
pub use self::system_event_sender::SystemEventSender;
