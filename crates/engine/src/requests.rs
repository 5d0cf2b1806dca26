//! What any front end may request beyond the engine's commands: reload, save, add an account, the evidence. Typed messages
//! and the service that executes them.

mod adding;
mod app_service;
mod bench;
mod changes;
mod channel;
mod evidence;
mod finding;
mod mails;
mod message;
mod reading;
mod restarting;
mod saving;
mod selection;
mod service;
mod source;
mod trial;

pub use self::app_service::{AppService, RunningService};
pub use self::changes::changed_settings;
pub use self::channel::{Asked, RequestClient, RequestQueue, WeakRequestClient, request_channel};
pub use self::evidence::{EvidenceOrder, Gathered, NoReport, Written, begin_evidence, is_free};
pub use self::mails::list_mails;
pub use self::message::{
    Entry, FoundServer, Keep, Password, ProbeOrder, PushOrder, Reply, ReportHead, ReportOrder, Request, ShareOrder,
};
pub use self::reading::{Readings, answer_marked};
pub use self::selection::Selection;
pub use self::service::{Service, serve};
pub use self::source::{ConfigSource, NextProgram, NotLoaded, UiSettings};
