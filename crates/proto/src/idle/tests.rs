//! The machine's promises, with constructed time.

use proptest::prelude::*;

use super::*;
use crate::model::Origin;

const S: Duration = Duration::from_secs(1);

fn timers() -> Timers {
    Timers::default()
}

fn tagged(tag: &str, status: Status, text: &str) -> Response {
    Response::Tagged { tag: tag.to_owned(), status, text: StatusText { code: None, text: text.to_owned() } }
}

fn ok() -> Response {
    tagged("A1", Status::Ok, "Idle completed.")
}

fn plus() -> Response {
    Response::Continue { text: "idling".to_owned() }
}

fn still_here() -> Response {
    Response::Status { status: Status::Ok, text: StatusText { code: None, text: "Still here".to_owned() } }
}

/// A machine with its outputs so far, and a clock of the test's.
struct Run {
    idle: Idle,
    start: Instant,
    seen: Vec<Output>,
}

impl Run {
    fn new(timers: Timers) -> Self {
        let start = Instant::now();
        let mut run = Self { idle: Idle::start("A1", timers, start), start, seen: Vec::new() };
        run.drain();
        run
    }

    fn idling(timers: Timers) -> Self {
        let mut run = Self::new(timers);
        run.response(Duration::ZERO, &plus());
        run
    }

    fn drain(&mut self) {
        while let Some(output) = self.idle.poll() {
            self.seen.push(output);
        }
    }

    fn input(&mut self, after: Duration, input: Input<'_>) -> &mut Self {
        self.idle.handle(self.start + after, input);
        self.drain();
        self
    }

    fn response(&mut self, after: Duration, response: &Response) -> &mut Self {
        self.input(after, Input::Response(response))
    }

    fn tick(&mut self, after: Duration) -> &mut Self {
        self.input(after, Input::Tick)
    }

    fn dones(&self) -> usize {
        self.seen.iter().filter(|output| **output == Output::Send(Line::Done)).count()
    }

    fn end(&self) -> Option<&End> {
        self.seen.iter().find_map(|output| match output {
            Output::Ended(end) => Some(end),
            Output::Send(_) | Output::Changed(_) => None,
        })
    }

    fn receipt(&self) -> &Receipt {
        match self.end() {
            Some(End::Done(receipt)) => receipt,
            other => panic!("no receipt: {other:?}"),
        }
    }

    fn due(&self) -> (Duration, Timer) {
        let (at, timer) = self.idle.deadline().expect("not ended");
        (at - self.start, timer)
    }
}

#[test]
fn an_untagged_response_before_the_plus_is_taken() {
    let mut run = Run::new(timers());
    run.response(S, &Response::Exists(5)).response(2 * S, &plus());
    assert!(run.seen.contains(&Output::Changed(Change::Exists(5))));
    assert_eq!(run.seen.last(), Some(&Output::Changed(Change::Idling)));
}

#[test]
fn a_done_wished_before_the_plus_is_held_until_it() {
    let mut run = Run::new(timers());
    run.input(S, Input::Done(DoneReason::NewMail)).input(S, Input::Done(DoneReason::User));
    assert_eq!(run.dones(), 0);
    run.response(2 * S, &plus()).response(3 * S, &ok());
    assert_eq!(run.dones(), 1);
    assert_eq!(run.receipt().reason, DoneReason::NewMail, "the first wish is the reason");
    assert_eq!(run.receipt().idle_age, 2 * S);
}

#[test]
fn no_or_bad_to_idle_refuses_it_with_and_without_a_text() {
    for (status, text) in [(Status::No, "not now"), (Status::No, ""), (Status::Bad, "what?"), (Status::Bad, "")] {
        let mut run = Run::new(timers());
        run.response(S, &tagged("A1", status, text));
        assert_eq!(run.end(), Some(&End::Refused(text.to_owned())));
        assert_eq!(run.idle.deadline(), None);
    }
}

#[test]
fn the_server_may_end_idle_by_itself() {
    let mut run = Run::idling(timers());
    run.response(60 * S, &ok());
    assert_eq!(run.end(), Some(&End::ServerEnded("Idle completed.".to_owned())));
    run.input(61 * S, Input::Done(DoneReason::User));
    assert_eq!(run.dones(), 0, "nothing is sent after the end");
}

#[test]
fn a_stale_tag_answers_nothing() {
    let mut run = Run::idling(timers());
    run.input(S, Input::Done(DoneReason::User));
    run.response(2 * S, &tagged("A0", Status::Bad, "")).response(2 * S, &tagged("DONE", Status::Bad, "unknown"));
    assert_eq!(run.end(), None);
    run.response(3 * S, &ok());
    assert_eq!(run.receipt().took(), Some(2 * S));
}

#[test]
fn an_exists_between_done_and_ok_is_kept() {
    let mut run = Run::idling(timers());
    run.input(S, Input::Done(DoneReason::Reissue)).response(S, &Response::Exists(9)).response(2 * S, &ok());
    assert!(run.seen.contains(&Output::Changed(Change::Exists(9))));
    assert_eq!(run.receipt().answer.as_ref().map(|answer| answer.untagged), Some(1));
}

#[test]
fn a_thousand_untagged_between_done_and_ok_are_all_kept() {
    let mut run = Run::idling(timers());
    run.input(S, Input::Done(DoneReason::Reissue));
    for n in 1..=1000 {
        run.response(S, &Response::Exists(n));
    }
    run.response(2 * S, &ok());
    let kept = run.seen.iter().filter(|output| matches!(output, Output::Changed(Change::Exists(_)))).count();
    assert_eq!(kept, 1000);
    assert_eq!(run.receipt().answer.as_ref().map(|answer| answer.untagged), Some(1000));
}

#[test]
fn bye_ends_it_in_every_state() {
    let text = StatusText { code: None, text: "Session expired, please login again.".to_owned() };
    let bye = Response::Bye(text.clone());
    let mut requested = Run::new(timers());
    let mut idling = Run::idling(timers());
    let mut finishing = Run::idling(timers());
    finishing.input(S, Input::Done(DoneReason::User));
    for run in [&mut requested, &mut idling, &mut finishing] {
        run.response(2 * S, &bye);
        assert_eq!(run.end(), Some(&End::Bye(text.clone())));
        let outputs = run.seen.len();
        run.response(3 * S, &bye).response(3 * S, &ok()).tick(9999 * S);
        assert_eq!(run.seen.len(), outputs, "nothing follows the end");
    }
}

#[test]
fn still_here_every_second_for_an_hour_postpones_nothing() {
    let mut run = Run::idling(timers());
    for second in 1..240 {
        run.response(second * S, &still_here());
    }
    assert_eq!(run.dones(), 0);
    run.response(240 * S, &still_here());
    assert_eq!(run.dones(), 1, "reissue is due at 4 minutes, to the second");
    for second in 241..3600 {
        run.response(second * S, &still_here());
    }
    assert_eq!(run.end(), Some(&End::Overdue(Timer::Done)), "nor do they postpone done");
    assert_eq!(run.dones(), 1);
}

#[test]
fn done_counts_from_handing_it_out_though_it_is_never_written() {
    let mut run = Run::idling(timers());
    run.input(S, Input::Done(DoneReason::User));
    assert_eq!(run.due(), (11 * S, Timer::Done));
    run.input(9 * S, Input::Written).input(10 * S, Input::Acked);
    assert_eq!(run.due(), (11 * S, Timer::Done));
    run.tick(11 * S);
    assert_eq!(run.end(), Some(&End::Overdue(Timer::Done)));
}

#[test]
fn a_late_tick_honours_every_deadline() {
    let mut requested = Run::new(timers());
    requested.tick(500 * S);
    assert_eq!(requested.end(), Some(&End::Overdue(Timer::Reply)));

    let mut idling = Run::idling(timers());
    idling.tick(5000 * S);
    assert_eq!(idling.dones(), 1);
    assert_eq!(idling.due(), (5010 * S, Timer::Done), "done counts from the moment DONE is handed out");

    let mut silent = Run::idling(timers().with(Timer::Silence, Some(30 * S), Origin::Config));
    silent.response(10 * S, &still_here());
    assert_eq!(silent.due(), (40 * S, Timer::Silence));
    silent.tick(100 * S).response(101 * S, &ok());
    assert_eq!(silent.receipt().reason, DoneReason::Silence);
}

#[test]
fn a_plus_that_comes_after_reissue_is_followed_by_done_at_once() {
    let short = timers().with(Timer::Reissue, Some(5 * S), Origin::Config);
    let mut run = Run::new(short);
    run.tick(6 * S);
    assert_eq!(run.dones(), 0);
    run.response(7 * S, &plus());
    assert_eq!(run.dones(), 1);
}

#[test]
fn an_answer_that_is_read_late_is_an_answer_still() {
    let mut run = Run::idling(timers());
    run.input(S, Input::Done(DoneReason::User)).response(60 * S, &ok());
    assert_eq!(run.receipt().took(), Some(59 * S));
}

#[test]
fn a_retune_applies_to_the_running_idle() {
    let mut run = Run::idling(timers());
    run.input(60 * S, Input::Retune(timers().with(Timer::Reissue, Some(90 * S), Origin::You)));
    assert_eq!(run.due(), (90 * S, Timer::Reissue));
    run.input(61 * S, Input::Retune(timers().with(Timer::Reissue, Some(30 * S), Origin::You)));
    run.response(62 * S, &ok());
    assert_eq!(run.receipt().reason, DoneReason::Retune);
}

#[test]
fn a_check_after_a_suspend_has_five_seconds() {
    let mut run = Run::idling(timers());
    run.input(S, Input::Done(DoneReason::Slept));
    assert_eq!(run.due(), (6 * S, Timer::Done));
}

#[test]
fn noise_is_life() {
    let mut run = Run::idling(timers().with(Timer::Silence, Some(30 * S), Origin::Config));
    run.input(20 * S, Input::Noise);
    assert_eq!(run.due(), (50 * S, Timer::Silence));
}

fn any_response() -> impl Strategy<Value = Response> {
    prop_oneof![
        Just(plus()),
        Just(ok()),
        Just(tagged("A1", Status::No, "")),
        Just(tagged("A0", Status::Bad, "")),
        Just(still_here()),
        Just(Response::Bye(StatusText::default())),
        Just(Response::Other),
        any::<u32>().prop_map(Response::Exists),
        any::<u32>().prop_map(Response::Expunge),
        any::<u32>().prop_map(Response::Vanished),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Response(Response),
    Noise,
    Done(DoneReason),
    Retune(u64),
    Written,
    Acked,
    Tick,
}

fn any_step() -> impl Strategy<Value = Step> {
    let reason = prop_oneof![Just(DoneReason::User), Just(DoneReason::NewMail), Just(DoneReason::Slept)];
    prop_oneof![
        6 => any_response().prop_map(Step::Response),
        1 => Just(Step::Noise),
        1 => reason.prop_map(Step::Done),
        1 => (1_u64..1000).prop_map(Step::Retune),
        1 => Just(Step::Written),
        1 => Just(Step::Acked),
        3 => Just(Step::Tick),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_the_promises_hold(steps in prop::collection::vec((0_u64..400, any_step()), 0..60)) {
        let mut run = Run::new(timers());
        let mut now = Duration::ZERO;
        let mut current = timers();
        let mut plus_seen = false;
        let mut reissue_due = current.limit(Timer::Reissue);
        let mut done_due = None;
        for (gap, step) in steps {
            now += Duration::from_secs(gap);
            let over = run.end().is_some();
            match &step {
                Step::Response(response) => {
                    plus_seen |= matches!(response, Response::Continue { .. });
                    run.response(now, response);
                }
                Step::Noise => { run.input(now, Input::Noise); }
                Step::Done(reason) => { run.input(now, Input::Done(*reason)); }
                Step::Retune(reissue) => {
                    current.set(Timer::Reissue, Some(Duration::from_secs(*reissue)), Origin::You);
                    reissue_due = Duration::from_secs(*reissue);
                    run.input(now, Input::Retune(current));
                }
                Step::Written => { run.input(now, Input::Written); }
                Step::Acked => { run.input(now, Input::Acked); }
                Step::Tick => { run.tick(now); }
            }
            // DONE at most once, and only after `+`.
            prop_assert!(run.dones() <= 1);
            prop_assert!(run.dones() == 0 || plus_seen);
            // One end, nothing after it, and a deadline exactly until it.
            let ends = run.seen.iter().filter(|output| matches!(output, Output::Ended(_))).count();
            prop_assert!(ends <= 1);
            prop_assert_eq!(run.idle.deadline().is_none(), ends == 1);
            if ends == 1 {
                prop_assert!(matches!(run.seen.last(), Some(Output::Ended(_))));
            }
            if !over && ends == 0 {
                // No deadline lies in the past once the time is known.
                let (due, timer) = run.due();
                prop_assert!(due > now, "{timer} was due at {due:?}, now {now:?}");
                if let Some(receipt) = run.idle.receipt() {
                    let queued = receipt.queued - run.start;
                    prop_assert_eq!(*done_due.get_or_insert(queued), queued, "done counts from handing DONE out");
                } else if plus_seen {
                    prop_assert!(now < reissue_due, "reissue is not postponed by traffic");
                }
            }
        }
    }
}
