//! NEW: kept over restarts of the engine, the same on every screen, begun again by `ctl reset-new` and the key `0`. A watch
//! that is muted on one screen is so on all.

use imap_misbehave::{NewMessage, PASSWORD};
use rustix::process::Signal;

use crate::home::{Home, PROGRAM};
use crate::process::Process;
use crate::restarting::{Rig, idling, new_mail};
use crate::terminal::{BOUND, LARGE, PROMPT, Start, Terminal};

fn deliver(rig: &Rig, engine: &Process, subject: &str) {
    rig.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", subject));
    assert!(engine.line("the mail", new_mail).contains(subject));
}

fn screen(rig: &Rig) -> Terminal {
    let (config, state) = (rig.home.config(), rig.home.state_dir());
    let start = Start::program(Home::new(), PROGRAM, &["--config", &config, "--state-dir", &state]).size(LARGE);
    let screen = rig.home.env().into_iter().fold(start, |start, (name, value)| start.env(name, &value)).open();
    screen.wait_text("attached to watch");
    screen
}

/// The watch's row has this.
fn row(screen: &Terminal, has: bool, figure: &str) {
    screen.wait(&format!("{figure}: {has}"), |screen| {
        let contents = screen.contents();
        let row = contents.lines().find(|line| line.contains("demo/INBOX") && line.contains("live"));
        row.is_some_and(|row| row.contains(figure) == has)
    });
}

#[test]
fn new_is_kept_over_restarts_and_begins_again_for_every_screen_when_one_user_has_looked() {
    let rig = Rig::new(&format!("password_command = [\"echo\", \"{PASSWORD}\"]"));
    let engine = rig.start(&["watch", "--json"]);
    engine.line("idling", idling);
    deliver(&rig, &engine, "one");
    deliver(&rig, &engine, "two");
    let mut ctl = rig.start(&["ctl", "restart"]);
    assert_eq!(ctl.end(BOUND).code(), Some(0), "{:?}", ctl.rest_of_errors());
    engine.line("idling", idling);
    let (mut first, mut second) = (screen(&rig), screen(&rig));
    row(&first, true, "+2");
    deliver(&rig, &engine, "three");
    row(&second, true, "+3");
    first.press("0");
    first.wait_text("NEW is 0 again on 1 watch");
    row(&first, false, "+");
    row(&second, false, "+");
    deliver(&rig, &engine, "four");
    row(&second, true, "+1");
    let mut ctl = rig.start(&["ctl", "mute", "--for", "2h", "demo"]);
    assert_eq!(ctl.end(BOUND).code(), Some(0), "{:?}", ctl.rest_of_errors());
    assert_eq!(ctl.rest(), ["demo/INBOX: muted for 2h"]);
    row(&second, true, "muted");
    row(&first, true, "muted");
    first.press("U");
    first.wait_text("1 watch notifies again");
    row(&second, false, "muted");
    let mut ctl = rig.start(&["ctl", "unmute"]);
    assert_eq!(ctl.end(BOUND).code(), Some(0), "{:?}", ctl.rest_of_errors());
    assert_eq!(ctl.rest(), ["demo/INBOX: was not muted"]);
    for screen in [&mut first, &mut second] {
        screen.press("q");
        assert_eq!(screen.end(PROMPT), 0);
    }
    let mut engine = engine;
    engine.signal(Signal::KILL);
    engine.end(BOUND);
    let mut engine = rig.start(&["watch", "--json"]);
    engine.line("idling", idling);
    deliver(&rig, &engine, "five");
    let mut ctl = rig.start(&["ctl", "reset-new"]);
    assert_eq!(ctl.end(BOUND).code(), Some(0), "{:?}", ctl.rest_of_errors());
    assert_eq!(ctl.rest(), ["demo/INBOX: NEW is 0 again; it was 2"]);
    let mut ctl = rig.start(&["ctl", "reset-new", "demo"]);
    assert_eq!(ctl.end(BOUND).code(), Some(0), "{:?}", ctl.rest_of_errors());
    assert_eq!(ctl.rest(), ["demo/INBOX: NEW is 0 again; it was 0"]);
    engine.signal(Signal::INT);
    assert_eq!(engine.end(PROMPT).code(), Some(0), "{:?}", engine.rest_of_errors());
}
