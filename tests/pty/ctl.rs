//! `ctl`: what a script gets from the engine that runs, from one that does not, and for words that are wrong.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::thread;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::home::Home;
use crate::process::Process;
use crate::served::Served;
use crate::terminal::{BOUND, PROMPT};

/// What it printed, and its exit code.
fn ctl(home: &Home, more: &[&str]) -> (Option<i32>, Vec<String>, Vec<String>) {
    let state = home.state_dir();
    let mut program = Process::start(home, &[&["ctl"], more, &["--state-dir", &state]].concat());
    let code = program.end(BOUND).code();
    (code, program.rest(), program.rest_of_errors())
}

/// The lines where all went well.
fn done(home: &Home, more: &[&str]) -> Vec<String> {
    let (code, lines, errors) = ctl(home, more);
    assert_eq!((code, errors), (Some(0), Vec::new()), "{more:?}: {lines:?}");
    lines
}

/// The exit code and the sentence where it did not.
fn refused(home: &Home, more: &[&str]) -> (Option<i32>, String) {
    let (code, lines, errors) = ctl(home, more);
    assert_eq!(lines, [""; 0], "{more:?}");
    (code, errors.join("\n"))
}

/// A server with two mailboxes, and a `watch` on it that idles.
struct Rig {
    watch: Process,
    _served: Served,
    home: Home,
}

impl Rig {
    fn start() -> Self {
        let home = Home::new();
        let served = Served::start(&home, &["--mailboxes", "2"]);
        home.write_config(served.config());
        let (config, state) = (home.config(), home.state_dir());
        let watch = Process::start(&home, &["watch", "--json", "--config", &config, "--state-dir", &state]);
        for _ in 0..2 {
            watch.line("idling", |line| line.contains("\"to\":\"idling\""));
        }
        Self { watch, _served: served, home }
    }

    /// The next event of this kind of the watch.
    fn event(&self, kind: &str, mailbox: &str) -> Value {
        let read = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
        let wanted = |line: &str| read(line)["kind"] == kind && read(line)["mailbox"] == mailbox;
        read(&self.watch.line(&format!("{kind} of {mailbox}"), wanted))
    }
}

#[test]
fn each_watch_that_is_told_says_so_and_does_it() {
    let rig = Rig::start();
    let mailboxes: Vec<String> = done(&rig.home, &["done"])
        .iter()
        .map(|line| line.strip_suffix(": DONE").and_then(|name| name.strip_prefix("demo/")).expect(line).to_owned())
        .collect();
    let [first, second] = &mailboxes[..] else { panic!("{mailboxes:?}") };
    assert_eq!(rig.event("done_sent", first)["reason"], "user");
    let (one, other) = (format!("demo/{first}"), format!("demo/{second}"));
    assert_eq!(done(&rig.home, &["pause", &one]), [format!("{one}: paused")]);
    let paused = |line: &str| line.contains("\"to\":\"paused\"");
    rig.watch.line("paused", paused);
    assert_eq!(done(&rig.home, &["pause", &one]), [format!("{one}: was paused already")]);
    assert_eq!(done(&rig.home, &["done", &one]), [format!("{one}: is paused: `ctl resume` watches it again")]);
    let resumed = done(&rig.home, &["resume"]);
    assert_eq!(resumed, [format!("{one}: watched again"), format!("{other}: was not paused")]);
    assert_eq!(done(&rig.home, &["reconnect", "demo/*", "--account", "demo"]).len(), 2);
    assert_eq!(done(&rig.home, &["retune", "reissue", "1m30s", "demo"]).len(), 2);
    let retuned = rig.event("retuned", second);
    assert_eq!((&retuned["to_ms"], &retuned["origin"]), (&90_000.into(), &"you".into()));
    let by = retuned["by"].as_str().expect("who wanted it");
    assert!(by.starts_with("ctl (process ") && by.ends_with(')'), "{by}");
    let learned = &done(&rig.home, &["retune", "reissue", "auto", &other, "--json"])[0];
    let learned: Value = serde_json::from_str(learned).expect("JSON");
    let wanted =
        json!({"account": "demo", "mailbox": second, "command": "retune", "ok": true, "text": "reissue is learned"});
    assert_eq!(learned, wanted);
}

#[test]
fn the_configuration_is_read_again_and_what_is_wrong_with_it_is_said() {
    let rig = Rig::start();
    let said = done(&rig.home, &["reload"]);
    assert!(said.len() == 1 && !said[0].is_empty(), "{said:?}");
    rig.home.write_config("[[account]]\nname = 3\n");
    let (code, said) = refused(&rig.home, &["reload"]);
    assert!(code == Some(1) && said.starts_with("error: ") && said.ends_with("stays in force."), "{said}");
    assert!(said.contains("name = 3"), "the place is shown: {said}");
    let (code, lines, _) = ctl(&rig.home, &["reload", "--json"]);
    let said: Value = serde_json::from_str(&lines.concat()).expect("JSON");
    assert_eq!((code, &said["command"], &said["ok"]), (Some(1), &"reload".into(), &false.into()));
}

#[test]
fn wrong_words_are_bad_use_and_nothing_is_told() {
    let rig = Rig::start();
    for (words, wanted) in [
        (&["pause"][..], "`ctl pause` needs a target"),
        (&["reconnect"], "or --all"),
        (&["done", "dmeo"], "error: no account dmeo is being watched; did you mean demo?"),
        (&["done", "demo/INBOX", "--account", "dem"], "did you mean demo?"),
        (&["done", "demo", "demo/INBIX"], "no watch demo/INBIX is being watched; did you mean demo/INBOX?"),
        (&["retune", "reisue", "4m", "demo"], "reissue"),
        (&["retune", "reissue", "4", "demo"], "reissue: a duration needs its unit"),
        (&["retune", "reissue", "2h", "demo"], "reissue is from 1s to 29m"),
        (&["retune", "reissue", "off", "demo"], "reissue is from 1s to 29m"),
        (&["retune", "poll", "auto", "demo"], "poll is never learned"),
        (&["done", "demo", "--all"], "cannot be used with"),
        (&["dnoe"], "done"),
    ] {
        let (code, said) = refused(&rig.home, words);
        assert!(code == Some(2) && said.contains(wanted), "{words:?}: {code:?} {said}");
    }
    let told = done(&rig.home, &["pause", "--all", "--json"]);
    assert_eq!(told.len(), 2, "the first command that is heard: {told:?}");
    let next = rig.watch.line("what is done", |line| line.contains("done_sent") || line.contains("paused"));
    assert!(next.contains("\"reason\":\"pause\""), "{next}");
}

#[test]
fn without_an_engine_it_says_so_and_one_that_hangs_is_named() {
    let home = Home::new();
    let (code, said) = refused(&home, &["done"]);
    assert!(
        code == Some(1) && said.starts_with("error: mailwatch-tui is not running on the state directory"),
        "{said}"
    );
    let mut rig = Rig::start();
    rig.watch.signal(Signal::STOP);
    let (code, said) = refused(&rig.home, &["done"]);
    let hangs = format!("error: mailwatch-tui (process {}) runs but does not answer within 2 s", rig.watch.id());
    assert_eq!((code, said), (Some(1), hangs));
    rig.watch.signal(Signal::CONT);
    rig.watch.signal(Signal::TERM);
    assert_eq!(rig.watch.end(PROMPT).code(), Some(0));
}

#[test]
fn an_older_engine_is_named_with_what_it_lacks() {
    let home = Home::new();
    let run = home.path().join("state/run");
    fs::create_dir_all(&run).expect("made");
    let engine = UnixListener::bind(run.join("status.sock")).expect("bound");
    let serving = thread::spawn(move || {
        let (stream, _) = engine.accept().expect("a front end");
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).expect("its hello");
        let hello = json!({"type": "hello", "version": 1, "program": "mailwatch-tui 0.1.9", "engine": "1", "pid": 812,
            "role": "watch", "since": "2026-01-31T08:12:00.000Z", "config": null, "features": ["events"]});
        writeln!(&stream, "{hello}").expect("it reads");
        line
    });
    let (code, said) = refused(&home, &["done"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        said,
        "error: the engine (mailwatch-tui 0.1.9, process 812) is older and does not know `done`: restart it with this version"
    );
    let hello: Value = serde_json::from_str(&serving.join().expect("it served")).expect("JSON");
    assert_eq!((&hello["role"], &hello["config"]), (&"ctl".into(), &Value::Null));
}
