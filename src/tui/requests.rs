//! What the screen requests of the program around it, and what it hears: the engine's requests with the screen's settings.

pub use mailwatch_engine::config::save::{Place, Tuned};
pub use mailwatch_engine::history::{KeptMail, MailList, MailQuery};
pub use mailwatch_engine::requests::{Entry, FoundServer, Keep, Password, Request, ShareOrder};

use super::settings::Ui;

/// What became of a request.
pub type Reply = mailwatch_engine::requests::Reply<Ui>;

/// The screen's end.
pub type RequestClient = mailwatch_engine::requests::RequestClient<Ui>;

/// An end that keeps no service running.
pub type WeakRequestClient = mailwatch_engine::requests::WeakRequestClient<Ui>;

/// The end of what serves the screen.
pub type RequestQueue = mailwatch_engine::requests::RequestQueue<Ui>;
