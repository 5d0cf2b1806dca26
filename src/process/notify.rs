//! Notifications of new mail beside a front end: on the desktop, and in the terminal if there is a screen.

mod acting;

use std::sync::Arc;
use std::time::SystemTime;

use jiff::tz::TimeZone;
use mailwatch_engine::link::FrontEnd;
use mailwatch_engine::notify::{self, Outlets, OwnMail};
use mailwatch_proto::model::{Notifications, Now};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

pub use self::acting::Acting;
use crate::tui::requests::Reply;

/// Notifies of the front end's new mail by the current settings; `acting` does what is chosen there. Ends soon after the front
/// end; await it at the program's end, so that the last mail is announced.
pub fn start(
    front_end: &mut FrontEnd,
    settings: watch::Receiver<Notifications>,
    screen: Option<mpsc::Sender<Reply>>,
    acting: Acting,
) -> JoinHandle<()> {
    let heard = front_end.listen(notify::concerns);
    let tell = move |reply| {
        if let Some(screen) = &screen {
            // A full queue has other news; a closed one has no reader.
            let _ = screen.try_send(reply);
        }
    };
    let log_and_tell = tell.clone();
    let log = move |said: String| {
        tracing::warn!("{said}");
        log_and_tell(Reply::Notice(said));
    };
    let (opens, say) = (settings.clone(), log.clone());
    let uses = acting.uses();
    let outlets = Outlets {
        desktop: notify::DesktopThread::start,
        screen: move |alert| tell(Reply::Alert(alert)),
        has_route: notify::has_default_route,
        log,
        own_mail: move |account: Arc<str>, answer: mpsc::UnboundedSender<OwnMail>| {
            let uses = uses.clone();
            tokio::spawn(async move {
                let own = match uses {
                    Some(uses) => uses.own_mail(&account).await,
                    None => None,
                };
                // Nobody waits once the program ends.
                let _ = answer.send((account, own));
            });
        },
        act: move |chosen| {
            let (acting, opens, say) = (acting.clone(), opens.borrow().open.clone(), say.clone());
            tokio::spawn(async move {
                if let Err(why) = acting.act(chosen, &opens).await {
                    say(why);
                }
            });
        },
    };
    tokio::spawn(notify::run(heard, settings, TimeZone::system(), outlets, now))
}

fn now() -> Now {
    Now { at: tokio::time::Instant::now().into_std(), wall: SystemTime::now() }
}
