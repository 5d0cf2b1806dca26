//! What the watches of all accounts are made with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::watch;

use crate::connecting::Connecting;
use crate::dial::Dial;
use crate::history::{History, WatchKey};
use crate::link::Publisher;
use crate::login_governor::LoginGovernor;
use crate::secret::CredentialSource;
use crate::sightings::Sightings;
use crate::special_uses::SpecialUses;
use crate::system_events::SystemEvents;
use mailwatch_proto::model::WatchId;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct EngineContext {
    /// Makes connections.
    pub dial: Arc<dyn Dial>,
    /// Gets passwords and tokens.
    pub secrets: Arc<dyn CredentialSource>,
    /// The hosts to which connections are made.
    pub connecting: Connecting,
    /// Counts logins.
    pub governor: LoginGovernor,
    /// Keeps what was seen.
    pub history: History,
    /// The link's end.
    pub publisher: Publisher,
    /// Numbers for connections.
    pub numbers: Arc<AtomicU64>,
    /// What happens to the machine.
    pub events: watch::Sender<SystemEvents>,
    /// The watches' keys in the history. Mails of these watches can be confirmed.
    pub keys: watch::Sender<BTreeMap<WatchId, WatchKey>>,
    /// The push tests' messages that are on their way.
    pub sightings: Sightings,
    /// What asks which mailboxes hold one's own mail.
    pub uses: SpecialUses,
    /// Where days begin.
    pub tz: jiff::tz::TimeZone,
}
