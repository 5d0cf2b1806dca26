//! What docs/fleet.md promises: the template unit, alerts and a dashboard over the metrics, a Prometheus that scrapes three
//! engines, and events through a broker that is away for a while.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::home::{Home, PROGRAM};
use crate::needed::{MOSQUITTO, PROMETHEUS};
use crate::needs::tests;
use crate::process::Process;
use crate::served::Served;
use crate::terminal::{BOUND, PROMPT};

tests! {
    [] =>
        the_template_is_the_unit_for_each_configuration,
        alerts_and_dashboard_ask_for_nothing_but_what_is_exported,
        the_document_names_every_alert_and_shows_what_is_tried_here;
    [&PROMETHEUS] =>
        the_alerts_fire_where_they_are_to_and_nowhere_else,
        a_prometheus_sees_three_engines_and_the_one_that_ends;
    [&MOSQUITTO] =>
        a_broker_that_was_away_for_a_while_has_every_event;
}

const UNIT: &str = include_str!("../../assets/systemd/mailwatch-tui.service");
const TEMPLATE: &str = include_str!("../../assets/systemd/mailwatch-tui@.service");
const ALERTS: &str = include_str!("../../assets/grafana/alerts.yml");
const DASHBOARD: &str = include_str!("../../assets/grafana/dashboard.json");
const DOCUMENT: &str = include_str!("../../docs/fleet.md");
const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/grafana");

/// What the engine exports, as its own test has looked at it.
const EXPORTED: &str = include_str!(
    "../../crates/engine/src/metrics/snapshots/mailwatch_engine__metrics__families__tests__the_text_is_as_it_was_looked_at.snap"
);

/// Between two questions to a program that cannot be waited for otherwise.
const PACE: Duration = Duration::from_millis(50);

fn the_template_is_the_unit_for_each_configuration() {
    let settings = |text: &'static str| {
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect::<Vec<&str>>()
    };
    let (unit, template) = (settings(UNIT), settings(TEMPLATE));
    let of_its_own: Vec<&str> = template.iter().copied().filter(|line| !unit.contains(line)).collect();
    let left_out: Vec<&str> = unit.iter().copied().filter(|line| !template.contains(line)).collect();
    assert_eq!(
        of_its_own,
        [
            "Description=Mailboxes under IMAP IDLE, %i",
            "Environment=MAILWATCH_OPTIONS=",
            "EnvironmentFile=-%h/.config/mailwatch-tui/%i.env",
            "ExecStart=mailwatch-tui watch --config %h/.config/mailwatch-tui/%i.toml --state-dir \
             %h/.local/state/mailwatch-tui/%i $MAILWATCH_OPTIONS",
        ]
    );
    assert_eq!(left_out, ["Description=Mailboxes under IMAP IDLE", "ExecStart=mailwatch-tui watch"]);
}

/// The names of metrics in a text.
fn metrics(text: &str) -> BTreeSet<&str> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    text.split(word).filter(|word| word.starts_with("mailwatch_")).collect()
}

fn alerts_and_dashboard_ask_for_nothing_but_what_is_exported() {
    let exported: BTreeSet<&str> = EXPORTED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let asked: BTreeSet<&str> = metrics(ALERTS).into_iter().chain(metrics(DASHBOARD)).collect();
    assert!(asked.len() > 8, "{asked:?}");
    assert!(asked.is_subset(&exported), "{:?}", asked.difference(&exported));
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() >= 8));
    // Words of the engine's that rules compare with.
    for word in ["server-ignoring", "path-dead", "auth", "secret"] {
        assert!(ALERTS.contains(word) && EXPORTED.contains(&format!("=\"{word}\"")), "{word}");
    }
}

fn alert_names() -> Vec<&'static str> {
    ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect()
}

fn the_document_names_every_alert_and_shows_what_is_tried_here() {
    let names = alert_names();
    assert!(names.len() >= 10, "{names:?}");
    let cases = fs::read_to_string(format!("{ASSETS}/alerts.test.yml")).expect("it is there");
    for name in names {
        assert!(DOCUMENT.contains(&format!("`{name}`")), "{name}");
        // One case in which it fires, and one in which it does not.
        let fires = format!("alertname: {name}\n        exp_alerts:\n          - exp_labels");
        assert!(cases.contains(&fires), "{name} never fires");
        assert!(cases.contains(&format!("alertname: {name}, exp_alerts: []")), "{name} always fires");
    }
    for part in ["-q 1 -t \"mailwatch/$(hostname)\" -l", "-c -q 1 -t 'mailwatch/#'", "job_name: mailwatch "] {
        assert!(DOCUMENT.contains(part), "{part}");
    }
}

fn the_alerts_fire_where_they_are_to_and_nowhere_else() {
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]] {
        let output = Command::new("promtool").args(arguments).current_dir(ASSETS).output().expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    }
}

/// Ends a program of others with the value.
struct Ended(std::process::Child);

impl Ended {
    fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("it was found"))
    }

    /// Asks it to end, and waits for that.
    fn end(mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, Signal::TERM).expect("it runs");
        crate::process::end(&mut self.0, BOUND);
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks until there is an answer.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + BOUND;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "no {what} within {BOUND:?}");
        std::thread::sleep(PACE);
    }
}

/// An engine with its server, and where its metrics are.
fn engine(home: &Home) -> (Process, Served, String) {
    let served = Served::start(home, &[]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let watch = Process::start(home, &["watch", "--metrics", "0", "--config", &config, "--state-dir", &state]);
    let line = watch.error("metrics: http://");
    let address = line.split("//").nth(1).and_then(|rest| rest.split('/').next()).expect("an address").to_owned();
    (watch, served, address)
}

/// The values of a query, by the label `instance`; empty while Prometheus has none.
fn query(prometheus: &str, expression: &str) -> Vec<(String, String)> {
    let Ok(mut stream) = TcpStream::connect(prometheus) else { return Vec::new() };
    stream.set_read_timeout(Some(BOUND)).expect("ours");
    let escaped = expression.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02x}"));
    let mut text = String::new();
    let asked = write!(stream, "GET /api/v1/query?query={escaped} HTTP/1.0\r\n\r\n");
    if asked.and_then(|()| stream.read_to_string(&mut text)).is_err() {
        return Vec::new();
    }
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let Ok(answer) = serde_json::from_str::<Value>(body) else { return Vec::new() };
    let results = answer["data"]["result"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    results.iter().map(|one| (text(&one["metric"]["instance"]), text(&one["value"][1]))).collect()
}

fn a_prometheus_sees_three_engines_and_the_one_that_ends() {
    let homes = [Home::new(), Home::new(), Home::new()];
    let [first, second, third] = &homes;
    let (mut first, second, third) = (engine(first), engine(second), engine(third));
    let home = Home::new();
    let targets: Vec<String> = [&first, &second, &third].iter().map(|(.., address)| format!("\"{address}\"")).collect();
    // As the document has it, but for the pace.
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [\"{ASSETS}/alerts.yml\"]\n\
         scrape_configs:\n  - job_name: mailwatch\n    static_configs:\n      - targets: [{}]\n",
        targets.join(", ")
    );
    fs::write(home.path().join("prometheus.yml"), config).expect("the home is there");
    let mut command = Command::new("prometheus");
    command.args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:0"]);
    command
        .current_dir(home.path())
        .stdout(Stdio::null())
        .stderr(fs::File::create(home.path().join("log")).expect("ours"));
    let prometheus = Ended::start(&mut command);
    let log = home.path().join("log");
    let address = until("address", || {
        let log = fs::read_to_string(&log).expect("text");
        let line = log.lines().find(|line| line.contains("msg=\"Listening on\""))?;
        line.rsplit_once("address=").map(|(_, address)| address.trim().to_owned())
    });

    until("three engines that are live", || {
        let live = query(&address, "sum without (phase) (mailwatch_watches{phase=\"idling\"}) == 1");
        (live.len() == 3).then_some(())
    });
    assert_eq!(query(&address, "ALERTS{alertstate=\"firing\"}"), []);

    first.0.signal(Signal::TERM);
    assert_eq!(first.0.end(PROMPT).code(), Some(0));
    // On a busy machine another one's scrape may take too long for once.
    until("alert of the engine that has ended, and of no other", || {
        let alerts = query(&address, "ALERTS{alertname=\"MailwatchDown\", alertstate=\"pending\"}");
        let of: Vec<&str> = alerts.iter().map(|(instance, _)| instance.as_str()).collect();
        (of == [first.2.as_str()]).then_some(())
    });
    until("two that are up", || (query(&address, "up == 1").len() == 2).then_some(()));
    prometheus.end();
}

/// The UID of the mail that this line tells.
fn uid_of_mail(line: &str) -> Option<u64> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    (event["kind"] == "new_mail").then(|| event["uid"].as_u64())?
}

fn a_broker_that_was_away_for_a_while_has_every_event() {
    let home = Home::new();
    let socket = home.path().join("broker").display().to_string();
    // As root it would become another user, to whom the home is closed.
    let user = if rustix::process::geteuid().is_root() { "user root\n" } else { "" };
    let config = format!(
        "{user}listener 0 {socket}\nallow_anonymous true\npersistence true\npersistence_location ./\n\
         max_queued_messages 0\n"
    );
    fs::write(home.path().join("broker.conf"), config).expect("the home is there");
    let broker = || {
        let mut command = Command::new("mosquitto");
        command.args(["-c", "broker.conf"]).current_dir(home.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let broker = Ended::start(&mut command);
        until("broker", || std::os::unix::net::UnixStream::connect(&socket).ok());
        broker
    };
    let reader = |more: &str| format!("mosquitto_sub --unix '{socket}' -i reader -c -q 1 -t 'mailwatch/#' {more}");
    let shell = |line: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", line]).envs(home.env()).current_dir(home.path()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let first = broker();
    // The reader's session begins before the first event.
    assert!(shell(&reader("-E")).status().expect("it runs").success());

    let _served = {
        let served = Served::start(&home, &["--every", "1s"]);
        home.write_config(served.config());
        served
    };
    let (program, config, state) = (PROGRAM, home.config(), home.state_dir());
    let recipe = format!(
        "sh -c 'echo $$ >pid; exec {program} watch --json --reader fleet --config {config} --state-dir {state}' \
         | tee -a sent \
         | mosquitto_pub --unix '{socket}' -i mailwatch-mx1 -q 1 -t mailwatch/mx1 -l"
    );
    let mut pipe = Process::of(shell(&recipe));
    let sent = || fs::read_to_string(home.path().join("sent")).unwrap_or_default();
    let mails = || sent().matches("\"kind\":\"new_mail\"").count();
    until("mail", || (mails() >= 1).then_some(()));

    first.end();
    let before = mails();
    until("mail while the broker is away", || (mails() > before).then_some(()));
    let _second = broker();
    let before = mails();
    until("mail after it is back", || (mails() > before).then_some(()));

    // The end of `watch` is the recipe's. One that is killed goes on where it was, by its name.
    let end = |pipe: &mut Process, signal| {
        let pid = fs::read_to_string(home.path().join("pid")).expect("it is written");
        let pid = pid.trim().parse().ok().and_then(rustix::process::Pid::from_raw).expect("a process");
        rustix::process::kill_process(pid, signal).expect("it runs");
        assert_eq!(pipe.end(BOUND).code(), Some(0));
    };
    end(&mut pipe, Signal::KILL);
    let before = mails();
    let mut pipe = Process::of(shell(&recipe));
    until("mail after it was killed", || (mails() > before).then_some(()));
    end(&mut pipe, Signal::TERM);
    let uids: BTreeSet<u64> = sent().lines().filter_map(uid_of_mail).collect();
    let (Some(first), Some(last)) = (uids.first(), uids.last()) else { panic!("mail was sent") };
    assert_eq!(uids.iter().copied().collect::<Vec<_>>(), (*first..=*last).collect::<Vec<_>>());

    let mut missing: BTreeSet<String> = sent().lines().map(ToOwned::to_owned).collect();
    let reading = Process::of(shell(&reader("")));
    while !missing.is_empty() {
        let line = reading.line("an event that was sent", |_| true);
        missing.remove(&line);
    }
}
