//! How a front end reaches its engine: in this process, in another, on several hosts.

use tokio::sync::mpsc;

use super::commander::Order;
#[cfg(unix)]
use super::hosts::links::HostLinks;
use mailwatch_proto::model::{MailKey, WatchId};

/// How a front end reaches its engine, and what its confirmations mean.
#[derive(Debug)]
pub(super) enum Way {
    /// In this process, and what it confirms counts as told.
    Reporter(mpsc::UnboundedSender<MailKey>),
    /// In this process.
    Reader,
    /// In another process.
    Remote(Remote),
    /// On several hosts.
    #[cfg(unix)]
    Hosts(Remote, HostLinks),
}

/// The way to an engine in another process.
#[derive(Debug)]
pub(super) struct Remote {
    /// Commands.
    pub orders: mpsc::Sender<Order>,
    /// What else is wanted.
    pub wishes: mpsc::UnboundedSender<Wish>,
    /// Whether the engine wants to know which mails were told: this front end has a name there.
    pub confirms: bool,
}

/// What a front end may want of an engine in another process, besides commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// The trace's lines, or no longer.
    Wire(bool),
    /// What is over of this watch, kept up until another is wanted.
    Past(WatchId),
    /// This mail has been told.
    Confirm(MailKey),
    /// A proof that it is alive.
    #[cfg_attr(not(unix), expect(dead_code, reason = "no host is reached on this system"))]
    Ping,
}
