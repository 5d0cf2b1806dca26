//! Runs the [`Notifier`]: gives it events and the time, and passes its actions to the desktop's thread and to the screen.
//! Waits for events and deadlines alone: while a daemon hangs, mail is summed up.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep_until, timeout};

use super::desktop::DesktopThread;
use super::digest::{Digest, MailAction, Note};
use super::notifier::{Action, Notifier};
use super::sequence::Alert;
use super::trouble::Trouble;
use mailwatch_proto::model::{Event, Notifications, Now};

/// After this a daemon that has not shown a note is reported in the log.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the last note may take as the program ends.
const LAST_NOTE: Duration = Duration::from_millis(300);

/// Where notifications go.
#[derive(Debug)]
pub struct Outlets<C, S, L, D, P> {
    /// Starts the desktop's thread, when it is first needed and after it broke.
    pub desktop: C,
    /// Passes an alert to the screen, without waiting.
    pub screen: S,
    /// Whether the machine has a default route. Without one no notification says that watches are down.
    pub has_route: fn() -> bool,
    /// Reports once what is wrong, in a sentence.
    pub log: L,
    /// Asks an account's server which mailboxes hold one's own mail, without waiting; the answer goes there.
    pub own_mail: P,
    /// Does what a person chose at a notification, without waiting.
    pub act: D,
}

/// An account, and its mailboxes of the user's own mail, where the server has told them.
pub type OwnMail = (Arc<str>, Option<BTreeSet<String>>);

/// Runs until the front end has ended, whose `events` these are.
pub async fn run<C, S, L, D, P>(
    mut events: mpsc::UnboundedReceiver<Event>,
    mut settings: watch::Receiver<Notifications>,
    zone: TimeZone,
    outlets: Outlets<C, S, L, D, P>,
    now: impl Fn() -> Now,
) where
    C: FnMut() -> io::Result<DesktopThread>,
    S: FnMut(Alert),
    L: FnMut(String),
    D: FnMut(MailAction),
    P: FnMut(Arc<str>, mpsc::UnboundedSender<OwnMail>),
{
    let mut notifier = Notifier::new(settings.borrow_and_update().clone(), zone);
    let Outlets { desktop, mut screen, has_route, log, mut own_mail, mut act } = outlets;
    let (answer, mut answers) = mpsc::unbounded_channel::<OwnMail>();
    let opens = settings.clone();
    let mut desktop = Desktop::new(desktop, log, move |account: &str| opens.borrow().open.contains_key(account));
    loop {
        let (due, late) = (notifier.due(), desktop.late());
        let actions = tokio::select! {
            event = events.recv() => match event {
                Some(event) => {
                    let now = now();
                    if notifier.is_about_to_tell(now) && !has_route() {
                        notifier.has_no_route(now);
                    }
                    notifier.take(&event, now)
                }
                None => break,
            },
            Ok(()) = settings.changed() => notifier.retune(settings.borrow_and_update().clone(), now()),
            Some((account, mailboxes)) = answers.recv() => notifier.own_mail(&account, mailboxes, now()),
            heard = desktop.heard() => {
                match heard {
                    Heard::Shown(shown) => desktop.took(shown, now().at),
                    Heard::Chosen(action) => act(action),
                }
                continue;
            }
            () = at(due) => {
                let now = now();
                if notifier.is_about_to_tell(now) && !has_route() {
                    notifier.has_no_route(now);
                }
                notifier.tick(now)
            }
            () = at(late) => {
                desktop.complain_of_silence();
                continue;
            }
        };
        perform(actions, &mut desktop, &mut screen, &mut |account| own_mail(account, answer.clone()), now().at);
    }
    perform(notifier.finish(now()), &mut desktop, &mut screen, &mut drop, now().at);
    // It is shown in time or not at all: a daemon that hangs is not waited for.
    let _ = timeout(LAST_NOTE, desktop.rest(&now)).await;
}

fn perform<C, L, O>(
    actions: Vec<Action>,
    desktop: &mut Desktop<C, L, O>,
    screen: &mut impl FnMut(Alert),
    ask: &mut impl FnMut(Arc<str>),
    now: Instant,
) where
    C: FnMut() -> io::Result<DesktopThread>,
    L: FnMut(String),
    O: Fn(&str) -> bool,
{
    for action in actions {
        match action {
            Action::Desktop(digest) => desktop.show(Waiting { mail: Some(digest), trouble: None }, now),
            Action::Trouble(trouble) => desktop.show(Waiting { mail: None, trouble: Some(trouble) }, now),
            Action::Screen(alert) => screen(alert),
            Action::Ask(account) => ask(account),
        }
    }
}

/// Waits until a moment; for ever where there is none.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// The desktop's side: one note at a time is with its thread.
struct Desktop<C, L, O> {
    open: C,
    log: L,
    /// Whether something opens this account's mails.
    opens: O,
    thread: Option<DesktopThread>,
    /// When the note that is not shown yet was handed over.
    showing: Option<Instant>,
    /// What came meanwhile.
    waiting: Waiting,
    complaint: Complaint,
}

/// What the thread says.
enum Heard {
    /// Whether the note that is with it was shown.
    Shown(Result<(), String>),
    /// What a person chose at one that was shown before.
    Chosen(MailAction),
}

/// What waits for the thread.
#[derive(Debug, Default)]
struct Waiting {
    mail: Option<Digest>,
    trouble: Option<Trouble>,
}

impl Waiting {
    /// Adds what came later.
    fn append(&mut self, later: Self) {
        match (&mut self.mail, later.mail) {
            (Some(mail), Some(later)) => mail.append(later),
            (mail, later) => *mail = mail.take().or(later),
        }
        match (&mut self.trouble, later.trouble) {
            (Some(trouble), Some(later)) => trouble.append(later),
            (trouble, later) => *trouble = trouble.take().or(later),
        }
    }

    /// The next note: what is wrong comes first.
    fn next(&mut self) -> Option<Note> {
        let trouble = self.trouble.take().map(|trouble| trouble.note());
        trouble.or_else(|| self.mail.take().map(|digest| digest.note()))
    }
}

/// What the log says of a desktop that shows nothing: once, until it has shown something again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Complaint {
    None,
    Silent,
    Refused,
}

impl<C, L, O> Desktop<C, L, O>
where
    C: FnMut() -> io::Result<DesktopThread>,
    L: FnMut(String),
    O: Fn(&str) -> bool,
{
    fn new(open: C, log: L, opens: O) -> Self {
        Self { open, log, opens, thread: None, showing: None, waiting: Waiting::default(), complaint: Complaint::None }
    }

    /// Shows something, at once or together with what else waits.
    fn show(&mut self, more: Waiting, now: Instant) {
        self.waiting.append(more);
        if self.showing.is_some() {
            return;
        }
        let Some(mut note) = self.waiting.next() else { return };
        note.actions.retain(|action| match action {
            MailAction::Open(mail) => (self.opens)(&mail.watch.account),
            MailAction::MarkSeen(_) => true,
        });
        let thread = match self.thread.take().map_or_else(&mut self.open, Ok) {
            Ok(thread) => thread,
            Err(error) => return self.complain(&error.to_string()),
        };
        // It takes one note at a time and has none: a full or closed channel means that the thread broke.
        if thread.notes.try_send(note).is_ok() {
            self.showing = Some(now);
            self.thread = Some(thread);
        } else {
            self.complain("their thread has ended");
        }
    }

    /// What comes from the thread; pending while there is none. Cancel-safe.
    async fn heard(&mut self) -> Heard {
        let Some(thread) = &mut self.thread else { return std::future::pending().await };
        tokio::select! {
            biased;
            shown = thread.shown.recv(), if self.showing.is_some() => {
                Heard::Shown(shown.unwrap_or_else(|| Err("their thread has ended".to_owned())))
            }
            // A thread that ended is noticed at the next note.
            Some(action) = thread.chosen.recv() => Heard::Chosen(action),
            else => std::future::pending().await,
        }
    }

    /// Takes the result, and shows the next note.
    fn took(&mut self, shown: Result<(), String>, now: Instant) {
        self.showing = None;
        match shown {
            Ok(()) => self.complaint = Complaint::None,
            Err(reason) => {
                // The next note gets a new thread: this one has ended, or will with its channel.
                self.thread = None;
                self.complain(&reason);
            }
        }
        self.show(Waiting::default(), now);
    }

    /// When the note has been with the thread for too long; `None` once that was reported.
    fn late(&self) -> Option<Instant> {
        self.showing.filter(|_| self.complaint == Complaint::None).map(|since| since + PATIENCE)
    }

    fn complain_of_silence(&mut self) {
        self.complaint = Complaint::Silent;
        (self.log)("the notification daemon does not answer; new mail is summed up until it does".to_owned());
    }

    fn complain(&mut self, reason: &str) {
        if self.complaint != Complaint::Refused {
            self.complaint = Complaint::Refused;
            (self.log)(unshown(reason));
        }
    }

    /// Waits until nothing is left to show.
    async fn rest(&mut self, now: &impl Fn() -> Now) {
        while self.showing.is_some() {
            match self.heard().await {
                Heard::Shown(shown) => self.took(shown, now().at),
                // What it would be done by is ending.
                Heard::Chosen(_) => {}
            }
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
    format!("notifications cannot be shown on the desktop: {reason}; {advice}. This message comes only once")
}
