//! The edge of the notifications: gives the [`Notifier`] the time, the desktop's thread what is to be shown there, and
//! the screen the rest. It waits for nothing but events and deadlines: a daemon that hangs has its mail summed up.

use std::io;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep_until, timeout};

use super::desktop::DesktopThread;
use super::digest::Digest;
use super::notifier::{Action, Notifier};
use super::sequence::Alert;
use mailwatch_proto::model::{Event, Notifications, Now};

/// A daemon that has not shown a note by then is told of in the log.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the last note may take as the program ends.
const LAST_NOTE: Duration = Duration::from_millis(300);

/// Where notifications go.
#[derive(Debug)]
pub struct Outlets<C, S, L> {
    /// Makes the way to the desktop, when it is first needed and after it broke.
    pub desktop: C,
    /// Hands what the terminal is to do to the screen, without waiting.
    pub screen: S,
    /// Says once what is wrong, in a sentence.
    pub log: L,
}

/// Runs until the front end has ended, whose `events` it overhears.
pub async fn run<C, S, L>(
    mut events: mpsc::UnboundedReceiver<Event>,
    mut settings: watch::Receiver<Notifications>,
    zone: TimeZone,
    outlets: Outlets<C, S, L>,
    now: impl Fn() -> Now,
) where
    C: FnMut() -> io::Result<DesktopThread>,
    S: FnMut(Alert),
    L: FnMut(String),
{
    let mut notifier = Notifier::new(settings.borrow_and_update().clone(), zone);
    let Outlets { desktop, mut screen, log } = outlets;
    let mut desktop = Desktop::new(desktop, log);
    loop {
        let (due, late) = (notifier.due(), desktop.late());
        let actions = tokio::select! {
            event = events.recv() => match event {
                Some(event) => notifier.take(&event, now()),
                None => break,
            },
            Ok(()) = settings.changed() => notifier.retune(settings.borrow_and_update().clone(), now()),
            shown = desktop.shown() => {
                desktop.took(shown, now().at);
                continue;
            }
            () = at(due) => notifier.tick(now()),
            () = at(late) => {
                desktop.complain_of_silence();
                continue;
            }
        };
        perform(actions, &mut desktop, &mut screen, now().at);
    }
    perform(notifier.finish(now()), &mut desktop, &mut screen, now().at);
    // It is shown in time or not at all: nobody waits for a daemon that hangs.
    let _ = timeout(LAST_NOTE, desktop.rest(&now)).await;
}

fn perform<C, L>(actions: Vec<Action>, desktop: &mut Desktop<C, L>, screen: &mut impl FnMut(Alert), now: Instant)
where
    C: FnMut() -> io::Result<DesktopThread>,
    L: FnMut(String),
{
    for action in actions {
        match action {
            Action::Desktop(digest) => desktop.show(digest, now),
            Action::Screen(alert) => screen(alert),
        }
    }
}

/// Waits for a moment; for ever where there is none.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// The desktop as this side sees it: one note at a time is with it.
struct Desktop<C, L> {
    open: C,
    log: L,
    thread: Option<DesktopThread>,
    /// When the note that it has not shown yet was handed over.
    showing: Option<Instant>,
    /// What came meanwhile.
    waiting: Option<Digest>,
    said: Said,
}

/// What was said in the log of a desktop that shows nothing: once, until it has shown something again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Silent,
    Refused,
}

impl<C, L> Desktop<C, L>
where
    C: FnMut() -> io::Result<DesktopThread>,
    L: FnMut(String),
{
    const fn new(open: C, log: L) -> Self {
        Self { open, log, thread: None, showing: None, waiting: None, said: Said::Nothing }
    }

    /// Has it shown, at once or together with what else waits.
    fn show(&mut self, digest: Digest, now: Instant) {
        let digest = match self.waiting.take() {
            Some(mut waiting) => {
                waiting.append(digest);
                waiting
            }
            None => digest,
        };
        if self.showing.is_some() {
            self.waiting = Some(digest);
            return;
        }
        let thread = match self.thread.take().map_or_else(&mut self.open, Ok) {
            Ok(thread) => thread,
            Err(error) => return self.complain(&error.to_string()),
        };
        // It takes one at a time and has none: a way that is full or closed is a thread that broke.
        if thread.notes.try_send(digest.note()).is_ok() {
            self.showing = Some(now);
            self.thread = Some(thread);
        } else {
            self.complain("their thread has ended");
        }
    }

    /// What became of the note that is with it. Never comes while there is none. Cancel-safe.
    async fn shown(&mut self) -> Result<(), String> {
        match (&mut self.thread, self.showing) {
            (Some(thread), Some(_)) => {
                thread.shown.recv().await.unwrap_or_else(|| Err("their thread has ended".to_owned()))
            }
            (_, _) => std::future::pending().await,
        }
    }

    /// Takes that, and has the next one shown.
    fn took(&mut self, shown: Result<(), String>, now: Instant) {
        self.showing = None;
        match shown {
            Ok(()) => self.said = Said::Nothing,
            Err(reason) => {
                // A thread that has ended is replaced, and one that has not goes on with another.
                self.thread = None;
                self.complain(&reason);
            }
        }
        if let Some(waiting) = self.waiting.take() {
            self.show(waiting, now);
        }
    }

    /// When the note that is with it has been there for too long, and nobody has been told.
    fn late(&self) -> Option<Instant> {
        self.showing.filter(|_| self.said == Said::Nothing).map(|since| since + PATIENCE)
    }

    fn complain_of_silence(&mut self) {
        self.said = Said::Silent;
        (self.log)("the notification daemon does not answer; new mail is summed up until it does".to_owned());
    }

    fn complain(&mut self, reason: &str) {
        if self.said != Said::Refused {
            self.said = Said::Refused;
            (self.log)(unshown(reason));
        }
    }

    /// Waits until nothing is left to be shown.
    async fn rest(&mut self, now: &impl Fn() -> Now) {
        while self.showing.is_some() {
            let shown = self.shown().await;
            self.took(shown, now().at);
        }
    }
}

/// Why nothing is shown, and what to do.
fn unshown(reason: &str) -> String {
    let advice = if cfg!(not(feature = "desktop")) {
        "write desktop = false in [notify]"
    } else if cfg!(all(unix, not(target_os = "macos"))) {
        "start a notification daemon (dunst, mako, the desktop's own) in this session's D-Bus, or write desktop = false in \
         [notify]"
    } else {
        "allow them in the system's settings, or write desktop = false in [notify]"
    };
    format!("notifications cannot be shown on the desktop: {reason}; {advice}. This is said once")
}
