use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::tz::TimeZone;
use serde_json::Value;

use super::*;
use mailwatch_proto::model::{
    Board, ConnId, DoneReason, Fault, FaultClass, Finding, Phase, Receipt, Snapshot, Timer, Timers, Verdict, WatchId,
};

const SECOND: Duration = Duration::from_secs(1);

fn moment() -> Moment {
    // 2024-04-30T14:03:27Z
    let wall = SystemTime::UNIX_EPOCH + 1_714_485_807 * SECOND;
    Moment { at: Instant::now() + 3600 * SECOND, wall, zone: TimeZone::UTC, pid: 4711 }
}

fn before(moment: &Moment, seconds: u32) -> Instant {
    moment.at.checked_sub(seconds * SECOND).expect("the moment's moment is late enough")
}

fn watch(moment: &Moment, account: &str, mailbox: &str, phase: Phase) -> Snapshot {
    let mut snapshot = Snapshot::new(WatchId::new(account, mailbox), Timers::default(), before(moment, 161));
    snapshot.phase = phase;
    snapshot
}

fn board(watches: impl IntoIterator<Item = Snapshot>) -> Board {
    let watches = watches.into_iter().map(|snapshot| (snapshot.id.clone(), Arc::new(snapshot)));
    Board { watches: watches.collect(), ..Board::default() }
}

/// One that idles, one that is being replaced, one that was refused, one that rests.
fn four(moment: &Moment) -> Board {
    let mut inbox = watch(moment, "work", "INBOX", Phase::Idling);
    inbox.connection.id = Some(ConnId(3));
    (inbox.mailbox.new, inbox.mailbox.unseen, inbox.mailbox.exists) = (41, Some(130), Some(12_408));
    inbox.deadline = Some((moment.at + 79 * SECOND, Timer::Reissue));
    inbox.finding = Some(Finding {
        verdict: Verdict::Live,
        text: "The server answers.".to_owned(),
        evidence: None,
        mails: Vec::new(),
    });
    inbox.blind.today = 12 * SECOND;
    let mut lists = watch(moment, "work", "lists", Phase::Connecting);
    (lists.connection.replacing, lists.mailbox.new, lists.mailbox.unseen) = (true, 3, Some(7));
    let ignored = "the server ignores DONE".to_owned();
    lists.finding =
        Some(Finding { verdict: Verdict::ServerIgnoring, text: ignored, evidence: None, mails: Vec::new() });
    lists.receipt = Some(Receipt {
        reason: DoneReason::Reissue,
        idle_age: 300 * SECOND,
        queued: before(moment, 10),
        written: Some(before(moment, 10)),
        acked: None,
        answer: None,
    });
    lists.blind.since = Some(before(moment, 3));
    let mut old = watch(moment, "old", "INBOX", Phase::Failed);
    old.fault = Some(Fault::needs_user(FaultClass::Auth, "the server refused the password \u{1b}[31m<b>"));
    let rests = watch(moment, "old", "rests", Phase::Paused);
    board([inbox, lists, old, rests])
}

fn told(shape: &Shape, board: &Board, moment: &Moment) -> String {
    shape.line(&Figures::of(board, &[]), moment, None)
}

fn format(text: &str) -> Format {
    Format::parse(text).expect("a format")
}

#[test]
fn a_person_reads_counts_mail_blind_time_the_next_done_and_what_is_wrong() {
    let moment = moment();
    let line = "1 of 4 live, 1 busy, 1 down, 1 paused; 44 new, 137 unseen; blind today 0:15; next DONE at 14:04:46; \
                old/INBOX: auth: the server refused the password \u{fffd}‹31m‹b›";
    assert_eq!(told(&Shape::Text, &four(&moment), &moment), line);
    let mut calm = watch(&moment, "work", "INBOX", Phase::Polling);
    assert_eq!(told(&Shape::Text, &board([calm.clone()]), &moment), "1 of 1 live; 0 new");
    calm.mailbox.unseen = Some(0);
    assert_eq!(told(&Shape::Text, &board([calm]), &moment), "1 of 1 live; 0 new, 0 unseen");
    assert_eq!(told(&Shape::Text, &Board::default(), &moment), "no watches; 0 new");
}

#[test]
fn every_placeholder_has_its_value() {
    let moment = moment();
    let board = four(&moment);
    let shape = |name: &str| Shape::Format(format(&format!("{{{name}}}")));
    let values: Vec<_> = super::super::FIELDS
        .iter()
        .filter(|spec| !matches!(spec.field, Field::Text | Field::Problem | Field::Version))
        .map(|spec| format!("{} {}", spec.name, told(&shape(spec.name), &board, &moment)))
        .collect();
    let wanted = [
        "new 44",
        "unseen 137",
        "exists 12408",
        "state down",
        "live 1",
        "busy 1",
        "down 1",
        "failed 1",
        "paused 1",
        "watches 4",
        "accounts 2",
        "blind 0:15",
        "next 14:04:46",
        "pid 4711",
    ];
    assert_eq!(values, wanted);
    assert_eq!(told(&shape("text"), &board, &moment), told(&Shape::Text, &board, &moment));
    let nothing = board_of_nothing(&moment);
    for (name, value) in [("unseen", "-"), ("next", "-"), ("problem", ""), ("state", "busy")] {
        assert_eq!(told(&shape(name), &nothing, &moment), value, "{name}");
    }
}

fn board_of_nothing(moment: &Moment) -> Board {
    board([watch(moment, "work", "INBOX", Phase::Connecting)])
}

#[test]
fn the_worst_of_the_watches_is_the_state() {
    let moment = moment();
    let cases: [(&[Phase], &str); 7] = [
        (&[Phase::Idling, Phase::Waiting, Phase::Connecting], "down"),
        (&[Phase::Idling, Phase::Failed], "down"),
        (&[Phase::Idling, Phase::Connecting], "busy"),
        (&[Phase::Idling, Phase::Polling, Phase::Paused], "live"),
        (&[Phase::Finishing], "live"),
        (&[Phase::Paused], "paused"),
        (&[], "empty"),
    ];
    for (phases, state) in cases {
        let numbered = phases.iter().enumerate();
        let board = board(numbered.map(|(n, phase)| watch(&moment, "work", &format!("box{n}"), *phase)));
        assert_eq!(told(&Shape::Format(format("{state}")), &board, &moment), state, "{phases:?}");
    }
}

#[test]
fn between_two_idles_a_watch_is_as_live_as_in_them() {
    let moment = moment();
    for (verdict, state) in [(Some(Verdict::Finishing), "live"), (Some(Verdict::PathDead), "busy"), (None, "busy")] {
        for phase in [Phase::CatchingUp, Phase::Requested] {
            let mut snapshot = watch(&moment, "work", "INBOX", phase);
            snapshot.finding =
                verdict.map(|verdict| Finding { verdict, text: String::new(), evidence: None, mails: Vec::new() });
            assert_eq!(told(&Shape::Format(format("{state}")), &board([snapshot]), &moment), state, "{verdict:?}");
        }
    }
}

#[test]
fn the_json_holds_everything_in_its_order() {
    let moment = moment();
    let line = told(&Shape::Json, &four(&moment), &moment).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert!(!line.contains('\n'), "one line: {line}");
    let read: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(read["watches"].as_array().map(Vec::len), Some(4));
    insta::assert_snapshot!(line.replace("},{", "},\n{").replace(":[{", ":[\n{"));
}

#[test]
fn waybar_gets_text_tooltip_and_class_with_strangers_markup_escaped() {
    let moment = moment();
    let line = told(&Shape::Waybar(Some(format("<b>{unseen}</b> {problem}"))), &four(&moment), &moment);
    let read: Value = serde_json::from_str(&line).expect("JSON");
    let problem = "old/INBOX: auth: the server refused the password \u{fffd}[31m&lt;b&gt;";
    assert_eq!(read["text"], format!("<b>137</b> {problem}"));
    assert_eq!((&read["alt"], &read["class"]), (&"down".into(), &serde_json::json!(["down", "unseen"])));
    let tooltip: Vec<_> = read["tooltip"].as_str().expect("text").lines().collect();
    let wanted = [
        "1 of 4 live, 1 busy, 1 down, 1 paused; 44 new, 137 unseen",
        "next DONE at 14:04:46",
        problem,
        "work/lists: the server ignores DONE",
        "work/INBOX: idling, 41 new, 130 unseen",
        "old/rests: paused",
    ];
    assert_eq!(tooltip, wanted);
    let plain: Value = serde_json::from_str(&told(&Shape::Waybar(None), &four(&moment), &moment)).expect("JSON");
    assert_eq!(plain["text"], "137");
}

#[test]
fn a_tooltip_names_no_more_watches_than_a_screen_holds() {
    let moment = moment();
    let many = board((0..100).map(|n| watch(&moment, "work", &format!("box{n:03}"), Phase::Idling)));
    let read: Value = serde_json::from_str(&told(&Shape::Waybar(None), &many, &moment)).expect("JSON");
    let tooltip = read["tooltip"].as_str().expect("text");
    assert_eq!((tooltip.lines().count(), tooltip.lines().last()), (TOOLTIP_WATCHES + 2, Some("and 70 more")));
}

#[test]
fn a_program_that_has_ended_is_off_in_every_shape() {
    assert_eq!(Shape::Text.off(), "mailwatch-tui is not running");
    assert_eq!(Shape::Json.off(), r#"{"running":false,"state":"off"}"#);
    assert_eq!(Shape::Format(format("{unseen} {state}{problem}")).off(), "- off");
    let off: Value = serde_json::from_str(&Shape::Waybar(None).off()).expect("JSON");
    assert_eq!((&off["text"], &off["alt"]), (&"".into(), &"off".into()));
}

#[test]
fn one_account_is_told_of_alone() {
    let moment = moment();
    let figures = Figures::of(&four(&moment), &["work".to_owned()]);
    assert_eq!(Shape::Format(format("{state} {watches} {new}")).line(&figures, &moment, None), "busy 2 44");
}

#[test]
fn hooks_that_failed_are_said_where_nothing_is_worse() {
    let moment = moment();
    let shown = |board: &Board, accounts: &[String]| {
        Shape::Format(format("{problem}")).line(&Figures::of(board, accounts), &moment, None)
    };
    let mut well = board([watch(&moment, "work", "INBOX", Phase::Idling)]);
    well.failed_hooks = [(Arc::from("work"), 2)].into();
    assert_eq!(shown(&well, &[]), "work: 2 hooks failed since the last success");
    assert_eq!(shown(&well, &["home".to_owned()]), "");
    let line: Value = serde_json::from_str(&Shape::Json.line(&Figures::of(&well, &[]), &moment, None)).expect("JSON");
    assert_eq!(line["failed_hooks"], 2);
    let bar: Value =
        serde_json::from_str(&Shape::Waybar(None).line(&Figures::of(&well, &[]), &moment, None)).expect("JSON");
    assert!(bar["tooltip"].as_str().is_some_and(|lines| lines.contains("work: 2 hooks failed")), "{bar}");
    let mut down = four(&moment);
    down.failed_hooks = [(Arc::from("work"), 1)].into();
    assert!(!shown(&down, &[]).contains("hook"));
}

#[test]
fn a_heartbeat_is_no_change_and_a_mail_is_one() {
    let moment = moment();
    let mut snapshot = watch(&moment, "work", "INBOX", Phase::Idling);
    let before = Figures::of(&board([snapshot.clone()]), &[]);
    snapshot.connection.heard = Some(moment.at);
    assert_eq!(Figures::of(&board([snapshot.clone()]), &[]), before);
    snapshot.mailbox.unseen = Some(1);
    assert_ne!(Figures::of(&board([snapshot]), &[]), before);
}
