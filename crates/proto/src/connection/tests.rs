//! A connection's promises, with constructed time and a socket of the test's.

use proptest::prelude::*;

use super::*;
use crate::model::{DoneReason, Status, Verdict};
use crate::response::{Code, Response, StatusText};

const S: Duration = Duration::from_secs(1);

fn tagged(tag: &str) -> Response {
    Response::Tagged { tag: tag.to_owned(), status: Status::Ok, text: text("Idle completed.") }
}

fn text(text: &str) -> StatusText {
    StatusText { code: None, text: text.to_owned() }
}

fn plus() -> Response {
    Response::Continue { text: "idling".to_owned() }
}

/// A connection with its outputs so far, a clock, and what a look at its socket shows.
struct Run {
    connection: Connection,
    start: Instant,
    socket: Option<Sample>,
    seen: Vec<Output>,
}

impl Run {
    fn new(role: Role) -> Self {
        let start = Instant::now();
        let mut connection = Connection::new(ConnId(1), role);
        connection.rest(None, None, Notify::Off);
        connection.idle("A1", Timers::default(), start);
        let mut run = Self { connection, start, socket: None, seen: Vec::new() };
        run.drain(start);
        run
    }

    /// Whose server idles.
    fn idling(role: Role) -> Self {
        let mut run = Self::new(role);
        run.response(Duration::ZERO, &plus());
        run
    }

    fn drain(&mut self, now: Instant) {
        while let Some(output) = self.connection.poll() {
            let looks = output == Output::Sample;
            self.seen.push(output);
            if looks {
                self.connection.handle(now, Input::Sampled(self.socket));
            }
        }
    }

    fn input(&mut self, after: Duration, input: Input<'_>) -> &mut Self {
        let now = self.start + after;
        self.connection.handle(now, input);
        self.drain(now);
        self
    }

    fn response(&mut self, after: Duration, response: &Response) -> &mut Self {
        self.input(after, Input::Response(response))
    }

    /// Ticks at every deadline until then.
    fn wait(&mut self, until: Duration) -> &mut Self {
        while let Some((at, _)) = self.connection.deadline().filter(|(at, _)| *at <= self.start + until) {
            self.input(at - self.start, Input::Tick);
        }
        self
    }

    fn stall(&self) -> Option<&Stall> {
        self.seen.iter().find_map(|output| match output {
            Output::Stalled(stall) => Some(&**stall),
            Output::Send(_)
            | Output::Sample
            | Output::UserTimeout(_)
            | Output::Changed(_)
            | Output::Ended(_)
            | Output::Late(_) => None,
        })
    }

    fn has(&self, output: &Output) -> bool {
        self.seen.contains(output)
    }

    fn dones(&self) -> usize {
        self.seen.iter().filter(|output| **output == Output::Send(Line::Done)).count()
    }
}

#[test]
fn a_done_that_was_acknowledged_and_not_answered_is_ignored_by_the_server() {
    let mut run = Run::idling(Role::Active);
    run.socket = Some(Sample::of_thousand(0, 0));
    run.input(60 * S, Input::Done(DoneReason::User)).input(60 * S, Input::Written).wait(100 * S);
    let stall = run.stall().expect("DONE is overdue");
    assert_eq!((stall.finding.verdict, stall.waited), (Verdict::ServerIgnoring, 10 * S));
    assert!(run.has(&Output::Changed(Change::Acked)));
    assert_eq!(stall.looks.len(), 2, "the first and the last");
}

#[test]
fn a_path_that_resends_for_three_seconds_is_dead_before_done_runs_out() {
    let mut run = Run::idling(Role::Active);
    run.socket = Some(Sample::of_thousand(28, 0));
    run.input(60 * S, Input::Done(DoneReason::User)).input(60 * S, Input::Written);
    run.socket = Some(Sample::of_thousand(28, 1));
    run.wait(62 * S);
    assert_eq!(run.stall(), None);
    run.socket = Some(Sample::of_thousand(28, 4));
    run.wait(64 * S);
    let stall = run.stall().expect("the path is dead");
    assert_eq!(stall.finding.verdict, Verdict::PathDead);
    assert!(stall.waited < 4 * S, "{:?}", stall.waited);
}

#[test]
fn the_kernels_own_limit_is_set_from_done_to_its_ack_alone() {
    let mut run = Run::idling(Role::Active);
    run.socket = Some(Sample::of_thousand(28, 0));
    run.input(S, Input::Done(DoneReason::User)).input(S, Input::Written);
    assert!(run.has(&Output::UserTimeout(Some(USER_TIMEOUT))) && !run.has(&Output::UserTimeout(None)));
    run.socket = Some(Sample::of_thousand(0, 0));
    run.wait(3 * S);
    assert_eq!(run.seen.iter().filter(|output| **output == Output::UserTimeout(None)).count(), 1);
    assert!(run.has(&Output::Changed(Change::Acked)));
}

#[test]
fn without_a_look_at_the_socket_a_stall_has_no_evidence() {
    let mut run = Run::idling(Role::Active);
    run.input(S, Input::Done(DoneReason::User)).input(S, Input::Written).wait(30 * S);
    assert_eq!(run.stall().map(|stall| stall.finding.verdict), Some(Verdict::NotKnown));
}

#[test]
fn a_draining_connection_is_judged_by_its_last_look_alone() {
    let mut run = Run::idling(Role::Active);
    run.connection.assume(Role::Draining);
    run.socket = Some(Sample::of_thousand(0, 0));
    run.input(S, Input::Done(DoneReason::Rotate)).input(S, Input::Written).wait(30 * S);
    assert_eq!(run.seen.iter().filter(|output| **output == Output::Sample).count(), 1);
    assert_eq!(run.stall().map(|stall| stall.finding.verdict), Some(Verdict::ServerIgnoring));
}

#[test]
fn a_standby_that_waits_to_take_over_wakes_nobody() {
    let mut run = Run::new(Role::Standby);
    assert!(run.connection.deadline().is_some(), "its + is owed");
    run.connection.handle(run.start, Input::Response(&plus()));
    assert_eq!(run.connection.deadline(), None, "the age of its IDLE counts once it is active");
    run.connection.assume(Role::Active);
    assert_eq!(run.connection.deadline(), Some((run.start + 240 * S, Due::Timer(Timer::Reissue))));
}

#[test]
fn a_standby_is_read_until_the_server_idles_and_again_once_it_took_over() {
    let mut run = Run::new(Role::Standby);
    assert!(run.connection.reads());
    run.response(S, &plus());
    assert!(!run.connection.reads());
    run.connection.assume(Role::Active);
    assert!(run.connection.reads());
}

#[test]
fn a_late_answer_has_its_age_and_what_came_with_it() {
    let mut run = Run::idling(Role::Active);
    run.input(S, Input::Done(DoneReason::Reissue)).wait(20 * S);
    let receipt = run.stall().expect("DONE is overdue").receipt.clone();
    run.connection.quarantine(receipt, run.start + 11 * S);
    run.response(100 * S, &Response::Exists(7)).response(200 * S, &tagged("A9")).response(300 * S, &tagged("A1"));
    let Some(Output::Late(Late::Answered { receipt, acked })) = run.seen.last() else { panic!("{:?}", run.seen) };
    assert_eq!(receipt.took(), Some(299 * S));
    assert_eq!(receipt.answer.as_ref().map(|answer| answer.untagged), Some(2));
    assert!(acked, "an answer implies the ack");
}

#[test]
fn a_quarantine_ends_after_half_an_hour() {
    let mut run = Run::idling(Role::Active);
    run.input(S, Input::Done(DoneReason::Reissue)).wait(20 * S);
    let receipt = run.stall().expect("DONE is overdue").receipt.clone();
    run.connection.quarantine(receipt, run.start + 11 * S);
    assert_eq!(run.connection.deadline(), Some((run.start + 11 * S + KEPT_FOR, Due::Quarantine)));
    run.wait(11 * S + KEPT_FOR);
    assert!(run.has(&Output::Late(Late::Expired)));
    assert_eq!(run.connection.deadline(), None);
}

/// A step of a life: seconds pass, then this comes.
#[derive(Clone, Debug)]
enum Step {
    Plus,
    Tagged(bool),
    Exists(u32),
    Alert,
    Bye,
    Noise,
    Written,
    Done(DoneReason),
    Retune(u64),
    Socket(Option<(u64, u64)>),
    /// Time passes without a tick at the deadlines that lie in it: the tick comes late.
    Late,
    Again,
}

fn step() -> impl Strategy<Value = (u16, Step)> {
    let step = prop_oneof![
        3 => Just(Step::Plus),
        3 => any::<bool>().prop_map(Step::Tagged),
        2 => (0..9_u32).prop_map(Step::Exists),
        1 => Just(Step::Alert),
        1 => Just(Step::Bye),
        1 => Just(Step::Noise),
        3 => Just(Step::Written),
        4 => proptest::sample::select(&DoneReason::ALL[..]).prop_map(Step::Done),
        1 => (1..600_u64).prop_map(Step::Retune),
        3 => proptest::option::of((0..40_u64, 0..6_u64)).prop_map(Step::Socket),
        2 => Just(Step::Late),
        3 => Just(Step::Again),
    ];
    (0..400_u16, step)
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    /// Whatever a server answers: DONE at most once an IDLE and only after `+`, every deadline honoured however late the
    /// tick, at most one end or stall an IDLE, and no input leads to outputs without end.
    #[test]
    fn a_life_keeps_its_promises(script in proptest::collection::vec(step(), 1..60)) {
        let mut run = Run::new(Role::Active);
        let (mut now, mut tags) = (Duration::ZERO, 1_u32);
        for (pause, step) in &script {
            now += S * u32::from(*pause);
            if !matches!(step, Step::Late) {
                run.wait(now);
            }
            let before = run.seen.len();
            match step {
                Step::Plus => run.response(now, &plus()),
                Step::Tagged(ours) => {
                    let tag = if *ours { run.connection.tag().to_owned() } else { "B7".to_owned() };
                    run.response(now, &tagged(&tag))
                }
                Step::Exists(count) => run.response(now, &Response::Exists(*count)),
                Step::Alert => {
                    let text = StatusText { code: Some(Code::Alert), text: "down at noon".to_owned() };
                    run.response(now, &Response::Status { status: Status::Ok, text })
                }
                Step::Bye => run.response(now, &Response::Bye(text("bye"))),
                Step::Noise => run.input(now, Input::Noise),
                Step::Written => run.input(now, Input::Written),
                Step::Done(reason) => run.input(now, Input::Done(*reason)),
                Step::Retune(seconds) => {
                    let mut timers = Timers::default();
                    timers.set(Timer::Reissue, Some(Duration::from_secs(*seconds)), crate::model::Origin::You);
                    run.input(now, Input::Retune(timers))
                }
                Step::Socket(seen) => {
                    run.socket = seen.map(|(outq, retransmits)| Sample::of_thousand(outq, retransmits));
                    &mut run
                }
                Step::Late => run.input(now, Input::Tick),
                Step::Again => {
                    if run.connection.running().is_none() && run.connection.quarantined().is_none() {
                        prop_assert!(run.dones() <= 1);
                        tags += 1;
                        run.seen.clear();
                        run.connection.idle(format!("A{tags}"), Timers::default(), run.start + now);
                        run.drain(run.start + now);
                    }
                    &mut run
                }
            };
            prop_assert!(run.seen.len() <= before + 12, "one input, {} outputs", run.seen.len() - before);
            if let Some((at, due)) = run.connection.deadline() {
                let honoured = at > run.start + now || matches!(step, Step::Late | Step::Socket(_) | Step::Again);
                prop_assert!(honoured, "{due:?} was due and is not honoured");
            }
            let sends: Vec<usize> = positions(&run.seen, |output| *output == Output::Send(Line::Done));
            let idling = positions(&run.seen, |output| *output == Output::Changed(Change::Idling));
            prop_assert!(sends.len() <= 1, "DONE twice");
            prop_assert!(sends.iter().all(|done| idling.iter().any(|plus| plus < done)), "DONE before +");
            let ends = positions(&run.seen, |output| matches!(output, Output::Ended(_) | Output::Stalled(_)));
            prop_assert!(ends.len() <= 1, "an IDLE ends once");
        }
    }
}

fn positions(seen: &[Output], wanted: impl Fn(&Output) -> bool) -> Vec<usize> {
    seen.iter().enumerate().filter(|(_, output)| wanted(output)).map(|(at, _)| at).collect()
}
