//! A front end that knows the engine by docs/protocol.md alone: `examples/bar.py`.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::home::Home;
use crate::needed::PYTHON;
use crate::needs::tests;
use crate::process::{Process, end};
use crate::served::Served;
use crate::terminal::BOUND;

tests! {
    [&PYTHON] =>
        a_strangers_front_end_shows_the_board_and_forces_done;
}

const BAR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bar.py");

/// The front end with these arguments, in that home.
fn bar(home: &Home, arguments: &[&str]) -> Command {
    let mut bar = Command::new("python3");
    bar.arg(BAR).args(["--state-dir", &home.state_dir()]).args(arguments);
    bar.env_clear().envs(home.env()).current_dir(home.path());
    bar.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    bar
}

/// Whether the engine took the command.
fn is_done(home: &Home) -> bool {
    end(&mut bar(home, &["done"]).spawn().expect("python3 runs"), BOUND).success()
}

fn a_strangers_front_end_shows_the_board_and_forces_done() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let watch = Process::start(&home, &["watch", "--json", "--config", &config, "--state-dir", &state]);
    // Its socket is there soon after it has begun.
    let until = Instant::now() + BOUND;
    while !is_done(&home) {
        assert!(Instant::now() < until, "nobody takes a command");
        thread::sleep(Duration::from_millis(50));
    }
    let mut board = Process::of(bar(&home, &[]));
    board.line("all that is live", |line| line.starts_with("● 1 live"));
    assert!(is_done(&home));
    let is_forced = |line: &str| line.contains("\"done_answered\"") && line.contains("\"reason\":\"user\"");
    watch.line("a DONE that was forced", is_forced);
    watch.signal(Signal::TERM);
    // Why is said on standard error.
    assert_eq!(board.end(BOUND).code(), Some(1));
    // An engine that is slow to say it has closed the connection before.
    let said = board.rest_of_errors();
    assert!(said == ["the engine has ended: stopped by a signal"] || said == ["the engine has ended"], "{said:?}");
}
