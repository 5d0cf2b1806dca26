//! The thread that hands notes to the desktop's notification daemon, and may wait for it as long as it likes.
//!
//! A build without the feature `desktop` has no such thread, and says so.

use std::io;

use tokio::sync::mpsc;

#[cfg(all(feature = "desktop", unix, not(target_os = "macos")))]
use super::bus::serve;
use super::digest::{MailAction, Note};
#[cfg(all(feature = "desktop", not(all(unix, not(target_os = "macos")))))]
use super::system::serve;

/// The channels to a thread that shows one note after another. The thread ends when they are dropped; while the daemon
/// does not answer, nothing waits for it, not even the program's end.
#[derive(Debug)]
pub struct DesktopThread {
    /// Notes to show; one at a time.
    pub notes: mpsc::Sender<Note>,
    /// What became of each: shown, or why not.
    pub shown: mpsc::Receiver<Result<(), String>>,
    /// What persons chose at those that are shown.
    pub chosen: mpsc::Receiver<MailAction>,
}

/// Clicks that may wait to be done; further ones are lost.
#[cfg(feature = "desktop")]
const CLICKS: usize = 16;

impl DesktopThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system gives no thread.
    #[cfg(feature = "desktop")]
    pub fn start() -> io::Result<Self> {
        let (notes, wanted) = mpsc::channel(1);
        let (done, shown) = mpsc::channel(1);
        let (click, chosen) = mpsc::channel(CLICKS);
        let thread = std::thread::Builder::new().name("notifications".to_owned());
        thread.spawn(move || serve(wanted, &done, &click))?;
        Ok(Self { notes, shown, chosen })
    }

    /// Starts nothing.
    ///
    /// # Errors
    /// Always: this build has no desktop notifications.
    #[cfg(not(feature = "desktop"))]
    pub fn start() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "this program was built without them (feature desktop)"))
    }
}
