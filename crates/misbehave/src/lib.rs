//! An IMAP server that misbehaves on demand, for the tests of IMAP clients.
//!
//! It speaks `IMAP4rev1` with IDLE and NOTIFY well enough for ordinary clients, over TLS, STARTTLS or in the clear, and
//! writes every reply itself, so that broken ones are possible. What goes wrong is data: a [`Scenario`] made of
//! [`Fault`]s. Mail is kept in memory. A test asks what the server has seen: [`Server::log`], [`Server::dones`],
//! [`Server::wait_until`].
//!
//! Time passes through tokio alone. With [`Server::connect`], which gives a connection within the process, a test under
//! tokio's paused clock waits for nothing:
//!
//! ```
//! use imap_misbehave::{NewMessage, PASSWORD, Scenario, Server, USER};
//! use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> std::io::Result<()> {
//! // DONE is ignored once an IDLE is 20 seconds old, until new mail comes.
//! let server = Server::new(Scenario::by_name("ignores-done=20s").expect("it is on the list"));
//! let (read, mut write) = tokio::io::split(server.connect());
//! let mut lines = BufReader::new(read).lines();
//! write.write_all(format!("a LOGIN {USER} {PASSWORD}\r\nb EXAMINE INBOX\r\nc IDLE\r\n").as_bytes()).await?;
//! while !lines.next_line().await?.is_some_and(|line| line.starts_with('+')) {}
//!
//! tokio::time::sleep(std::time::Duration::from_secs(30)).await;
//! write.write_all(b"DONE\r\n").await?;
//! server.wait_until(|server| server.ignored_dones() == 1).await;
//!
//! // A client that waits for ever misses this; one that gives up and connects again finds it.
//! server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "Friday?"));
//! assert_eq!(lines.next_line().await?.as_deref(), Some("* 1 EXISTS"));
//! # Ok(())
//! # }
//! ```
//!
//! Over sockets: [`Server::listen`]. For clients in other languages: the program `misbehave`.

mod arguments;
mod behaviour;
mod catalogue;
mod certificate;
mod command;
mod fault;
mod fetch;
mod happening;
mod idle;
mod input;
mod interest;
mod letters;
mod listening;
mod login;
mod mailbox;
mod mailboxes;
mod message;
mod mime;
mod misfortune;
mod modified_utf7;
mod notify;
mod observe;
mod odd_lines;
mod payload;
mod reacting;
mod scenario;
mod search;
mod selected;
mod serve;
mod server;
mod session;
mod sets;
mod shared;
mod store;
mod store_deeds;
mod stream;
mod text;

pub use behaviour::read::BehaviourError;
pub use catalogue::UnknownScenario;
pub use certificate::{Certificate, certificate};
pub use fault::{Act, Answer, Close, Fault, Payload, Place, Reaction, Replaced, Step, Until, When};
pub use letters::Letters;
pub use listening::Listening;
pub use message::NewMessage;
pub use scenario::{Connections, Dialect, Rule, Scenario};
pub use serve::{ServeOptions, Served};
pub use server::Server;
pub use shared::Logged;
pub use stream::Encryption;
pub use text::parse_time;

/// The login name of every embedded server, unless told otherwise.
pub const USER: &str = "demo@example.org";

/// Its password. Known to all; distinctive, so that a search for it in logs and traces means something.
pub const PASSWORD: &str = "demo-s3cret-7f3a";
