//! How many screens are open.

use std::sync::Weak;

use tokio::sync::watch;

use super::Publisher;
use crate::link::hub::Hub;

/// An open screen, until dropped.
#[derive(Debug)]
pub struct OpenScreen(Weak<Hub>);

impl Publisher {
    /// A screen is open, until what this returns is dropped.
    #[must_use]
    pub fn open_screen(&self) -> OpenScreen {
        self.0.screens.send_modify(|open| *open += 1);
        OpenScreen(std::sync::Arc::downgrade(&self.0))
    }

    /// How many screens are open.
    #[must_use]
    pub fn screens(&self) -> watch::Receiver<usize> {
        self.0.screens.subscribe()
    }
}

impl Drop for OpenScreen {
    fn drop(&mut self) {
        if let Some(hub) = self.0.upgrade() {
            hub.screens.send_modify(|open| *open = open.saturating_sub(1));
        }
    }
}
