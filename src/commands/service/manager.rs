//! Who starts the user's services here: one of those that this program knows.

use std::path::PathBuf;

use super::definition::{agent, sealed, unit};
use super::launch::Launch;
use super::launchd::Launchd;
use super::place::{Place, System};
use super::seen::Seen;
use super::systemd::{Systemd, UNIT};
use super::tool::Trouble;

/// The service manager.
#[derive(Clone, Copy, Debug)]
pub(super) enum Manager<'p> {
    Systemd(Systemd<'p>),
    Launchd(Launchd<'p>),
}

impl<'p> Manager<'p> {
    /// This system's.
    pub(super) const fn of(place: &'p Place) -> Option<Self> {
        match place.system {
            System::Systemd => Some(Self::Systemd(Systemd::new(place))),
            System::Launchd => Some(Self::Launchd(Launchd::new(place))),
            System::Other => None,
        }
    }

    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Systemd(_) => "systemd",
            Self::Launchd(_) => "launchd",
        }
    }

    /// Where the user's own definition goes.
    pub(super) async fn file(self) -> Result<PathBuf, Trouble> {
        match self {
            Self::Systemd(systemd) => systemd.file().await,
            Self::Launchd(launchd) => Ok(launchd.file()),
        }
    }

    /// What it knows of the service.
    pub(super) async fn look(self) -> Result<Seen, Trouble> {
        match self {
            Self::Systemd(systemd) => systemd.look().await,
            Self::Launchd(launchd) => launchd.look().await,
        }
    }

    /// The service's definition, sealed.
    pub(super) fn definition(self, launch: &Launch, place: &Place) -> String {
        match self {
            Self::Systemd(_) => sealed(&unit(launch), ("# ", "")),
            Self::Launchd(_) => sealed(&agent(launch, &place.home.to_string_lossy()), ("<!-- ", " -->")),
        }
    }

    /// Has it enable and start the service; anew where it runs by another definition.
    pub(super) async fn begin(self, anew: bool) -> Result<(), Trouble> {
        match self {
            Self::Systemd(systemd) => systemd.begin(anew).await,
            Self::Launchd(launchd) => launchd.begin(anew).await,
        }
    }

    /// Has it stop and disable the service.
    pub(super) async fn end(self) -> Result<(), Trouble> {
        match self {
            Self::Systemd(systemd) => systemd.end().await,
            Self::Launchd(launchd) => launchd.end().await,
        }
    }

    /// Has it notice that the definition is gone.
    pub(super) async fn forget(self) -> Result<(), Trouble> {
        match self {
            Self::Systemd(systemd) => systemd.forget().await,
            // What is unloaded is forgotten.
            Self::Launchd(_) => Ok(()),
        }
    }

    /// How to allow a service that was forbidden.
    pub(super) fn unmask(self) -> String {
        match self {
            Self::Systemd(_) => format!("systemctl --user unmask {UNIT}"),
            Self::Launchd(_) => "launchctl enable".to_owned(),
        }
    }

    /// How to read what the service says.
    pub(super) fn log(self) -> &'static str {
        match self {
            Self::Systemd(_) => "journalctl --user -u mailwatch-tui -f",
            Self::Launchd(_) => "tail -f ~/Library/Logs/mailwatch-tui.log",
        }
    }
}
