//! `report`: a stall on an embedded server, then the evidence of it read back file by file.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imap_misbehave::{Encryption, Fault, NewMessage, PASSWORD, Scenario, Server, USER};
use rustix::process::Signal;
use serde_json::Value;

use crate::home::{Home, PROGRAM, holds};
use crate::process::{Process, command};
use crate::served::Served;
use crate::terminal::{LARGE, PROMPT, Start};

/// Each DONE of the first connection is ignored for good; the second one's are answered.
const IGNORES: [&str; 2] = ["--scenario", "ignores-done-forever=0s@1"];

/// Short enough for a test, long enough for a busy machine.
const TIMERS: &str = "timers = { reissue = \"2s\", done = \"2s\" }\n";

/// A home whose `watch` has seen a stall and has ended.
fn stalled() -> Home {
    let home = Home::new();
    let served = Served::start(&home, &IGNORES);
    home.write_config(&format!("{}{TIMERS}", served.config()));
    watch_a_stall(&home);
    home
}

fn watch_a_stall(home: &Home) {
    let (config, state) = (home.config(), home.state_dir());
    let mut watch = Process::start(home, &["watch", "--json", "--config", &config, "--state-dir", &state]);
    watch.line("the replacement", |line| line.contains("\"kind\":\"replaced\""));
    watch.signal(Signal::INT);
    assert_eq!(watch.end(PROMPT).code(), Some(0));
}

fn run(home: &Home, arguments: &[&str]) -> Output {
    let (config, state) = (home.config(), home.state_dir());
    let all = [arguments, &["--config", &config, "--state-dir", &state]].concat();
    command(home, &all).output().expect("the program starts")
}

/// Writes a report, and every file in it by its name without the folder's.
fn report(home: &Home, arguments: &[&str]) -> BTreeMap<String, String> {
    let path = home.path().join("evidence.tar.gz");
    let output = path.display().to_string();
    let done = run(home, &[&["report", "-o", &output], arguments].concat());
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{said}");
    unpacked(&path)
}

fn unpacked(path: &Path) -> BTreeMap<String, String> {
    let file = fs::File::open(path).expect("the report is there");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut files = BTreeMap::new();
    for entry in archive.entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a name").display().to_string();
        let (folder, name) = name.split_once('/').expect("one folder");
        assert!(folder.starts_with("mailwatch-report-2"), "{folder}");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("bytes");
        // One of them holds frames; what it holds of the trace is text.
        files.insert(name.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
    }
    files
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_stall_is_read_back_from_the_report_file_by_file() {
    let home = stalled();
    let files = report(&home, &[]);
    let file = |name: &str| files.get(name).unwrap_or_else(|| panic!("{name} is not among {:?}", files.keys()));

    let stalls = rows(file("stalls.jsonl"));
    assert_eq!(stalls.len(), 1);
    let stall = &stalls[0];
    assert_eq!((&stall["account"], &stall["mailbox"]), (&"demo".into(), &"INBOX".into()));
    let looks = rows(file("tcp.jsonl"));
    if cfg!(target_os = "linux") {
        assert_eq!((&stall["verdict"], &stall["acked"]), (&"server-ignoring".into(), &true.into()));
        assert!(stall["text"].as_str().is_some_and(|text| text.contains("acknowledged DONE")), "{stall}");
        // The first, right after it was written, and the last.
        assert!(looks.len() >= 2, "{looks:?}");
        assert_eq!((&looks[0]["after_ms"], &looks[looks.len() - 1]["acked"]), (&0.into(), &true.into()));
    }
    let receipts = rows(file("receipts.jsonl"));
    let owed: Vec<_> = receipts.iter().filter(|receipt| receipt["answered_ms"].is_null()).collect();
    assert_eq!((owed.len(), &owed[0]["conn"], &owed[0]["reason"]), (1, &stall["conn"], &"reissue".into()));
    assert_eq!(rows(file("blind.jsonl")).len(), 1);
    for (table, lines) in [("stalls.csv", 1), ("receipts.csv", receipts.len()), ("blind.csv", 1)] {
        assert_eq!(file(table).lines().count(), lines + 1, "{table}");
    }

    let timeline = rows(file("timeline.jsonl"));
    let kinds: Vec<_> = timeline.iter().filter_map(|event| event["kind"].as_str()).collect();
    for kind in ["connected", "capabilities", "done_sent", "stalled", "verdict", "replaced"] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }
    assert_eq!(file("timeline.tsv").lines().count(), timeline.len() + 1);

    let servers = rows(file("servers.jsonl"));
    assert!(servers.len() >= 2, "the quarantined one and its replacement: {servers:?}");
    assert_eq!((&servers[0]["tls"], &servers[0]["id"]), (&"1.3".into(), &"mailwatch-tui demo".into()));
    assert!(servers[0]["capabilities"].as_array().is_some_and(|list| list.contains(&"IDLE".into())));

    let state = rows(file("state.jsonl"));
    assert_eq!(
        (&state[0]["record"], &state[0]["format"], &state[1]["record"]),
        (&"report".into(), &1.into(), &"watch".into())
    );
    for (record, least) in
        [("event", timeline.len()), ("receipt", receipts.len()), ("stall", 1), ("server", 2), ("wire", 9)]
    {
        let found = state.iter().filter(|line| line["record"] == record).count();
        assert!(found >= least, "{found} of {record}");
    }
    let moments: Vec<_> = state.iter().filter_map(|line| line.get("ts").and_then(Value::as_str)).collect();
    assert!(moments.is_sorted(), "the records are in the order of time");
    assert!(file("wire.pcapng").contains("Made up by mailwatch-tui from its trace"));
    assert!(file("wire.pcapng").contains("\r\n") && file("wire.pcapng").contains("DONE"));

    let wire = file("wire/01-demo-INBOX.txt");
    let at = |text: &str| wire.find(text).unwrap_or_else(|| panic!("{text:?} is not in\n{wire}"));
    assert!(at("C  DONE") < at("connection 1: ") && at("connection 1: ") < at("   2  S  * OK "), "{wire}");
    assert!(wire.contains("C  A1 AUTHENTICATE PLAIN ***"), "{wire}");

    let config = file("config.toml");
    assert!(config.contains("host = \"localhost\"") && config.contains("[\"echo\", \"***\"]"), "{config}");
    assert!(file("versions.txt").contains("rustls: 0."));
    let all: String = files.values().map(String::as_str).collect();
    assert!(!all.contains(USER) && all.contains("user-"), "users' names are not told");
    assert!(report(&home, &["--with-names", "--force"]).values().any(|text| text.contains(USER)));
}

/// A page that differs only in what each run measures: numbers and their units are `N`, addresses `ADDR`.
fn normal(page: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in page.lines() {
        let line = line.replace("127.0.0.1", "ADDR").replace("[::1]", "ADDR");
        let mut normal = String::new();
        let mut rest = line.as_str();
        while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
            normal.push_str(&rest[..at]);
            normal.push('N');
            rest = rest[at..].trim_start_matches(|c: char| c.is_ascii_digit() || ".:".contains(c));
            for unit in [" ms", " s", "ms", "s"] {
                if let Some(after) = rest.strip_prefix(unit)
                    && !after.starts_with(char::is_alphanumeric)
                {
                    rest = after;
                    break;
                }
            }
        }
        normal.push_str(rest);
        let normal = normal.replace("| yes |", "| ? |").replace("| no |", "| ? |");
        let known = ["- target: ", "- kernel: ", "- system: "].into_iter().find(|name| normal.starts_with(name));
        let normal = known.map_or(normal, str::to_owned);
        if lines.last() != Some(&normal) {
            lines.push(normal);
        }
    }
    lines.join("\n")
}

#[cfg(target_os = "linux")]
#[test]
fn the_summary_is_a_page_that_can_be_pasted_into_a_bug_report() {
    let home = stalled();
    insta::assert_snapshot!(normal(&report(&home, &[])["summary.md"]));
}

#[test]
fn each_stall_of_a_probe_is_told_with_its_own_done_and_its_server() {
    let home = Home::new();
    let served = Served::start(&home, &["--scenario", "ignores-done-forever=0s"]);
    home.write_config(&format!("{}timers = {{ done = \"3s\" }}\n", served.config()));
    // Side by side: each DONE is overdue when those of the older ones are out.
    let probed = run(&home, &["probe", "demo/INBOX", "--ages", "1s,2s,3s", "--wait", "0s"]);
    assert_eq!(probed.status.code(), Some(0), "{probed:?}");
    let files = report(&home, &[]);
    let stalls: Vec<_> = files["summary.md"].split("## Stall ").skip(1).collect();
    assert_eq!(stalls.len(), 3, "{stalls:?}");
    for (stall, age) in stalls.iter().zip(["0:01", "0:02", "0:03"]) {
        assert!(stall.contains(&format!("on an IDLE {age} old")), "{stall}");
        assert!(stall.contains(&format!("| {age} before |")), "another's DONE: {stall}");
        assert!(stall.contains("The probe's connection: address 127.0.0.1:"), "{stall}");
        assert!(stall.contains("capabilities after login `IMAP4rev1"), "{stall}");
    }
}

#[test]
fn a_report_is_its_users_alone_and_overwrites_nothing() {
    let home = stalled();
    let folder = home.path().display().to_string();
    // A directory gets a file of the report's own name.
    let done = run(&home, &["report", "-o", &folder]);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(said.contains("mailwatch-report-2") && said.contains(": 1 stall, "), "{said}");
    let path = PathBuf::from(said.split(": ").next().expect("a path"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600);
    }
    let before = fs::read(&path).expect("there");
    let name = path.display().to_string();
    let again = run(&home, &["report", "-o", &name]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("already exists"), "{again:?}");
    assert_eq!(fs::read(&path).expect("there"), before);
    assert_eq!(run(&home, &["report", "--force", "-o", &name]).status.code(), Some(0));

    let nowhere = run(&home, &["report", "-o", "none/report.tar.gz"]);
    assert_eq!(nowhere.status.code(), Some(1), "{nowhere:?}");
    let unknown = run(&home, &["report", "--watch", "demo/lists", "-o", "unknown.tar.gz"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is: demo/INBOX"), "{unknown:?}");
}

#[test]
fn an_interrupt_at_any_moment_leaves_a_whole_file_or_none() {
    let home = stalled();
    let path = home.path().join("evidence.tar.gz");
    let (config, state, output) = (home.config(), home.state_dir(), path.display().to_string());
    let arguments = ["report", "-o", &output, "--config", &config, "--state-dir", &state];
    let (mut whole, mut none) = (0, 0);
    let began = Instant::now();
    assert_eq!(Process::start(&home, &arguments).end(PROMPT).code(), Some(0));
    let takes = began.elapsed();
    fs::remove_file(&path).expect("it is there");
    for moment in 0..40 {
        let mut report = Process::start(&home, &arguments);
        // Swept from before the program is set up to after its usual end: what happens then must be right at each.
        let until = Instant::now() + takes * moment / 30;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        report.signal_if_running(Signal::INT);
        let status = report.end(PROMPT);
        if path.exists() {
            assert!(unpacked(&path).contains_key("summary.md"));
            fs::remove_file(&path).expect("it is there");
            whole += 1;
        } else {
            assert_ne!(status.code(), Some(0), "a success without a file");
            none += 1;
        }
        let entries = fs::read_dir(home.path()).expect("the home");
        let left: Vec<_> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        assert!(!left.iter().any(|name| name.contains("part")), "{left:?}");
    }
    println!("{whole} whole, {none} none");
    assert_eq!(whole + none, 40);
}

#[test]
fn history_reads_a_stall_while_the_program_goes_on_writing() {
    let home = Home::new();
    let served = Served::start(&home, &[&IGNORES[..], &["--every", "1s"]].concat());
    home.write_config(&format!("{}{TIMERS}", served.config()));
    let (config, state) = (home.config(), home.state_dir());
    let mut watch = Process::start(&home, &["watch", "--json", "--config", &config, "--state-dir", &state]);
    let replaced = |line: &str| line.contains("\"kind\":\"replaced\"");
    watch.line("the replacement", replaced);
    // A record is on its way to the disk for a moment: each answered DONE is kept after it.
    watch.line("the next DONE", |line| line.contains("\"kind\":\"done_answered\""));
    watch.line("the one after it", |line| line.contains("\"kind\":\"done_answered\""));
    let stalls = run(&home, &["history", "stalls", "--json"]);
    let stalls = rows(&String::from_utf8_lossy(&stalls.stdout));
    assert_eq!(stalls.len(), 1, "{stalls:?}");
    assert_eq!(stalls[0]["mailbox"], "INBOX");
    let mails = |line: &str| line.contains("\"kind\":\"new_mail\"");
    watch.line("mail after it: the reader has held up nobody", mails);
    let blind = run(&home, &["history", "blind", "--json"]);
    assert!(blind.status.success(), "{blind:?}");
    let pushes = run(&home, &["history", "pushes", "--since", "7d"]);
    assert!(String::from_utf8_lossy(&pushes.stdout).contains("INBOX"), "{pushes:?}");
    watch.signal(Signal::INT);
    assert_eq!(watch.end(PROMPT).code(), Some(0));
}

#[test]
fn the_screens_key_writes_the_evidence_and_says_where() {
    let home = Home::new();
    let served = Served::start(&home, &IGNORES);
    home.write_config(&format!("{}{TIMERS}", served.config()));
    let (config, state) = (home.config(), home.state_dir());
    let mut terminal = Start::program(home, PROGRAM, &["--config", &config, "--state-dir", &state]).size(LARGE).open();
    terminal.wait_text("Replacing");
    terminal.wait_text("1 live");
    terminal.press("e");
    terminal.wait_text(": 1 stall, ");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    let files = terminal.home.state_files();
    let reports: Vec<_> =
        files.iter().filter(|(path, _)| path.to_string_lossy().ends_with(".tar.gz")).map(|(path, _)| path).collect();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(unpacked(reports[0])["summary.md"].contains("## Stall 1"));
}

/// Passwords that quoting, escaping and searching might stumble over.
const ODD: [&str; 3] = ["pa\"ss\\wört %s {3}\t*+'$()|&;<>`#", "Zm9vYmFy==", "correct horse \u{1f40e} battery"];

#[test]
fn no_secret_is_in_a_report_however_it_is_written() {
    // A token is ASCII without spaces (RFC 6750 §2.1).
    let logins = ODD.map(|secret| (secret, "AUTHENTICATE PLAIN"));
    for (secret, login) in logins.into_iter().chain([(ODD[1], "AUTHENTICATE OAUTHBEARER"), (ODD[1], "LOGIN")]) {
        let oauth = login.ends_with("BEARER");
        let home = Home::new();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let mut scenario = Scenario::by_name("ignores-done-forever=0s@1").expect("there is one");
        if login == "LOGIN" {
            scenario = scenario.with(Fault::Without("AUTH=PLAIN"));
        }
        let server = Server::with_credentials(scenario, USER, secret);
        let listening = runtime.block_on(server.listen(Encryption::Implicit)).expect("loopback");
        server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "hunter2"));
        fs::write(home.path().join("ca.pem"), listening.ca_pem()).expect("the home is there");
        fs::write(home.path().join("secret"), format!("{secret}\n")).expect("the home is there");
        let (how, command) = if oauth { ("oauth2", "token_command") } else { ("password", "password_command") };
        home.write_config(&format!(
            "# the password is {secret}\n[[account]]\nname = \"demo\"\nhost = \"localhost\"\nport = {}\nca_file = \"ca.pem\"\n\
             user = \"{USER}\"\nauth = \"{how}\"\n{command} = [\"cat\", \"{}\"]\n{TIMERS}",
            listening.port(),
            home.path().join("secret").display()
        ).replace('\t', " "));
        watch_a_stall(&home);
        let files = report(&home, &["--with-names"]);
        assert!(files["summary.md"].contains("## Stall 1"), "{}", files["summary.md"]);
        let forms = [
            secret.to_owned(),
            STANDARD.encode(secret),
            STANDARD.encode(format!("\0{USER}\0{secret}")),
            STANDARD.encode(format!("user={USER}\x01auth=Bearer {secret}\x01\x01")),
            STANDARD.encode(format!("n,a={USER},\x01auth=Bearer {secret}\x01\x01")),
            serde_json::to_string(secret).expect("JSON").trim_matches('"').to_owned(),
        ];
        for (name, text) in &files {
            for form in &forms {
                assert!(!text.contains(form.as_str()), "{form} is in {name}");
            }
            assert!(!text.contains("hunter2") && !text.contains("Ann Lee"), "a mail is in {name}");
        }
        // That it was looked for where it could have been.
        assert!(files["wire/01-demo-INBOX.txt"].contains(&format!(" {login} ***")), "the login is in the trace");
        let packed = fs::read(home.path().join("evidence.tar.gz")).expect("there");
        assert!(!holds(&packed, secret) && !holds(&packed, PASSWORD));
    }
}
