//! Notifications beside a front end: what it is told of new mail goes to the desktop, and to the screen where there is one.

use std::time::SystemTime;

use jiff::tz::TimeZone;
use mailwatch_engine::link::FrontEnd;
use mailwatch_engine::notify::{self, Outlets};
use mailwatch_proto::model::{Notifications, Now};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::tui::requests::Reply;

/// Notifies of what this front end is told, as the settings say at the time. Ends by itself soon after the front end: to
/// be waited for at the program's end, so that the last mail is told.
pub fn start(
    front_end: &mut FrontEnd,
    settings: watch::Receiver<Notifications>,
    screen: Option<mpsc::Sender<Reply>>,
) -> JoinHandle<()> {
    let heard = front_end.listen(notify::concerns);
    let tell = move |reply| {
        if let Some(screen) = &screen {
            // A screen that cannot take it has other news, or has ended.
            let _ = screen.try_send(reply);
        }
    };
    let log_and_tell = tell.clone();
    let log = move |said: String| {
        tracing::warn!("{said}");
        log_and_tell(Reply::Notice(said));
    };
    let outlets =
        Outlets { desktop: notify::DesktopThread::start, screen: move |alert| tell(Reply::Alert(alert)), log };
    tokio::spawn(notify::run(heard, settings, TimeZone::system(), outlets, now))
}

fn now() -> Now {
    Now { at: tokio::time::Instant::now().into_std(), wall: SystemTime::now() }
}
