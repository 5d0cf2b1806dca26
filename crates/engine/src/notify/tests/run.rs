//! `run`: its clock is tokio's, and the test plays the desktop's thread.

use std::io;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::*;
use crate::notify::{Alert, DesktopThread, MailAction, Note, Outlets, OwnMail, run};
use mailwatch_proto::model::Sequence;

/// The desktop's end of its thread's channels.
struct Desktop {
    notes: mpsc::Receiver<Note>,
    shown: mpsc::Sender<Result<(), String>>,
    chosen: mpsc::Sender<MailAction>,
}

struct Rig {
    clock: Clock,
    events: mpsc::UnboundedSender<Event>,
    settings: watch::Sender<Notifications>,
    desktops: mpsc::UnboundedReceiver<Desktop>,
    alerts: mpsc::UnboundedReceiver<Alert>,
    said: mpsc::UnboundedReceiver<String>,
    acts: mpsc::UnboundedReceiver<MailAction>,
    asked: mpsc::UnboundedReceiver<(Arc<str>, mpsc::UnboundedSender<OwnMail>)>,
    task: JoinHandle<()>,
}

impl Rig {
    fn start(settings: Notifications) -> Self {
        let clock = Clock(tokio::time::Instant::now().into_std());
        let now = move || clock.after(tokio::time::Instant::now().into_std() - clock.0);
        let (events, heard) = mpsc::unbounded_channel();
        let settings = watch::Sender::new(settings);
        let (opened, desktops) = mpsc::unbounded_channel();
        let (alerted, alerts) = mpsc::unbounded_channel();
        let (say, said) = mpsc::unbounded_channel();
        let (acted, acts) = mpsc::unbounded_channel();
        let desktop = move || -> io::Result<DesktopThread> {
            let (notes, wanted) = mpsc::channel(1);
            let (done, shown) = mpsc::channel(1);
            let (clicked, chosen) = mpsc::channel(1);
            opened.send(Desktop { notes: wanted, shown: done, chosen: clicked }).expect("the test listens");
            Ok(DesktopThread { notes, shown, chosen })
        };
        let screen = move |alert| alerted.send(alert).expect("the test listens");
        let log = move |text| say.send(text).expect("the test listens");
        let act = move |chosen| acted.send(chosen).expect("the test listens");
        let (ask, asked) = mpsc::unbounded_channel();
        let own_mail = move |account, answer| ask.send((account, answer)).expect("the test listens");
        let outlets = Outlets { desktop, screen, has_route: || true, log, own_mail, act };
        let task = tokio::spawn(run(heard, settings.subscribe(), TimeZone::UTC, outlets, now));
        Self { clock, events, settings, desktops, alerts, said, acts, asked, task }
    }

    fn mail(&self, subject: &str) {
        self.mail_to("INBOX", subject);
    }

    fn mail_to(&self, mailbox: &str, subject: &str) {
        let now = self.clock.after(tokio::time::Instant::now().into_std() - self.clock.0);
        self.events.send(mail_to(WatchId::new("work", mailbox), subject, now)).expect("it runs");
    }

    async fn desktop(&mut self) -> Desktop {
        self.desktops.recv().await.expect("it runs")
    }
}

impl Desktop {
    async fn note(&mut self) -> Note {
        self.notes.recv().await.expect("it runs")
    }

    async fn title(&mut self) -> String {
        self.note().await.title
    }

    async fn answer(&self, answer: Result<(), &str>) {
        self.shown.send(answer.map_err(str::to_owned)).await.expect("it runs");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_daemon_hangs_mail_is_summed_up_and_the_terminal_is_told_all_the_same() {
    let mut rig = Rig::start(Notifications { bell: true, ..on_the_desktop() });
    rig.mail("a");
    let mut desktop = rig.desktop().await;
    assert_eq!(desktop.title().await, "Ann Lee");
    for _ in 0..3 {
        sleep(S * 60).await;
        rig.mail("b");
    }
    sleep(S * 60).await;
    let mut bells = 0;
    while rig.alerts.try_recv().is_ok() {
        bells += 1;
    }
    assert_eq!(bells, 4);
    let said = rig.said.try_recv().expect("that it hangs is said");
    assert!(said.contains("does not answer"), "{said}");
    assert!(rig.said.try_recv().is_err(), "it is said once");
    desktop.answer(Ok(())).await;
    assert_eq!(desktop.title().await, "3 new mails");
}

#[tokio::test(start_paused = true)]
async fn an_absent_daemon_is_told_of_once_and_again_only_after_it_had_come() {
    let mut rig = Rig::start(on_the_desktop());
    for _ in 0..5 {
        rig.mail("a");
        let mut desktop = rig.desktop().await;
        desktop.title().await;
        desktop.answer(Err("no daemon")).await;
        sleep(S * 60).await;
    }
    let said = rig.said.try_recv().expect("it is said");
    assert!(said.contains("no daemon") && said.contains("desktop = false"), "{said}");
    assert!(rig.said.try_recv().is_err(), "and not for each mail");
    rig.mail("b");
    let mut desktop = rig.desktop().await;
    desktop.title().await;
    desktop.answer(Ok(())).await;
    sleep(S * 60).await;
    rig.mail("c");
    desktop.title().await;
    desktop.answer(Err("it went")).await;
    assert!(rig.said.recv().await.is_some_and(|said| said.contains("it went")));
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_ended_is_replaced() {
    let mut rig = Rig::start(on_the_desktop());
    rig.mail("a");
    let mut desktop = rig.desktop().await;
    desktop.title().await;
    drop(desktop);
    assert!(rig.said.recv().await.is_some_and(|said| said.contains("thread")));
    sleep(S * 60).await;
    rig.mail("b");
    assert_eq!(rig.desktop().await.title().await, "Ann Lee");
}

#[tokio::test(start_paused = true)]
async fn settings_that_change_are_in_force_for_the_next_mail() {
    let mut rig = Rig::start(Notifications::default());
    rig.mail("a");
    sleep(S * 60).await;
    rig.settings.send_replace(Notifications { terminal: Some(Sequence::Auto), ..Notifications::default() });
    sleep(S).await;
    rig.mail("b");
    let alert = rig.alerts.recv().await.expect("it is told");
    assert!(matches!(&alert.note, Some((Sequence::Auto, note)) if note.body.starts_with('b')), "{alert:?}");
    assert!(rig.desktops.try_recv().is_err(), "the desktop was not asked for");
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_a_little_for_the_last_note_and_not_for_a_daemon_that_hangs() {
    let mut rig = Rig::start(on_the_desktop());
    rig.mail("a");
    let began = tokio::time::Instant::now();
    // The last mail is shown at once: there is no later.
    let (closed, _) = mpsc::unbounded_channel();
    drop(std::mem::replace(&mut rig.events, closed));
    let mut desktop = rig.desktop().await;
    assert_eq!(desktop.title().await, "Ann Lee");
    rig.task.await.expect("it ends by itself");
    assert!(began.elapsed() < S, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_chosen_at_a_note_is_done_at_once_and_while_another_is_being_shown() {
    let open = [("work".to_owned(), vec!["open".to_owned()])].into();
    let mut rig = Rig::start(Notifications { open, ..on_the_desktop() });
    rig.mail("a");
    let mut desktop = rig.desktop().await;
    let note = desktop.note().await;
    let [open, seen] = note.actions.as_slice() else { panic!("{note:?}") };
    assert!(matches!((open, seen), (MailAction::Open(_), MailAction::MarkSeen(_))), "{note:?}");
    desktop.answer(Ok(())).await;
    for action in [seen, open] {
        desktop.chosen.send(action.clone()).await.expect("it runs");
        assert_eq!(rig.acts.recv().await.as_ref(), Some(action));
    }
    sleep(S * 60).await;
    rig.mail("b");
    desktop.note().await;
    desktop.chosen.send(seen.clone()).await.expect("it runs");
    assert_eq!(rig.acts.recv().await.as_ref(), Some(seen));
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_not_offered_to_be_opened_where_nothing_opens_it() {
    let mut rig = Rig::start(on_the_desktop());
    rig.mail("a");
    let mut desktop = rig.desktop().await;
    let note = desktop.note().await;
    assert!(matches!(note.actions.as_slice(), [MailAction::MarkSeen(_)]), "{note:?}");
    desktop.answer(Ok(())).await;
    // As it is configured by now.
    let open = [("work".to_owned(), vec!["open".to_owned()])].into();
    rig.settings.send_replace(Notifications { open, ..on_the_desktop() });
    sleep(S * 60).await;
    rig.mail("b");
    assert_eq!(desktop.note().await.actions.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn mail_of_a_mailbox_that_the_server_calls_sent_is_not_told_and_it_is_asked_once() {
    let mut rig = Rig::start(on_the_desktop());
    rig.mail_to("Gesendet", "mine");
    rig.mail_to("lists", "theirs");
    let (account, answer) = rig.asked.recv().await.expect("it runs");
    sleep(S).await;
    answer.send((account, Some(["Gesendet".to_owned()].into()))).expect("it waits");
    let mut desktop = rig.desktop().await;
    let note = desktop.note().await;
    assert_eq!((note.title.as_str(), note.body.as_str()), ("Ann Lee", "theirs\nwork/lists"));
    desktop.answer(Ok(())).await;
    rig.mail_to("Gesendet", "mine");
    sleep(S * 60).await;
    rig.mail_to("lists", "more");
    assert_eq!(desktop.note().await.body, "more\nwork/lists");
    assert!(rig.asked.try_recv().is_err(), "it is known by now");
}

#[tokio::test(start_paused = true)]
async fn where_the_server_does_not_say_whose_mail_it_is_the_mail_is_told_all_the_same() {
    let mut rig = Rig::start(on_the_desktop());
    rig.mail_to("lists", "a");
    let (account, answer) = rig.asked.recv().await.expect("it runs");
    answer.send((account, None)).expect("it waits");
    let mut desktop = rig.desktop().await;
    assert_eq!(desktop.note().await.body, "a\nwork/lists");
    desktop.answer(Ok(())).await;
    // One that says nothing at all.
    sleep(HOUR).await;
    let began = tokio::time::Instant::now();
    rig.mail_to("lists", "b");
    let (account, answer) = rig.asked.recv().await.expect("it is asked again");
    assert_eq!(desktop.note().await.body, "b\nwork/lists");
    assert!(began.elapsed() >= S * 5 && began.elapsed() < S * 7, "{:?}", began.elapsed());
    desktop.answer(Ok(())).await;
    // A late answer is of use.
    answer.send((account, Some(["lists".to_owned()].into()))).expect("it listens");
    sleep(S * 60).await;
    rig.mail_to("lists", "c");
    rig.mail_to("INBOX", "d");
    assert_eq!(desktop.note().await.body, "d\nwork/INBOX");
}
