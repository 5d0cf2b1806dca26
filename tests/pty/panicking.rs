//! A panic of the screen's own, in the library's real loop on a real terminal: a process of this test program plays the
//! part of the program, as nothing in the program itself can be made to panic.

use futures_util::StreamExt;
use mailwatch_engine::link::link;
use mailwatch_proto::model::WatchId;
use mailwatch_tui::tui::{EngineIs, Linked, Options, RequestClient, run_from};

use crate::home::Home;
use crate::terminal::{BOUND, DESIGNED, Start};

/// Set for the process that is to panic.
const PART: &str = "MAILWATCH_TEST_PANICS";

/// What Rust's test programs end with where a test has failed.
const FAILED: u32 = 101;

#[test]
fn a_panic_of_the_screens_own_gives_the_terminal_back_before_it_is_reported() {
    let this = std::env::current_exe().expect("this program is somewhere");
    let arguments = ["--exact", "panicking::the_program_that_panics", "--ignored", "--nocapture", "--test-threads=1"];
    let this = this.to_str().expect("a path in UTF-8");
    let mut terminal = Start::program(Home::new(), this, &arguments).env(PART, "1").size(DESIGNED).open();
    terminal.wait("the screen", |screen| screen.alternate_screen() && screen.contents().contains("1 Watches"));
    terminal.press("x");
    assert_eq!(terminal.end(BOUND), FAILED);
    terminal.assert_restored();
    let contents = terminal.contents();
    assert!(contents.contains("panicked at") && contents.contains("somebody pressed x"), "{contents}");
}

#[tokio::test]
#[ignore = "it panics, for the test above"]
async fn the_program_that_panics() {
    assert!(std::env::var_os(PART).is_some(), "it is started by the test above");
    let link = link([WatchId::new("work", "INBOX")], 64, true);
    let keys = || {
        crossterm::event::EventStream::new().inspect(|event| {
            let pressed = event.as_ref().ok().and_then(crossterm::event::Event::as_key_press_event);
            assert!(pressed.is_none_or(|key| key.code != crossterm::event::KeyCode::Char('x')), "somebody pressed x");
        })
    };
    let first = Linked { front_end: link.front_end, requests: RequestClient::absent(), engine: EngineIs::Own };
    let links = tokio::sync::mpsc::channel(1).1;
    let _ = run_from(keys, first, links, Options::from_env()).await;
}
