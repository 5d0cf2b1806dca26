//! What a front end asks of the links to its hosts.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::reach::Carrier;
use super::unreached::Unreached;
use crate::config::HostSetting;

/// What ssh has begun in the foreground, for the host's link to go on with.
#[derive(Debug)]
pub(super) struct Begun {
    pub carrier: Carrier,
    /// Closed once nobody waits: then ssh is given up.
    pub outcome: oneshot::Sender<Result<(), Unreached>>,
}

/// What a front end wants of the links themselves.
#[derive(Debug)]
pub(super) enum Wanted {
    /// Try now.
    Again(Arc<str>),
    /// What concerns no account is for this host from now on.
    Aim(Arc<str>),
    /// Go on with an ssh that was begun in the foreground.
    Begun(Arc<str>, Begun),
}

/// A front end's hold on the links to its hosts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HostLinks(Arc<Links>);

#[derive(Debug)]
struct Links {
    wanted: mpsc::UnboundedSender<Wanted>,
    settings: Vec<HostSetting>,
}

impl HostLinks {
    pub(super) fn new(settings: Vec<HostSetting>) -> (Self, mpsc::UnboundedReceiver<Wanted>) {
        let (wanted, receiver) = mpsc::unbounded_channel();
        (Self(Arc::new(Links { wanted, settings })), receiver)
    }

    /// Has a link that is lost tried at once.
    pub fn again(&self, host: &str) {
        // Without a router there are no links any more; so below.
        let _ = self.0.wanted.send(Wanted::Again(host.into()));
    }

    /// What is requested and concerns no account is for this host from now on.
    pub fn aim(&self, host: &str) {
        let _ = self.0.wanted.send(Wanted::Aim(host.into()));
    }

    /// What is said of a host that ssh reaches.
    pub(super) fn setting(&self, host: &str) -> Option<&HostSetting> {
        self.0.settings.iter().find(|setting| *setting.name == *host)
    }

    /// The link to this host goes on with what ssh has begun in the foreground.
    pub(super) fn begun(&self, host: Arc<str>, begun: Begun) {
        let _ = self.0.wanted.send(Wanted::Begun(host, begun));
    }
}
