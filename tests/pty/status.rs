//! `status`: what a bar and a script get from a program that runs, hangs, was killed, or is not there.

use std::io::Read;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::home::{Home, PROGRAM};
use crate::process::{Process, command, end};
use crate::served::Served;
use crate::terminal::{BOUND, PROMPT, Start};

fn asked(home: &Home, more: &[&str]) -> Vec<String> {
    let state = home.state_dir();
    let arguments = [&["status", "--state-dir", &state], more].concat();
    arguments.into_iter().map(ToOwned::to_owned).collect()
}

fn status(home: &Home, more: &[&str]) -> Process {
    Process::start(home, &asked(home, more).iter().map(String::as_str).collect::<Vec<_>>())
}

/// The one line that an answer is.
fn line(home: &Home, more: &[&str]) -> String {
    let mut program = status(home, more);
    let code = program.end(BOUND).code();
    let (lines, errors) = (program.rest(), program.rest_of_errors());
    assert_eq!((code, lines.len()), (Some(0), 1), "{lines:?} {errors:?}");
    lines.concat()
}

/// The exit code and what was said where there is no answer.
fn refusal(home: &Home, more: &[&str]) -> (Option<i32>, String) {
    let mut program = status(home, more);
    let code = program.end(BOUND).code();
    assert_eq!(program.rest(), [""; 0], "nothing that a bar would take for an answer");
    (code, program.rest_of_errors().join("\n"))
}

/// A server, and a `watch` on it that idles.
fn watched(serve: &[&str]) -> (Process, Served, Home) {
    let home = Home::new();
    let served = Served::start(&home, serve);
    home.write_config(served.config());
    let watch = watch(&home);
    (watch, served, home)
}

fn watch(home: &Home) -> Process {
    let (config, state) = (home.config(), home.state_dir());
    let watch = Process::start(home, &["watch", "--json", "--config", &config, "--state-dir", &state]);
    watch.line("idling", |line| line.contains("\"to\":\"idling\""));
    watch
}

#[test]
fn a_running_watch_says_how_it_stands_in_each_shape() {
    let (mut watch, _served, home) = watched(&[]);
    let text = line(&home, &[]);
    assert!(text.starts_with("1 of 1 live; 0 new, 0 unseen; next DONE at "), "{text}");
    assert_eq!(line(&home, &["--format", "{live}/{watches} {state} {{{accounts}}}"]), "1/1 live {1}");
    assert_eq!(line(&home, &["--format", "{pid}"]), watch.id().to_string());
    let all: Value = serde_json::from_str(&line(&home, &["--json"])).expect("JSON");
    assert_eq!(
        (&all["running"], &all["state"], &all["next_done"]["account"]),
        (&true.into(), &"live".into(), &"demo".into())
    );
    let (account, inbox) = (&all["accounts"][0], &all["watches"][0]);
    assert_eq!(
        (&account["name"], &inbox["mailbox"], &inbox["phase"]),
        (&"demo".into(), &"INBOX".into(), &"idling".into())
    );
    assert_eq!((&inbox["verdict"], &inbox["next"]["timer"]), (&"live".into(), &"reissue".into()));
    let bar: Value = serde_json::from_str(&line(&home, &["--waybar"])).expect("JSON");
    assert_eq!((&bar["text"], &bar["class"][0]), (&"0".into(), &"live".into()));
    assert_eq!(line(&home, &["--account", "demo", "--format", "{new}"]), "0");
    let stranger = "no account dmeo is being watched; there are: demo";
    assert_eq!(refusal(&home, &["--account", "dmeo"]), (Some(1), format!("error: {stranger}")));
    watch.signal(Signal::INT);
    assert_eq!(watch.end(PROMPT).code(), Some(0));
    let (code, said) = refusal(&home, &[]);
    assert!(
        code == Some(1) && said.starts_with("error: mailwatch-tui is not running on the state directory"),
        "{said}"
    );
}

#[test]
fn a_running_screen_answers_until_it_is_left() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let mut screen = Start::program(home, PROGRAM, &["--config", &config, "--state-dir", &state]).open();
    screen.wait_row("demo/INBOX", "live");
    assert_eq!(line(&screen.home, &["--format", "{state} {watches}"]), "live 1");
    screen.press("q");
    assert_eq!(screen.end(PROMPT), 0);
    assert_eq!(refusal(&screen.home, &["--json"]).0, Some(1));
}

#[test]
fn who_follows_sees_each_mail_and_the_end() {
    let (mut watch, _served, home) = watched(&["--every", "1s"]);
    let mut following = status(&home, &["--follow", "--format", "{new} {state}"]);
    // How many had come before it was there to see is the machine's affair.
    let new = |line: &str| line.split_once(' ').and_then(|(new, _)| new.parse::<u32>().ok());
    let first = new(&following.line("a mail", |line| new(line).is_some_and(|new| new > 0)));
    let next = following.line("another mail", |line| new(line) > first);
    assert!(next.ends_with(" live"), "{next}");
    watch.signal(Signal::TERM);
    assert_eq!(watch.end(PROMPT).code(), Some(0));
    assert_eq!(
        following.error(""),
        "mailwatch-tui has ended: stopped by a signal; waiting for the next engine",
        "nothing before it"
    );
    // No bar shows what was.
    following.line("the end", |line| line == "- off");
    following.signal(Signal::INT);
    assert_eq!(following.end(PROMPT).code(), Some(0));
    assert_eq!((following.rest(), following.rest_of_errors()), (Vec::new(), Vec::new()));
}

#[test]
fn who_follows_goes_on_with_the_next_engine_however_the_last_one_ended() {
    let (mut engine, _served, home) = watched(&[]);
    let mut following = status(&home, &["--follow", "--format", "{pid} {state}"]);
    for (signal, why) in [(Signal::KILL, ""), (Signal::TERM, ": stopped by a signal"), (Signal::KILL, "")] {
        let live = format!("{} live", engine.id());
        following.line("this engine", |line| line == live);
        engine.signal(signal);
        engine.end(PROMPT);
        assert_eq!(following.error(""), format!("mailwatch-tui has ended{why}; waiting for the next engine"));
        following.line("the end", |line| line == "- off");
        engine = watch(&home);
    }
    let live = format!("{} live", engine.id());
    following.line("the last engine", |line| line == live);
    following.signal(Signal::TERM);
    assert_eq!(following.end(PROMPT).code(), Some(0));
    assert_eq!(following.rest_of_errors(), [""; 0]);
}

#[test]
fn who_followed_enough_leaves_in_order_by_signal_or_by_reading_no_more() {
    let (_watch, _served, home) = watched(&[]);
    for signal in [Signal::INT, Signal::TERM] {
        let mut following = status(&home, &["--follow"]);
        following.line("the first line", |_| true);
        following.signal(signal);
        assert_eq!(following.end(PROMPT).code(), Some(0), "{signal:?}");
        assert_eq!(following.rest_of_errors(), [""; 0]);
    }
    // Nothing changes any more: no next line would tell it that nobody reads.
    let arguments = asked(&home, &["--follow", "--format", "{watches}"]);
    let mut child =
        command(&home, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).spawn().expect("it starts");
    let mut output = child.stdout.take().expect("piped");
    output.read_exact(&mut [0; 2]).expect("a line");
    drop(output);
    assert_eq!(end(&mut child, PROMPT).code(), Some(0));
}

#[test]
fn a_reader_that_takes_nothing_holds_up_no_end_though_the_program_has_ended() {
    let (mut watch, _served, home) = watched(&[]);
    // One such line fits into a pipe (pipe(7): 64 KiB), and only a part of the next one.
    let long = "x".repeat(60_000);
    let arguments = asked(&home, &["--follow", "--format", &long]);
    let mut child =
        command(&home, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).spawn().expect("it starts");
    let output = child.stdout.take().expect("piped");
    let holds = |bytes: usize| {
        let until = Instant::now() + BOUND;
        while ioctl_fionread(&output).expect("a pipe") < bytes as u64 {
            assert!(Instant::now() < until, "the pipe does not hold {bytes} bytes");
            thread::yield_now();
        }
    };
    holds(60_001);
    watch.signal(Signal::TERM);
    assert_eq!(watch.end(PROMPT).code(), Some(0));
    holds(60_002);
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it waits for its reader");
    assert_eq!(end(&mut child, PROMPT).code(), Some(0));
}

#[test]
fn a_program_that_hangs_is_named_and_an_interrupt_waits_for_nobody() {
    let (watch, _served, home) = watched(&[]);
    watch.signal(Signal::STOP);
    let mut waiting = status(&home, &[]);
    let (code, said) = refusal(&home, &[]);
    assert_eq!(code, Some(1));
    assert_eq!(said, format!("error: mailwatch-tui (process {}) runs but does not answer within 2 s", watch.id()));
    assert_eq!(waiting.end(BOUND).code(), Some(1));
    let mut interrupted = status(&home, &["--follow"]);
    interrupted.signal(Signal::INT);
    interrupted.end(Duration::from_secs(10));
    assert_eq!((interrupted.rest(), interrupted.rest_of_errors()), (Vec::new(), Vec::new()), "nothing half-written");
    watch.signal(Signal::CONT);
    assert_eq!(line(&home, &["--format", "{live}"]), "1");
}

/// As under `nohup cargo test &`.
#[test]
fn where_this_process_ignores_signals_its_programs_do_not() {
    let test = "status::a_program_that_hangs_is_named_and_an_interrupt_waits_for_nobody";
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP INT QUIT; exec \"$0\" --exact \"$1\""]);
    let output = command.arg(std::env::current_exe().expect("a test")).arg(test).output().expect("sh runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn after_a_kill_there_is_no_program_and_the_next_one_answers() {
    let (mut first, _served, home) = watched(&[]);
    first.signal(Signal::KILL);
    first.end(BOUND);
    assert_eq!(refusal(&home, &[]).0, Some(1));
    let _next = watch(&home);
    assert_eq!(line(&home, &["--format", "{state}"]), "live");
}

#[test]
fn a_placeholder_that_is_none_is_bad_use_with_the_nearest_named() {
    let home = Home::new();
    let (code, said) = refusal(&home, &["--format", "{unsen}"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("there is no placeholder {unsen}; did you mean {unseen}?"), "{said}");
}
