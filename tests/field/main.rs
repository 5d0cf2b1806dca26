//! What users of mail programs reported of servers, a row each, and what must come out of it.
//!
//! A row is data: see `row`. `cargo test --test field NAME` plays those whose names hold NAME.

#[expect(dead_code, reason = "the dialler's tests need all of it")]
#[path = "../dial/server.rs"]
mod certificates;
mod coverage;
#[expect(dead_code, reason = "the engine's tests need all of it")]
#[path = "../engine/harness.rs"]
mod harness;
mod play;
mod row;
mod rows;
mod under_tls;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::row::Row;

/// Real time for a row: hours of a paused clock take moments, a busy loop never ends.
const BOUND: Duration = Duration::from_mins(1);

fn main() -> ExitCode {
    let rows = rows::all().into_iter().map(|row| Trial::test(row.name, move || trial(row)));
    let complete = Trial::test("every behaviour of imap-misbehave is played by a row", || {
        coverage::complete().map_err(Failed::from)
    });
    libtest_mimic::run(&Arguments::from_args(), rows.chain([complete]).collect()).exit_code()
}

fn trial(row: &'static Row) -> Result<(), Failed> {
    match (outcome(row), row.fails) {
        (Ok(()), None) | (Err(_), Some(_)) => Ok(()),
        (Err(why), None) => Err(why.into()),
        (Ok(()), Some(whose)) => Err(format!("it passes: take the mark `.fails({whose:?})` away").into()),
    }
}

/// Plays a row in a thread of its own, within a bound.
fn outcome(row: &'static Row) -> Result<(), String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let played = catch_unwind(AssertUnwindSafe(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
            runtime.map_err(|error| error.to_string())?.block_on(play::play(row))
        }));
        let words = |panic: Box<dyn std::any::Any + Send>| {
            let text = panic.downcast_ref::<String>().cloned();
            text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
        };
        let _ = send.send(played.unwrap_or_else(|panic| Err(format!("it panicked: {}", words(panic)))));
    });
    receive.recv_timeout(BOUND).unwrap_or_else(|_| Err(format!("no end within {BOUND:?} of real time")))
}
