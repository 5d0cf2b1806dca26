//! One interface goes down and another comes up: how soon the push is alive again.

use std::time::{Duration, Instant};

use crate::NAMESPACES;
use crate::S;
use crate::link::Link;
use crate::needs::tests;
use crate::program::Program;
use crate::server::Served;

tests! {
    [&NAMESPACES] =>
        on_another_interface_it_idles_again_within_three_seconds;
}

/// Time for a program to start, or to connect, on a busy machine.
const BOUND: Duration = Duration::from_secs(20);

fn on_another_interface_it_idles_again_within_three_seconds() {
    let link = Link::make();
    let served = Served::start(&link);
    // Every other way to notice takes longer than this test allows.
    let mut program = Program::start(&link, &served, "");
    let before = program.idling(BOUND);
    served.wait(BOUND, "it idles", |server| server.idling() == 1);

    link.change_over();
    let changed = Instant::now();
    served.deliver("in the gap");
    let done = program.until(BOUND, "done_sent", |_| true);
    assert_eq!(done.event["reason"], "network", "{}", program.told());
    let back = program.idling(BOUND);
    let took = back.at.saturating_duration_since(changed);
    assert!(took < 3 * S, "{took:?}:\n{}", program.told());
    assert_ne!(back.event["conn"], before.event["conn"]);
    let told = program.ever(BOUND, "new_mail", |event| event["subject"] == "in the gap");
    assert_eq!(told.event["gap"], true, "{}", told.event);
}
