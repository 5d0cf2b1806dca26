//! Hooks without processes: what runs when, under a paused clock. `programs` runs real ones.

#[cfg(unix)]
mod programs;
mod telling;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::Instant as Clock;

use super::invocation::{self, Invocation};
use super::run::{FinishedRun, Limits, NotStarted, RunEnd};
use super::runner::{AT_ONCE, HookRunner, Launch, RunFuture};
use super::*;
use crate::history::{Found, OwedHook, Seen, WatchKey};
use crate::link::{FrontEnd, link};
use mailwatch_proto::model::{EventKind, Evidence, FaultClass, HookEvent, Mail, Verdict};

const S: Duration = Duration::from_secs(1);

type Ends = Arc<Mutex<VecDeque<NotStarted>>>;

/// A launcher whose runs each take a second, and fail as `ends` says; an empty `ends` is success.
struct Scripted {
    ends: Ends,
    runs: mpsc::UnboundedSender<(Duration, Invocation)>,
    origin: Clock,
}

impl Launch for Scripted {
    fn launch<'a>(&'a self, invocation: &'a Invocation, stop: &'a CancellationToken) -> RunFuture<'a> {
        Box::pin(async move {
            self.runs.send((self.origin.elapsed(), invocation.clone())).expect("the test listens");
            let end = tokio::select! {
                () = stop.cancelled() => RunEnd::Stopped,
                () = tokio::time::sleep(S) => {
                    let end = self.ends.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    end.map_or_else(|| RunEnd::Exited(std::process::ExitStatus::default()), RunEnd::NotStarted)
                }
            };
            FinishedRun { end, errors: Vec::new(), cut: false }
        })
    }
}

struct Bench {
    history: History,
    signal: HookSignal,
    hooks: watch::Sender<Hooks>,
    front: FrontEnd,
    runs: mpsc::UnboundedReceiver<(Duration, Invocation)>,
    stop: CancellationToken,
    task: JoinHandle<()>,
    ends: Ends,
}

fn all_hooks() -> Hooks {
    HookEvent::ALL.into_iter().map(|event| (event, vec![event.name().to_owned(), "work".to_owned()])).collect()
}

fn inbox() -> WatchKey {
    WatchKey { account: "work".into(), login: "me@host".into(), mailbox: "INBOX".into() }
}

impl Bench {
    fn new(history: History, ends: impl IntoIterator<Item = NotStarted>) -> Self {
        let hooks = watch::Sender::new(all_hooks());
        let (signal, mut signals) = HookSignal::new(hooks.subscribe(), [HookEvent::ALL.to_vec()]);
        let signals = signals.remove(0);
        let (runs_tx, runs) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let link = link([], 100, false);
        let ends: Ends = Arc::new(Mutex::new(ends.into_iter().collect()));
        let launch = Scripted { ends: Arc::clone(&ends), runs: runs_tx, origin: Clock::now() };
        let whose = ("work", inbox().login);
        let runner = HookRunner::new(
            whose,
            hooks.subscribe(),
            signals,
            (history.clone(), link.publisher, Arc::default()),
            stop.clone(),
            launch,
        );
        let task = tokio::spawn(runner.run());
        Self { history, signal, hooks, front: link.front_end, runs, stop, task, ends }
    }

    /// Mails are found, as catching up finds them.
    async fn find(&self, uids: impl IntoIterator<Item = u32>) {
        find(&self.history, &inbox(), uids).await;
        self.signal.send();
    }

    /// The next run: when it began, and for which UIDs.
    async fn run(&mut self) -> (Duration, Vec<u64>) {
        let (at, invocation) = self.next().await;
        (at, uids(&invocation))
    }

    async fn next(&mut self) -> (Duration, Invocation) {
        tokio::time::timeout(100 * S, self.runs.recv()).await.expect("a run in time").expect("the runner lives")
    }

    async fn nothing_runs(&mut self) {
        let run = tokio::time::timeout(100 * S, self.runs.recv()).await;
        assert!(run.is_err(), "{run:?}");
    }

    /// Whatever tries are left are over.
    async fn settled(&mut self) {
        while tokio::time::timeout(100 * S, self.runs.recv()).await.is_ok() {}
    }

    /// The next runs fail so.
    fn fail(&self, ends: impl IntoIterator<Item = NotStarted>) {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).extend(ends);
    }

    async fn owed(&self) -> usize {
        let owed = self.history.owed_hooks("work", "me@host", HookEvent::ALL.to_vec(), 1000).await;
        owed.expect("read").len()
    }

    fn faults(&mut self) -> Vec<(String, bool)> {
        let mut faults = Vec::new();
        while let Some(event) = self.front.try_event() {
            if let EventKind::Fault { class, message, retry } = event.kind {
                assert_eq!(class, FaultClass::Hook);
                faults.push((message, retry));
            }
        }
        faults
    }

    fn failed(&self) -> Option<u32> {
        self.front.board.borrow().failed_hooks.get("work").copied()
    }
}

async fn find(history: &History, key: &WatchKey, uids: impl IntoIterator<Item = u32>) {
    let mail = |uid| Mail {
        uid,
        uidvalidity: 7,
        from: "Ann Lee <ann@example.org>".into(),
        subject: format!("mail {uid}"),
        date: None,
        gap: false,
        ..Mail::default()
    };
    let hooked = |uid| {
        let hook = Some(line(key, None, EventKind::NewMail(mail(uid)), &[]));
        Found {
            mail: mail(uid),
            message_id: None,
            internal_date: None,
            announced: None,
            size: None,
            hook,
            canary: false,
        }
    };
    let seen = Seen { epoch: 0, uidvalidity: 7, uidnext: 1, last_alive: SystemTime::now() };
    history.found(key, seen, uids.into_iter().map(hooked).collect()).await.expect("kept");
}

fn uids(invocation: &Invocation) -> Vec<u64> {
    let uid = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?["uid"].as_u64();
    invocation.input.lines().map(|line| uid(line).expect("an object with a UID")).collect()
}

fn variable<'a>(invocation: &'a Invocation, name: &str) -> Option<&'a str> {
    invocation.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

#[tokio::test(start_paused = true)]
async fn a_single_mail_waits_for_nothing_and_a_burst_after_it_goes_into_one_run() {
    let mut bench = Bench::new(History::in_process(), []);
    bench.find([1]).await;
    assert_eq!(bench.run().await, (Duration::ZERO, vec![1]));
    for uid in 2..50 {
        bench.find([uid]).await;
    }
    assert_eq!(bench.run().await, (S, (2..50).collect()));
    bench.nothing_runs().await;
    assert_eq!(bench.owed().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_mail_is_told_in_parts() {
    let mut bench = Bench::new(History::in_process(), []);
    bench.find(1..=450).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        let (_, some) = bench.run().await;
        assert!(some.len() <= AT_ONCE as usize);
        told.extend(some);
    }
    assert_eq!(told, (1..=450).collect::<Vec<u64>>());
}

#[tokio::test(start_paused = true)]
async fn mails_of_several_mailboxes_go_into_one_run_and_the_newest_is_the_one_in_the_variables() {
    let history = History::in_process();
    find(&history, &inbox(), [1, 2]).await;
    tokio::time::advance(S).await;
    find(&history, &WatchKey { mailbox: "lists/\u{202e}rust".into(), ..inbox() }, [9]).await;
    let mut bench = Bench::new(history, []);
    let (_, invocation) = bench.next().await;
    assert_eq!(uids(&invocation), [1, 2, 9]);
    assert_eq!(invocation.command, ["new_mail", "work"]);
    let wanted = [
        ("MAILWATCH_EVENT", Some("new_mail")),
        ("MAILWATCH_ACCOUNT", Some("work")),
        ("MAILWATCH_MAILBOX", Some("lists/rust")),
        ("MAILWATCH_COUNT", Some("3")),
        ("MAILWATCH_UID", Some("9")),
        ("MAILWATCH_UIDVALIDITY", Some("7")),
        ("MAILWATCH_FROM", Some("Ann Lee <ann@example.org>")),
        ("MAILWATCH_SUBJECT", Some("mail 9")),
        ("MAILWATCH_DATE", None),
        ("MAILWATCH_GAP", Some("false")),
        ("MAILWATCH_FLAGS", Some("")),
        ("MAILWATCH_HEADERS", Some("true")),
        ("MAILWATCH_FOUND", Some("connect")),
        ("MAILWATCH_LATE_MS", None),
    ];
    for (name, value) in wanted {
        assert_eq!(variable(&invocation, name), value, "{name}");
    }
    assert!(!invocation.input.contains('\u{202e}'));
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_has_two_more_tries_and_then_the_mails_are_named() {
    let mut bench =
        Bench::new(History::in_process(), [NotStarted::Missing, NotStarted::Forbidden, NotStarted::TooLong]);
    bench.find([1, 2]).await;
    for at in [0, 6, 37] {
        assert_eq!(bench.run().await, (at * S, vec![1, 2]));
    }
    bench.nothing_runs().await;
    assert_eq!((bench.owed().await, bench.failed()), (0, Some(1)));
    let faults = bench.faults();
    assert_eq!(faults.iter().map(|(_, retry)| *retry).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(
        faults[0].0,
        "on_new_mail of work: there is no program `new_mail`: write its full path, or see what PATH holds here; next \
         try in 5 s"
    );
    assert!(faults[1].0.ends_with("next try in 30 s"), "{faults:?}");
    assert!(faults[2].0.ends_with("given up after 3 tries, for 2 mails: INBOX UID 1, INBOX UID 2"), "{faults:?}");
    bench.find([3]).await;
    assert_eq!(bench.run().await.1, [3]);
    bench.nothing_runs().await;
    assert_eq!(bench.failed(), None, "one that did its work clears the count");
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_a_hook_fails_is_not_lost_with_it() {
    let mut bench = Bench::new(History::in_process(), [NotStarted::Missing, NotStarted::Missing, NotStarted::Missing]);
    bench.find([1]).await;
    bench.run().await;
    bench.find([2]).await;
    assert_eq!(bench.run().await.1, [1]);
    assert_eq!(bench.run().await.1, [1]);
    assert_eq!(bench.run().await.1, [2]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_the_programs_end_cuts_off_is_owed_still() {
    let history = History::in_process();
    let mut bench = Bench::new(history.clone(), []);
    bench.find([1]).await;
    bench.run().await;
    bench.stop.cancel();
    (&mut bench.task).await.expect("it ends");
    assert_eq!(bench.owed().await, 1);
    let mut next = Bench::new(history, []);
    assert_eq!(next.run().await.1, [1]);
    next.nothing_runs().await;
    assert_eq!(next.owed().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_is_ended_a_moment_before_the_program_is_not_given_up() {
    let mut bench = Bench::new(History::in_process(), [NotStarted::Missing, NotStarted::Missing, NotStarted::Missing]);
    bench.find([1]).await;
    for _ in 0..3 {
        bench.run().await;
    }
    tokio::time::sleep(S + S / 5).await;
    bench.stop.cancel();
    (&mut bench.task).await.expect("it ends");
    assert_eq!(bench.owed().await, 1);
    assert!(bench.faults().iter().all(|(_, retry)| *retry));
}

#[tokio::test(start_paused = true)]
async fn a_crash_in_the_middle_of_a_run_leaves_it_owed() {
    let history = History::in_process();
    let mut bench = Bench::new(history.clone(), []);
    bench.find([1]).await;
    bench.run().await;
    bench.task.abort();
    let mut next = Bench::new(history, []);
    assert_eq!(next.run().await.1, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_is_taken_away_runs_no_more_and_what_it_is_owed_waits_for_it() {
    let mut bench = Bench::new(History::in_process(), []);
    bench.hooks.send_replace(Hooks::default());
    assert!(!bench.signal.has(HookEvent::NewMail));
    bench.find([1]).await;
    bench.nothing_runs().await;
    bench.hooks.send_replace([(HookEvent::NewMail, vec!["another".to_owned()])].into_iter().collect());
    let (_, invocation) = bench.next().await;
    assert_eq!((invocation.program(), uids(&invocation)), ("another", vec![1]));
}

#[tokio::test(start_paused = true)]
async fn what_no_history_could_keep_is_run_all_the_same() {
    let mut bench = Bench::new(History::in_process(), []);
    let owed = |event: HookEvent, line: &str| OwedHook {
        key: inbox(),
        event,
        what: OwedHook::anything(),
        line: line.to_owned(),
    };
    bench.signal.send_unkept(vec![
        owed(HookEvent::NewMail, "{\"uid\":1}"),
        owed(HookEvent::Stall, "{\"uid\":2}"),
        owed(HookEvent::NewMail, "{\"uid\":3}"),
    ]);
    assert_eq!(bench.run().await.1, [1, 3]);
    assert_eq!(bench.run().await.1, [2]);
}

#[tokio::test(start_paused = true)]
async fn a_stall_is_told_with_its_verdict_and_what_is_known_of_it_and_no_more() {
    let mut bench = Bench::new(History::in_process(), []);
    let evidence = Evidence { acked: Some(true), outq: Some(0), ..Evidence::default() };
    let kind = EventKind::Stalled { verdict: Verdict::ServerIgnoring, waited: 10 * S, evidence };
    let line = line(&inbox(), None, kind, &[("text", "it ignores DONE\u{7}")]);
    let owed = OwedHook { key: inbox(), event: HookEvent::Stall, what: OwedHook::anything(), line };
    bench.history.owe_hook(owed, SystemTime::now());
    bench.signal.send();
    let (_, invocation) = bench.next().await;
    let wanted = [
        ("MAILWATCH_EVENT", Some("stall")),
        ("MAILWATCH_VERDICT", Some("server-ignoring")),
        ("MAILWATCH_TEXT", Some("it ignores DONE\u{fffd}")),
        ("MAILWATCH_WAITED_MS", Some("10000")),
        ("MAILWATCH_ACKED", Some("true")),
        ("MAILWATCH_OUTQ", Some("0")),
        ("MAILWATCH_RETRANSMITS", None),
        ("MAILWATCH_UID", None),
    ];
    for (name, value) in wanted {
        assert_eq!(variable(&invocation, name), value, "{name}");
    }
    assert!(
        invocation.input.contains("\"kind\":\"stalled\"") && !invocation.input.contains('\u{7}'),
        "{}",
        invocation.input
    );
}

#[test]
fn no_text_however_long_makes_a_variable_that_execve_refuses() {
    /// Linux: `MAX_ARG_STRLEN`, for one string of arguments or environment.
    const ONE: usize = 128 * 1024;
    let long = "\u{10ffff}".repeat(50_000);
    let key = WatchKey { account: long.clone(), login: String::new(), mailbox: long.clone() };
    for event in HookEvent::ALL {
        let fields: Vec<String> = variables_of(event).map(|name| format!("\"{name}\":{long:?}")).collect();
        let line = format!("{{{}}}", fields.join(","));
        let owed = OwedHook { key: key.clone(), event, what: "1/1".to_owned(), line };
        let invocation = Invocation::new(vec!["true".to_owned()], event, &[owed]);
        let size: usize = invocation.variables.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        assert!(size < ONE, "{event:?}: {size}");
        assert!(
            variable(&invocation, "MAILWATCH_ACCOUNT").is_some_and(|value| value.len() > 1000),
            "it holds what fits"
        );
    }
}

fn variables_of(event: HookEvent) -> impl Iterator<Item = &'static str> {
    invocation::variables(event)
        .iter()
        .filter_map(|(_, place)| place.strip_prefix('/'))
        .filter(|name| !name.contains('/'))
}
