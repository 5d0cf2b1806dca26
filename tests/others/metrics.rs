//! `--metrics`: what a monitoring system reads from the program, and a parser that nobody here wrote makes of it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::process::Signal;
use serde_json::Value;

use crate::home::Home;
use crate::needed::OPENMETRICS;
use crate::needs::{Missing, tests};
use crate::process::{Process, command, end};
use crate::served::Served;
use crate::terminal::{BOUND, PROMPT, Start};

tests! {
    [&OPENMETRICS] =>
        a_scrape_of_watch_says_what_its_events_said,
        a_stall_and_the_blind_time_are_counted;
    [] =>
        a_reader_of_events_who_stands_still_stops_no_count,
        the_screen_serves_them_too,
        other_machines_are_let_in_only_where_that_was_said_and_a_taken_port_is_an_error;
}

/// Reads OpenMetrics on standard input by the rules, and writes its samples as JSON: name, labels, value.
const SCRIPT: &str = r"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
json.dump([[s.name, s.labels, s.value] for f in families for s in f.samples], sys.stdout)
";

/// A Python that has the parser: the system's own may be another than the first in the path.
fn python() -> Option<&'static str> {
    let has_it = |python: &&str| {
        let mut command = Command::new(python);
        command.args(["-c", "import prometheus_client.openmetrics.parser"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().find(has_it)
}

/// Whether there is one.
pub fn look() -> Result<(), Missing> {
    python().map(drop).ok_or_else(|| Missing::new("no Python has prometheus_client"))
}

/// The samples of a text.
struct Samples(Vec<(String, Value, f64)>);

impl Samples {
    fn read(text: &str) -> Self {
        let mut child = Command::new(python().expect("the test says that it needs one"))
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it was found");
        child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the parser says: {said}\nof:\n{text}");
        Self(serde_json::from_slice(&output.stdout).expect("JSON"))
    }

    /// The one sample of this name that has these labels among its own.
    fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |of: &Value| labels.iter().all(|(label, value)| of[label] == *value);
        let mut all = self.0.iter().filter(|(of, its, _)| of == name && fits(its));
        let (Some((.., value)), None) = (all.next(), all.next()) else { panic!("not one {name} {labels:?}") };
        *value
    }
}

/// What the program says at this URL.
fn get(url: &str) -> String {
    let rest = url.strip_prefix("http://").expect("a URL");
    let (address, path) = rest.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(BOUND)).expect("ours");
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {address}\r\nAccept: application/openmetrics-text\r\n\r\n")
        .expect("it takes a request");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"), "{head}");
    body.to_owned()
}

/// Asks until what comes holds this line.
fn get_until(url: &str, line: &str) -> String {
    let until = Instant::now() + BOUND;
    loop {
        let text = get(url);
        if text.lines().any(|one| one == line) {
            return text;
        }
        assert!(Instant::now() < until, "no {line} in:\n{text}");
    }
}

fn url(line: &str) -> String {
    line.strip_prefix("metrics: ").expect("where they are").to_owned()
}

fn a_scrape_of_watch_says_what_its_events_said() {
    let home = Home::new();
    let served = Served::start(&home, &["--every", "1s", "--mailboxes", "2"]);
    let renamed = served.config().replace("\"demo\"", "\"de\\\"mo\\\\ \u{fc}\"");
    home.write_config(&format!("{renamed}on_new_mail = [\"true\"]\n"));
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["watch", "--json", "--metrics", "0", "--config", &config, "--state-dir", &state];
    let mut watch = Process::start(&home, &arguments);
    let url = url(&watch.error("metrics: "));
    let account = [("account", "de\"mo\\ \u{fc}")];
    let of = |line: &str, kind: &str| serde_json::from_str::<Value>(line).expect("JSON")["kind"] == kind;

    watch.line("two mails", |line| of(line, "new_mail"));
    watch.line("two mails", |line| of(line, "new_mail"));
    watch.line("a hook's end", |line| of(line, "hook"));
    watch.signal(Signal::USR1);
    watch.line("an answer", |line| of(line, "done_answered") && line.contains("\"reason\":\"user\""));

    let samples = Samples::read(&get(&url));
    assert!(samples.value("mailwatch_new_mails_total", &[account[0], ("gap", "false")]) >= 2.0);
    assert!(samples.value("mailwatch_done_sent_total", &[account[0], ("reason", "user")]) >= 1.0);
    let answered = samples.value("mailwatch_done_reply_seconds_count", &account);
    assert!(answered >= 3.0, "{answered}");
    let all = samples.value("mailwatch_done_reply_seconds_bucket", &[account[0], ("le", "+Inf")]);
    assert!((all - answered).abs() < 0.5, "{all} {answered}");
    assert!(samples.value("mailwatch_done_reply_seconds_sum", &account) > 0.0);
    let connections = samples.value("mailwatch_connections_total", &account);
    assert!((connections - 2.0).abs() < 0.5, "{connections}");
    assert!(samples.value("mailwatch_reconnects_total", &account).abs() < 0.5);
    let watches: f64 = samples.0.iter().filter(|(name, ..)| name == "mailwatch_watches").map(|(.., value)| value).sum();
    assert!((watches - 2.0).abs() < 0.5, "{watches}");
    assert!(samples.0.iter().all(|(_, labels, _)| !labels.to_string().contains("INBOX")), "no mailbox is named");

    watch.signal(Signal::INT);
    assert_eq!(watch.end(PROMPT).code(), Some(0));
    let said = watch.rest_of_errors();
    assert!(said.iter().all(|line| !line.contains("metrics")), "{said:?}");
}

fn a_stall_and_the_blind_time_are_counted() {
    let home = Home::new();
    let served = Served::start(&home, &["--scenario", "ignores-done-forever"]);
    home.write_config(&served.config().replace("[[account]]", "[timers]\ndone = \"1s\"\n[[account]]"));
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["watch", "--json", "--metrics", "0", "--config", &config, "--state-dir", &state];
    let watch = Process::start(&home, &arguments);
    let url = url(&watch.error("metrics: "));
    watch.line("idling", |line| line.contains("\"to\":\"idling\""));
    watch.signal(Signal::USR1);
    watch.line("a replacement", |line| line.contains("\"kind\":\"replaced\""));
    let text = get_until(&url, "mailwatch_watches{account=\"demo\",phase=\"idling\"} 1");
    let samples = Samples::read(&text);
    let stalls: f64 =
        samples.0.iter().filter(|(name, ..)| name == "mailwatch_stalls_total").map(|(.., value)| value).sum();
    assert!((stalls - 1.0).abs() < 0.5, "{text}");
    assert!((samples.value("mailwatch_reconnects_total", &[("account", "demo")]) - 1.0).abs() < 0.5, "{text}");
    assert!((samples.value("mailwatch_quarantined_connections", &[]) - 1.0).abs() < 0.5, "{text}");
    assert!(samples.value("mailwatch_blind_seconds_total", &[]) > 0.9, "{text}");
}

fn a_reader_of_events_who_stands_still_stops_no_count() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["watch", "--json", "--metrics", "0", "--config", &config, "--state-dir", &state];
    let mut command = command(&home, &arguments);
    // Nobody reads it: the pipe's other end is kept, and that is all.
    let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
    // A page is the least that a pipe holds.
    let pipe = child.stdout.as_ref().expect("piped");
    let room = rustix::pipe::fcntl_setpipe_size(pipe, 4096).expect("a pipe's room can be set");
    let mut said = std::io::BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).expect("a line");
    let url = url(line.trim_end());
    let idling = "mailwatch_watches{account=\"demo\",phase=\"idling\"} 1";
    get_until(&url, idling);
    // Some 150 bytes an event, five events a DONE: three times what the pipe holds, and what a person is given in a minute.
    assert!(room <= 4096, "{room}");
    for sent in 1..=16 {
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::USR1).expect("it runs");
        get_until(&url, &format!("mailwatch_done_reply_seconds_count{{account=\"demo\"}} {sent}"));
        get_until(&url, idling);
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).expect("it runs");
    assert_eq!(end(&mut child, PROMPT).code(), Some(0));
}

fn the_screen_serves_them_too() {
    let terminal = Start::demo().argument("--metrics").argument("0").open();
    terminal.wait_text("7 live");
    let bytes = terminal.bytes();
    let said = String::from_utf8_lossy(&bytes);
    // Said before the screen was taken.
    let line = said.lines().next().expect("a line");
    get_until(&url(line.trim_end()), "mailwatch_program_fault 0");
}

fn other_machines_are_let_in_only_where_that_was_said_and_a_taken_port_is_an_error() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let run = |arguments: &[&str]| {
        let mut all = vec!["watch", "--config", &config, "--state-dir", &state];
        all.extend(arguments);
        Process::start(&home, &all)
    };
    let mut refused = run(&["--metrics", "0.0.0.0:0"]);
    assert_eq!(refused.end(BOUND).code(), Some(2));
    assert!(refused.rest_of_errors().join("\n").contains("--metrics-public"));

    let mut public = run(&["--metrics", "0.0.0.0:0", "--metrics-public"]);
    let url = url(&public.error("metrics: "));
    public.error("warning: --metrics-public");
    let port = url.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()).expect("a port").to_owned();
    get_until(&format!("http://127.0.0.1:{port}/metrics"), "mailwatch_program_fault 0");

    let mut taken = run(&["--metrics", &port]);
    assert_eq!(taken.end(BOUND).code(), Some(1));
    let said = taken.rest_of_errors().join("\n");
    assert!(said.contains(&format!("--metrics 127.0.0.1:{port}")) && said.contains("in use"), "{said}");
    public.signal(Signal::TERM);
    assert_eq!(public.end(PROMPT).code(), Some(0));
}
