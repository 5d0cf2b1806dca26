//! An embedded IMAP server that misbehaves on demand: for `mailwatch-tui demo`, for the engine's tests, for outsiders.
//!
//! It speaks `IMAP4rev1` well enough for ordinary clients and writes every reply itself, so that broken ones are
//! possible. What goes wrong is data: a [`Scenario`] made of [`Fault`]s. Time passes through tokio alone, so that a
//! paused clock governs it; it knows nothing of the engine.

mod arguments;
mod catalogue;
mod certificate;
mod command;
mod fault;
mod fetch;
mod idle;
mod input;
mod letters;
mod listening;
mod login;
mod mailbox;
mod mailboxes;
mod message;
mod mime;
mod misfortune;
mod notify;
mod observe;
mod odd_lines;
mod payload;
mod scenario;
mod search;
mod selected;
mod serve;
mod server;
mod session;
mod sets;

mod store;
mod stream;

pub use certificate::{Certificate, certificate};
pub use fault::{Act, Answer, Close, Fault, Payload, Place, Step, Until, When};
pub use letters::Letters;
pub use listening::{Encryption, Listening};
pub use message::NewMessage;
pub use observe::Logged;
pub use scenario::{Connections, Dialect, Rule, Scenario, UnknownScenario};
pub use serve::{ServeOptions, serve};
pub use server::Server;

/// The login name of every embedded server, unless told otherwise.
pub const USER: &str = "demo@example.org";

/// Its password. Known to all; distinctive, so that a search for it in logs and traces means something.
pub const PASSWORD: &str = "demo-s3cret-7f3a";
