//! The link is cut: how soon that is noticed, what is said of it, and what comes after.

use std::time::Duration;

use serde_json::Value;

use crate::NAMESPACES;
use crate::S;
use crate::link::{Cut, Link};
use crate::needs::tests;
use crate::program::{Program, Said};
use crate::server::Served;

tests! {
    [&NAMESPACES] =>
        a_pulled_cable_is_a_dead_path_within_five_seconds_of_done,
        a_link_that_is_down_further_on_is_a_dead_path_within_five_seconds_of_done,
        a_black_hole_is_a_dead_path_within_five_seconds_of_done,
        answers_that_do_not_come_back_are_a_dead_path_within_five_seconds_of_done,
        a_link_that_dies_while_nothing_is_due_is_noticed_within_a_minute;
}

/// Short waits between attempts: what is tested is the verdict, and that the program comes back.
const BRISK: &str = "connect = \"3s\"\nretry_min = \"1s\"\nretry_max = \"2s\"\n";

/// Time for a program to start, or to connect, on a busy machine.
const BOUND: Duration = Duration::from_secs(20);

fn mails(said: &[Said]) -> Vec<(&str, bool)> {
    let of_mail = |said: &'_ &Said| said.event["kind"] == "new_mail";
    let told = |event: &'_ Value| event["gap"].as_bool().expect("gap");
    said.iter().filter(of_mail).map(|said| (said.event["subject"].as_str().expect("text"), told(&said.event))).collect()
}

/// DONE is forced on a link that has just been cut.
fn forced_done(cut: Cut) {
    let link = Link::make();
    let served = Served::start(&link);
    let mut program = Program::start(&link, &served, BRISK);
    program.idling(BOUND);
    served.deliver("before");
    program.until(BOUND, "new_mail", |_| true);
    let idling = program.idling(BOUND);
    served.wait(BOUND, "it idles", |server| server.idling() == 1);

    link.cut(cut);
    served.deliver("in the gap");
    program.force_done();
    let done = program.until(BOUND, "done_sent", |event| event["reason"] == "user");
    let stalled = program.until(BOUND, "stalled", |_| true);
    let took = stalled.at - done.at;
    assert!(took < 5 * S, "{took:?}:\n{}", program.told());
    let evidence = &stalled.event["evidence"];
    assert_eq!(stalled.event["verdict"], "path-dead", "{evidence}");
    assert_eq!(evidence["acked"], false);
    assert_eq!(evidence["proxy"], false);
    let figure = |name: &str| evidence[name].as_u64().expect("Linux tells");
    assert!(figure("outq") > 0 && figure("snd_wnd") > 0, "{evidence}");
    // What this machine cannot send at all it cannot send again either.
    let left = figure("unacked") > 0;
    assert_eq!(left, figure("retransmits") > 0, "{evidence}");
    assert_eq!(left, matches!(cut, Cut::FarDown | Cut::AnswersAreLost), "{evidence}");
    let verdict = program.until(BOUND, "verdict", |event| event["verdict"] == "path-dead");
    assert_eq!(&verdict.event["evidence"], evidence);
    let text = verdict.event["text"].as_str().expect("a sentence");
    assert!(text.contains(if left { "between here and the server" } else { "this machine" }), "{text}");
    assert_eq!(stalled.event["conn"], done.event["conn"]);

    // It keeps trying, and says so.
    program.until(BOUND, "retry", |_| true);
    link.mend(cut);
    let back = program.idling(BOUND);
    let replaced = program.until(BOUND, "replaced", |_| true);
    assert_eq!((&replaced.event["conn"], &replaced.event["by"]), (&done.event["conn"], &back.event["conn"]));
    let blind = Duration::from_millis(replaced.event["blind_ms"].as_u64().expect("a number"));
    let (least, most) = (back.at - done.at, back.at - idling.at + S);
    assert!(least <= blind + S && blind <= most, "{least:?} {blind:?} {most:?}\n{}", program.told());

    // The quarantined connection was kept: the kernel's resend brings its DONE over after all.
    let late = program.ever(60 * S, "done_answered", |event| event["late"] == true);
    assert_eq!(late.event["conn"], done.event["conn"]);
    assert!(late.event["took_ms"].as_u64() >= Some(3000), "{}", late.event);
    served.wait(BOUND, "the old connection is let go", |server| server.open_connections() == 1);
    served.deliver("after");
    program.until(BOUND, "new_mail", |event| event["subject"] == "after");
    let said = program.stop();
    assert_eq!(mails(&said), [("before", false), ("in the gap", true), ("after", false)]);
}

fn a_pulled_cable_is_a_dead_path_within_five_seconds_of_done() {
    forced_done(Cut::NearDown);
}

fn a_link_that_is_down_further_on_is_a_dead_path_within_five_seconds_of_done() {
    forced_done(Cut::FarDown);
}

fn a_black_hole_is_a_dead_path_within_five_seconds_of_done() {
    forced_done(Cut::SentIsLost);
}

fn answers_that_do_not_come_back_are_a_dead_path_within_five_seconds_of_done() {
    forced_done(Cut::AnswersAreLost);
}

fn a_link_that_dies_while_nothing_is_due_is_noticed_within_a_minute() {
    let link = Link::make();
    let served = Served::start(&link);
    let mut program = Program::start(&link, &served, "");
    let idling = program.idling(BOUND);
    served.wait(BOUND, "it idles", |server| server.idling() == 1);

    link.cut(Cut::FarDown);
    served.deliver("in the gap");
    let noticed = program.until(60 * S, "fault", |_| true);
    assert_eq!((&noticed.event["class"], &noticed.event["retry"]), (&"timeout".into(), &true.into()));
    assert_eq!(noticed.event["conn"], idling.event["conn"]);
    program.until(BOUND, "phase", |event| event["to"] == "connecting");
    program.until(60 * S, "retry", |_| true);
    link.mend(Cut::FarDown);
    // While it waits for its next attempt, this tells it to try now.
    program.force_done();
    let back = program.idling(60 * S);
    let replaced = program.until(BOUND, "replaced", |_| true);
    assert_eq!((&replaced.event["conn"], &replaced.event["by"]), (&idling.event["conn"], &back.event["conn"]));
    assert!(replaced.event["blind_ms"].as_u64() >= Some(40_000), "{}", replaced.event);
    let said = program.stop();
    assert_eq!(mails(&said), [("in the gap", true)]);
    let dead = said.iter().find(|said| said.event["kind"] == "verdict" && said.event["verdict"] == "path-dead");
    let text = dead.expect("the verdict names the path").event["text"].to_string();
    assert!(text.contains("NAT"), "{text}");
}
