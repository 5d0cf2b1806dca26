//! What a watch decides, with constructed time and a server of the test's.

mod rates;

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::configured_timers::ConfiguredTimers;
use crate::connection::Incoming;
use crate::connection::task::{Notify, Opened, Outcome, Progress, Task};
use crate::idle::Line;
use crate::model::{Command, ConnId, DoneReason, EventKind, Fault, FaultClass, Phase, Status, Verdict, WatchId};
use crate::response::{Response, StatusText};
use crate::token_lifetime::{Span, TokenLifetime};
use crate::view::Notice;

const S: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Draws(u64);

impl Supply for Draws {
    fn number(&mut self) -> ConnId {
        self.0 += 1;
        ConnId(self.0)
    }

    fn chance(&mut self) -> f64 {
        1.0
    }
}

/// A watch, its clock, and what it wanted done and told so far.
struct Run {
    watch: Watch,
    now: Instant,
    outputs: Vec<Output>,
    events: Vec<EventKind>,
}

impl Run {
    fn new() -> Self {
        let now = Instant::now();
        let timers = Timers::default();
        let watch = Watch::new(Beginning {
            view: View::new(WatchId::new("work", "INBOX"), timers, now),
            peer: "imap.example.org:993".to_owned(),
            supply: Box::new(Draws(0)),
            clock: BootClock::default(),
            configured: ConfiguredTimers { timers, auto: false },
            appeared: None,
            discovers: false,
            sharing: None,
        });
        let mut run = Self { watch, now, outputs: Vec::new(), events: Vec::new() };
        run.watch.begin(now);
        run.drain();
        run
    }

    /// Whose server idles on connection 1.
    fn idling() -> Self {
        let mut run = Self::new();
        run.opened(1, None).plus(1);
        assert_eq!(run.watch.now().phase, Phase::Idling);
        run
    }

    fn drain(&mut self) {
        while let Some(output) = self.watch.poll() {
            match output {
                Output::Notice(_, (_, Notice::Event(_, kind))) => self.events.push(kind),
                Output::Sample(conn) => self.watch.handle(self.now, Input::Sampled(conn, None)),
                other => self.outputs.push(other),
            }
        }
    }

    fn input(&mut self, input: Input) -> &mut Self {
        self.watch.handle(self.now, input);
        self.drain();
        self
    }

    fn after(&mut self, pause: Duration) -> &mut Self {
        self.now += pause;
        self.input(Input::Tick)
    }

    fn finished(&mut self, conn: u64, outcome: Outcome) -> &mut Self {
        let finished = Finished { outcome, tag: "A5".to_owned(), proxy: None };
        self.input(Input::Finished(ConnId(conn), finished))
    }

    /// Its mailbox is open; with a token that lives so long.
    fn opened(&mut self, conn: u64, lives: Option<Duration>) -> &mut Self {
        let token = lives.map(|lives| TokenLifetime { serial: 1, span: Some(Span::new(self.now, lives)) });
        let replace = token.and_then(|token| token.span).map(|span| span.replace(self.now, 0.0));
        let mailbox = Mailbox { exists: 3, unseen: None, uidvalidity: 7, uidnext: 4, epoch: 0 };
        let opened = Some(Opened { idles: true, token, replace });
        self.finished(conn, ready(opened, mailbox))
    }

    /// Its look is done.
    fn looked(&mut self, conn: u64) -> &mut Self {
        let mailbox = Mailbox { exists: 3, unseen: None, uidvalidity: 7, uidnext: 4, epoch: 0 };
        self.finished(conn, ready(None, mailbox))
    }

    fn read(&mut self, conn: u64, response: Response) -> &mut Self {
        self.input(Input::Incoming(ConnId(conn), Incoming::Response(response)))
    }

    fn plus(&mut self, conn: u64) -> &mut Self {
        self.read(conn, Response::Continue { text: "idling".to_owned() })
    }

    fn answered(&mut self, conn: u64) -> &mut Self {
        let text = StatusText { code: None, text: "Idle completed.".to_owned() };
        self.read(conn, Response::Tagged { tag: "A5".to_owned(), status: Status::Ok, text })
    }

    /// Whether this was wanted since the last question.
    fn wanted(&mut self, wanted: impl Fn(&Output) -> bool) -> bool {
        let found = self.outputs.iter().any(wanted);
        self.outputs.clear();
        found
    }

    fn sent_done(&self) -> Option<DoneReason> {
        self.events.iter().rev().find_map(|kind| match kind {
            EventKind::DoneSent { reason, .. } => Some(*reason),
            _ => None,
        })
    }
}

fn ready(opened: Option<Opened>, mailbox: Mailbox) -> Outcome {
    let open: Option<Arc<str>> = Some(Arc::from("INBOX"));
    Outcome::Ready { opened, open, notify: Notify::Off, mailbox: Some(mailbox) }
}

fn starts(conn: u64, of: fn(&Task) -> bool) -> impl Fn(&Output) -> bool {
    move |output| matches!(output, Output::Start(id, task) if *id == ConnId(conn) && of(task))
}

#[test]
fn a_watch_connects_opens_its_mailbox_and_idles() {
    let mut run = Run::new();
    assert!(run.wanted(starts(1, |task| matches!(task, Task::Connect(_)))));
    run.opened(1, None);
    assert!(run.wanted(|output| matches!(output, Output::Send(ConnId(1), Line::Idle))));
    assert_eq!(run.watch.now().phase, Phase::Requested);
    run.plus(1);
    assert_eq!(run.watch.now().phase, Phase::Idling);
}

#[test]
fn the_first_mail_ends_idle_at_once_and_the_next_a_quarter_of_a_second_later() {
    let mut run = Run::idling();
    run.read(1, Response::Exists(4));
    assert_eq!(run.sent_done(), Some(DoneReason::NewMail));
    run.answered(1);
    assert!(run.wanted(starts(1, |task| matches!(task, Task::Look { changed: true, .. }))));
    run.looked(1).plus(1);
    run.events.clear();
    run.read(1, Response::Exists(5));
    assert_eq!(run.sent_done(), None);
    run.after(Duration::from_millis(250));
    assert_eq!(run.sent_done(), Some(DoneReason::NewMail));
}

#[test]
fn a_stall_is_told_kept_in_quarantine_and_replaced_at_once() {
    let mut run = Run::idling();
    run.input(Input::Command(Command::Done)).outputs.clear();
    run.after(10 * S);
    assert!(run.events.iter().any(|kind| matches!(kind, EventKind::Stalled { verdict: Verdict::NotKnown, .. })));
    assert_eq!(run.watch.now().quarantined.as_ref().map(|kept| kept.conn), Some(ConnId(1)));
    assert!(run.outputs.iter().any(starts(2, |task| matches!(task, Task::Connect(_)))));
    assert!(!run.outputs.iter().any(|output| matches!(output, Output::Drop(_))));
    run.opened(2, None).plus(2);
    assert!(matches!(run.events.last(), Some(EventKind::Verdict { verdict: Verdict::Live, .. })));
    assert!(run.events.iter().any(|kind| matches!(kind, EventKind::Replaced { by: ConnId(2), .. })));
    run.answered(1);
    assert!(run.events.iter().any(|kind| matches!(kind, EventKind::DoneAnswered { late: true, .. })));
    assert!(run.wanted(starts(1, |task| matches!(task, Task::Logout { .. }))));
}

#[test]
fn a_quarantined_connection_goes_where_its_place_is_needed() {
    let mut run = Run::idling();
    run.input(Input::Command(Command::Done)).after(10 * S).outputs.clear();
    run.input(Input::RoomNeeded(ConnId(1)));
    assert!(run.wanted(|output| matches!(output, Output::Drop(ConnId(1)))));
    assert_eq!(run.watch.now().quarantined, None);
}

#[test]
fn a_second_failure_within_five_minutes_waits() {
    let mut run = Run::idling();
    let gone = || Fault::retry_after(FaultClass::Closed, "closed");
    run.input(Input::Broken(ConnId(1), gone(), Some(connection::Ending::Closed)));
    assert!(run.wanted(starts(2, |task| matches!(task, Task::Connect(_)))), "the first is at once");
    run.finished(2, Outcome::Failed(gone()));
    assert_eq!(run.watch.now().phase, Phase::Waiting);
    run.after(2 * S);
    assert!(run.wanted(starts(3, |task| matches!(task, Task::Connect(_)))));
}

fn failed() -> Run {
    let mut run = Run::new();
    run.finished(1, Outcome::Failed(Fault::needs_user(FaultClass::Auth, "wrong password")));
    assert_eq!(run.watch.now().phase, Phase::Failed);
    run
}

#[test]
fn what_needs_the_user_is_tried_again_at_once_when_the_user_acts() {
    let acts = [
        Input::Command(Command::Resume),
        Input::Command(Command::Reconnect),
        Input::Command(Command::Done),
        Input::UserActs,
    ];
    for act in acts {
        let mut run = failed();
        run.input(act);
        assert!(run.wanted(starts(2, |task| matches!(task, Task::Connect(connect) if connect.retry_refused))));
    }
}

#[test]
fn what_needs_the_user_is_never_given_up_and_said_once() {
    let mut run = failed();
    for conn in 2..6 {
        let due = run.watch.due(run.now).expect("it is tried again");
        run.after(due - run.now);
        assert!(run.wanted(starts(conn, |task| matches!(task, Task::Connect(connect) if !connect.retry_refused))));
        run.finished(conn, Outcome::Failed(Fault::needs_user(FaultClass::Auth, "wrong password")));
    }
    let told = run.events.iter().filter(|kind| matches!(kind, EventKind::Fault { .. })).count();
    assert_eq!(told, 1);
}

#[test]
fn a_change_of_the_machine_ends_a_wait_once_in_thirty_seconds_and_never_what_needs_the_user() {
    let mut run = Run::new();
    let unreachable = || Outcome::Failed(Fault::retry_after(FaultClass::Tls, "not valid yet"));
    for conn in 1..9 {
        run.finished(conn, unreachable());
        run.after(run.watch.due(run.now).map_or(S, |due| due - run.now));
    }
    run.finished(9, unreachable());
    run.input(Input::ClockSet);
    assert!(run.wanted(starts(10, |task| matches!(task, Task::Connect(connect) if !connect.retry_refused))));
    run.finished(10, unreachable());
    run.input(Input::Rerouted { moved: true });
    assert_eq!(run.watch.now().phase, Phase::Waiting, "a moment ago");
    assert!(run.watch.due(run.now).is_some_and(|due| due <= run.now + 30 * S));

    let mut failed = failed();
    failed.input(Input::ClockSet);
    failed.input(Input::Slept(S));
    failed.input(Input::Rerouted { moved: true });
    assert_eq!(failed.watch.now().phase, Phase::Failed);
}

#[test]
fn a_pause_ends_with_done_and_logout() {
    let mut run = Run::idling();
    run.input(Input::Command(Command::Pause));
    assert_eq!(run.sent_done(), Some(DoneReason::Pause));
    run.answered(1);
    assert!(run.wanted(starts(1, |task| matches!(task, Task::Logout { .. }))));
    run.finished(1, Outcome::LoggedOut);
    assert_eq!((run.watch.now().phase, run.watch.due(run.now)), (Phase::Paused, None));
}

#[test]
fn the_programs_end_takes_no_longer_than_it_may() {
    let mut run = Run::idling();
    run.input(Input::Stop);
    assert_eq!(run.sent_done(), Some(DoneReason::Shutdown));
    run.after(Duration::from_millis(1600));
    assert!(run.watch.is_over() && run.wanted(|output| matches!(output, Output::Drop(ConnId(1)))));
}

#[test]
fn before_a_token_ends_another_connection_takes_over_while_the_old_one_idles() {
    let mut run = Run::new();
    run.opened(1, Some(3600 * S)).plus(1).outputs.clear();
    // The reissues in between are not of interest: the tick comes late.
    run.input(Input::Command(Command::Retune { timer: Timer::Reissue, value: Some(3600 * S), by: None }))
        .after(3300 * S);
    assert!(run.wanted(|output| matches!(output, Output::Renew(1))));
    run.input(Input::Renewed(Ok(true)));
    assert!(run.wanted(|output| matches!(output, Output::AskPermit)));
    run.input(Input::Permit(true));
    assert!(run.wanted(starts(2, |task| matches!(task, Task::Connect(connect) if connect.watched))));
    run.opened(2, None);
    assert_eq!(run.sent_done(), None, "until the new one hears of mail");
    run.plus(2);
    assert_eq!(run.sent_done(), Some(DoneReason::Rotate));
    assert_eq!((run.watch.now().connection.id, run.watch.now().phase), (Some(ConnId(2)), Phase::Idling));
    run.answered(1);
    assert!(run.wanted(starts(1, |task| matches!(task, Task::Logout { .. }))));
}

#[test]
fn after_a_suspend_and_on_another_network_done_finds_out_what_lives() {
    for (input, reason) in
        [(Input::Slept(900 * S), DoneReason::Slept), (Input::Rerouted { moved: true }, DoneReason::Network)]
    {
        let mut run = Run::idling();
        run.input(input);
        assert_eq!(run.sent_done(), Some(reason));
        run.after(5 * S);
        assert!(run.events.iter().any(|kind| matches!(kind, EventKind::Stalled { .. })), "sooner than done");
    }
}

#[test]
fn heartbeats_that_stop_end_idle_with_done() {
    let mut run = Run::idling();
    for _ in 0..4 {
        let text = StatusText { code: None, text: "Still here".to_owned() };
        run.after(30 * S).read(1, Response::Status { status: Status::Ok, text });
    }
    assert_eq!(run.watch.now().connection.heartbeat, Some(30 * S));
    run.after(75 * S);
    assert_eq!(run.sent_done(), Some(DoneReason::Silence));
}

#[test]
fn a_server_that_refuses_idle_is_asked_now_and_then() {
    let mut run = Run::new();
    run.opened(1, None);
    let text = StatusText { code: None, text: "no".to_owned() };
    run.read(1, Response::Tagged { tag: "A5".to_owned(), status: Status::No, text });
    assert_eq!(run.watch.now().phase, Phase::Polling);
    run.outputs.clear();
    run.after(120 * S);
    assert!(run.wanted(starts(1, |task| matches!(task, Task::Poll { .. }))));
}

#[test]
fn a_mail_that_a_task_told_and_the_next_finds_again_is_told_once() {
    let mut run = Run::idling();
    let mail = crate::model::Mail {
        uid: 4,
        uidvalidity: 7,
        from: String::new(),
        subject: String::new(),
        date: None,
        gap: false,
        ..crate::model::Mail::default()
    };
    run.read(1, Response::Exists(4)).answered(1);
    run.outputs.clear();
    for _ in 0..2 {
        run.input(Input::Progress(ConnId(1), None, Box::new(Progress::Mails(vec![mail.clone()]))));
    }
    let told = run.outputs.iter().filter(|output| matches!(output, Output::Notice(_, (_, Notice::Mail(..)))));
    assert_eq!(told.count(), 1);
}
