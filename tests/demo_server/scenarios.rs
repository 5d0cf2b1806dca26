//! Every named scenario: one fixed session against it, and what must and must not be in the bytes.

use std::collections::BTreeSet;
use std::time::Duration;

use imap_misbehave::{NewMessage, PASSWORD, Scenario, Server, USER};

use super::client::Client;

/// More than any healthy session says.
const MUCH: usize = 600 * 1024;

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Greeting, LOGIN, EXAMINE, IDLE for 130 s, a mail, DONE, a mail, UID FETCH, LOGOUT: what was heard, with `C:` lines for
/// what was done, `[EOF]` where the server ended it, `[MUCH]` where it did not stop.
async fn transcript(server: &Server) -> String {
    let mut client = Client::new(server.connect());
    let mut heard = Vec::new();
    let login = format!("A1 LOGIN {USER} {PASSWORD}\r\n");
    let steps: [(&str, &str, Duration); 9] = [
        ("", "", secs(6)),
        ("LOGIN", &login, secs(6)),
        ("EXAMINE", "A2 EXAMINE INBOX\r\n", secs(6)),
        ("IDLE", "A3 IDLE\r\n", secs(130)),
        ("mail", "", secs(1)),
        ("DONE", "DONE\r\n", secs(25)),
        ("mail", "", secs(1)),
        ("FETCH", "A4 UID FETCH 1:* (INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])\r\n", secs(1)),
        ("LOGOUT", "A5 LOGOUT\r\n", secs(1)),
    ];
    for (name, command, time) in steps {
        if !name.is_empty() {
            heard.extend_from_slice(format!("C: {name}\n").as_bytes());
        }
        if name == "mail" {
            server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "Friday?"));
        }
        if !client.try_send(command).await || !client.hear(time, MUCH, &mut heard).await {
            heard.extend_from_slice(b"[EOF]");
            break;
        }
        if heard.len() >= MUCH {
            heard.extend_from_slice(b"[MUCH]");
            break;
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}

async fn transcript_of(name: &str) -> String {
    let server = Server::new(Scenario::by_name(name).expect("a scenario"));
    server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "First"));
    transcript(&server).await
}

const PLUS: &str = "C: IDLE\n+ idling\r\n";
const PUSH: &str = "C: mail\n* 2 EXISTS\r\n* 2 RECENT\r\n";
const OK: &str = "C: DONE\nA3 OK Idle completed.\r\n";
const OUT: &str = "* BYE Logging out\r\nA5 OK Logout completed.\r\n[EOF]";
const SILENT_END: &str = "C: DONE\nC: mail\nC: FETCH\nC: LOGOUT\n";

/// A scenario, what its transcript holds, and what it does not.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const ROWS: &[Row] = &[
    ("healthy", &[PLUS, PUSH, OK, "* 1 FETCH (UID 1 INTERNALDATE \"", "Subject: First\r\n\r\n)\r\n", OUT], &[]),
    ("ignores-done", &["C: DONE\nC: mail\n* 3 EXISTS\r\n* 3 RECENT\r\nA3 OK Idle completed.\r\nC: FETCH\n", OUT], &[]),
    ("gmail", &["Gimap ready", "OK demo@example.org authenticated (Success)", "A3 OK IDLE terminated (Success)"], &[]),
    ("ignores-done-forever", &["C: DONE\nC: mail\n* 3 EXISTS\r\n* 3 RECENT\r\nC: FETCH\nC: LOGOUT\n"], &["A3 "]),
    ("late-done", &[PUSH, OK, OUT], &[]),
    ("silent", &["C: LOGIN\nA1 OK", "C: EXAMINE\nC: IDLE\nC: mail\n", SILENT_END], &["A2 "]),
    ("silent-idle", &["+ idling\r\nC: mail\n", SILENT_END], &["A3 "]),
    ("stops-reading", &[PUSH, "C: DONE\nC: mail\n* 3 EXISTS"], &["A3 "]),
    ("rst", &["+ idling\r\n[EOF]"], &[]),
    ("fin", &["+ idling\r\n[EOF]"], &[]),
    ("close", &["+ idling\r\n[EOF]"], &[]),
    ("bye", &["+ idling\r\n* BYE Server shutting down.\r\n[EOF]"], &[]),
    ("bye-open", &["+ idling\r\n* BYE Autologout; idle for too long\r\nC: mail\n", OK], &[]),
    ("session-expiry", &["+ idling\r\n* BYE Session expired, please login again.\r\n[EOF]"], &[]),
    ("late-plus", &[PLUS, OK], &[]),
    ("no-plus", &["C: IDLE\nC: mail\nC: DONE\nC: mail\n"], &["+ idling"]),
    ("no-utf8", &["CAPABILITY IMAP4rev1", OK], &["UTF8=ACCEPT"]),
    ("no-idle", &["A3 BAD Error in IMAP command received by server."], &["ENABLE IDLE", "+ idling"]),
    ("idle-no", &["C: IDLE\nA3 NO IDLE is not for you.\r\n"], &["+ idling"]),
    ("idle-bad", &["C: IDLE\nA3 BAD\r\n"], &["+ idling"]),
    ("ends-idle", &["+ idling\r\nA3 OK Idle completed.\r\n"], &[]),
    ("heartbeat", &["+ idling\r\n* OK Still here\r\nC: mail\n", OK], &["here\r\n* OK Still here"]),
    ("endless-line", &["+ idling\r\n* OK xxxxxx", "[MUCH]"], &[]),
    ("endless-greeting", &["* OK xxxxxx", "[MUCH]"], &["C: LOGIN"]),
    ("huge-literal", &["+ idling\r\n* 1 FETCH (BODY[HEADER] {400000000}\r\nxxx"], &["[MUCH]"]),
    ("huge-literal-sent", &["* 1 FETCH (BODY[HEADER] {400000000}\r\nxxx", "[MUCH]"], &[]),
    ("huge-literal-greeting", &["* 1 FETCH (BODY[HEADER] {400000000}\r\nxxx", "C: LOGIN\nA1 OK"], &[]),
    ("deep-nesting", &["* 1 FETCH (BODYSTRUCTURE ((((((((((((((((((((((((((((", OK], &[]),
    ("nil-internaldate", &["* 1 FETCH (UID 1 INTERNALDATE NIL BODY["], &[]),
    ("expunge-burst", &["* 5001 EXISTS", "+ idling\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n", "C: mail\n* 1 EXISTS\r\n"], &[]),
    ("flood", &["+ idling\r\n", "* OK [ALERT] The mailbox is almost full\r\n* NO Disk quota soon reached\r\n"], &[]),
    ("exists-before-plus", &["C: IDLE\n* 2 EXISTS\r\n* 2 RECENT\r\n+ idling\r\n"], &[]),
    ("exists-after-done", &["C: DONE\n* 3 EXISTS\r\n* 3 RECENT\r\nA3 OK Idle completed."], &[]),
    ("flood-after-done", &["C: DONE\n* OK Still here\r\n* OK", "here\r\n* 3 EXISTS\r\n* 3 RECENT\r\nA3 OK"], &[]),
    ("new-uidvalidity", &["+ idling\r\n[EOF]"], &[]),
    ("no-uidnext", &["[UIDVALIDITY ", OK], &["[UIDNEXT"]),
    ("status-only", &["[UIDVALIDITY ", "C: FETCH\n* 1 FETCH"], &["[UIDNEXT", "* 2 EXISTS", "ENABLE IDLE"]),
    ("id-required", &["NO EXAMINE Unsafe Login."], &["[UIDVALIDITY "]),
    ("auth-failure", &["C: LOGIN\nA1 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"], &["A1 OK"]),
    (
        "limit-greeting",
        &["* BYE [UNAVAILABLE] Too many connections from your address, try again later.\r\n[EOF]"],
        &["C:"],
    ),
    ("limit-gmail", &["A1 NO [ALERT] Too many simultaneous connections. (Failure)\r\n"], &["A1 OK"]),
    (
        "limit-dovecot",
        &[
            "C: LOGIN\n* BYE Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)\r\n[EOF]",
        ],
        &[],
    ),
    ("limit-outlook", &["C: EXAMINE\nA2 BAD User is authenticated but not connected.\r\n"], &["A2 OK"]),
    ("one-connection", &["A1 OK", OK], &[]),
    ("preauth", &["* PREAUTH [CAPABILITY IMAP4rev1", "A1 BAD Already logged in.", OK], &[]),
    ("login-disabled", &["LOGINDISABLED]", "A1 NO [PRIVACYREQUIRED]"], &["STARTTLS", "AUTH=PLAIN"]),
    ("no-mailbox", &["C: EXAMINE\nA2 NO [NONEXISTENT] Mailbox doesn't exist: INBOX\r\n"], &[]),
    ("no-handshake", &["C: LOGIN\nC: EXAMINE\nC: IDLE\nC: mail\nC: DONE\n"], &["OK"]),
    ("no-greeting", &["C: LOGIN\nC: EXAMINE\nC: IDLE\nC: mail\nC: DONE\n"], &["OK"]),
    ("slow-greeting", &["* OK [CAPABILITY", "C: LOGIN\nA1 OK", OK], &[]),
    ("slow-login", &["C: LOGIN\nA1 OK", OK], &[]),
    ("no-login-reply", &["C: LOGIN\nC: EXAMINE\n"], &["A1", "A2"]),
    ("slow-examine", &["C: EXAMINE\n* FLAGS", OK], &[]),
    ("no-examine-reply", &["C: EXAMINE\nC: IDLE\n"], &["A2"]),
    ("no-logout-reply", &[OK, "C: LOGOUT\n"], &["* BYE", "A5"]),
    ("trickle", &[PLUS, PUSH, OK, OUT], &[]),
    ("stale-tag", &["C: DONE\nXA3 OK Idle completed.\r\nA3 OK Idle completed.\r\n"], &[]),
    ("fetch-cut", &["C: FETCH\n* 1 FETCH (UID 1 INTERNALDATE \"", "[EOF]"], &["A4", "Subject"]),
    ("fetch-unreadable", &["C: FETCH\n* 1 FETCH (UID 1 X-MOOD <<happy>> ENVELOPE ((\r\n", "A4 OK"], &[]),
    ("fetch-empty", &["C: FETCH\n* 1 FETCH ()\r\n* 2 FETCH ()\r\n", "A4 OK"], &[]),
    ("fetch-no", &["C: FETCH\nA4 NO [SERVERBUG] Internal error occurred.\r\n"], &[]),
    ("no-notify", &[PLUS, PUSH, OK, OUT], &[" NOTIFY"]),
    ("notify-no", &[PLUS, PUSH, OK, OUT, " NOTIFY"], &[]),
    ("notify-deaf", &[PLUS, PUSH, OK, OUT, " NOTIFY"], &[]),
    ("notify-overflow", &[PLUS, PUSH, OK, OUT], &["NOTIFICATIONOVERFLOW"]),
    ("odd-lines", &["+ idling\r\n* NAMESPACE ", "* 1 FETCH ()\r\n", "* OK [ALERT]éx\r\n", PUSH, OK], &[]),
];

#[tokio::test(start_paused = true)]
async fn every_scenario_sends_what_it_promises_and_nothing_else() {
    for (name, present, absent) in ROWS {
        let transcript = transcript_of(name).await;
        let shown: String = transcript.chars().take(3000).collect();
        for part in *present {
            assert!(transcript.contains(part), "{name}: {part:?} is missing in {shown:?}");
        }
        for part in *absent {
            assert!(!transcript.contains(part), "{name}: {part:?} stands in {shown:?}");
        }
    }
}

/// The texts of a folder's files whose names end so.
fn texts(folder: &str, end: &str) -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = std::fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it is read").path());
    let named = files.filter(|path| path.to_string_lossy().ends_with(end));
    named.map(|path| std::fs::read_to_string(path).expect("it is read")).collect()
}

/// Each scenario of the catalogue is played here; behaviours are played by the rows of `tests/field`.
#[test]
fn no_scenario_is_forgotten() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|(name, _, _)| *name).collect();
    let list = Scenario::list();
    let odd = |name: &str| name.starts_with("odd-") && name != "odd-lines";
    let listed: BTreeSet<&str> = list.iter().map(|(name, _)| name.as_str()).filter(|name| !odd(name)).collect();
    let rules = texts("crates/misbehave/behaviours", ".rules");
    let names =
        rules.iter().flat_map(|text| text.lines()).filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    let behaviours: BTreeSet<&str> = names
        .filter_map(|line| Some(line.split_once(": ")?.0))
        .filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        .collect();
    let played: BTreeSet<&str> = rows.union(&behaviours).copied().collect();
    let odd: Vec<&str> = played.symmetric_difference(&listed).copied().collect();
    assert!(odd.is_empty(), "in one of the two alone: {odd:?}");
}

#[tokio::test(start_paused = true)]
async fn after_each_odd_line_the_session_goes_on() {
    let list = Scenario::list();
    for (name, _) in list.iter().filter(|(name, _)| name.starts_with("odd-")) {
        let transcript = transcript_of(name).await;
        assert!(!transcript.contains(&format!("{PLUS}C: mail")), "{name}: nothing odd in {transcript:?}");
        for part in [PUSH, OK, OUT] {
            assert!(transcript.contains(part), "{name}: {transcript:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_and_a_flood_are_as_large_as_they_say() {
    let burst = transcript_of("expunge-burst").await;
    assert_eq!(burst.matches("* 1 EXPUNGE\r\n").count(), 5001, "5000, and the mail that was there");
    let flood = transcript_of("flood-after-done").await;
    assert_eq!(flood.matches("* OK Still here\r\n").count(), 999);
}

#[tokio::test(start_paused = true)]
async fn a_fault_for_the_first_connection_spares_the_second() {
    let server = Server::new(Scenario::by_name("bye@1").expect("a scenario"));
    assert!(transcript(&server).await.ends_with("* BYE Server shutting down.\r\n[EOF]"));
    assert!(transcript(&server).await.ends_with(OUT));
}

#[tokio::test(start_paused = true)]
async fn uidvalidity_is_another_on_the_second_connection_and_stays() {
    let server = Server::new(Scenario::by_name("new-uidvalidity").expect("a scenario"));
    let mut seen = Vec::new();
    for _ in 0..3 {
        let transcript = transcript(&server).await;
        let (_, rest) = transcript.split_once("[UIDVALIDITY ").expect("it is told");
        seen.push(rest.split_once(']').map(|(number, _)| number.to_owned()));
    }
    assert!(seen[0] != seen[1] && seen[1] == seen[2], "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_second_connection_is_one_too_many_only_while_the_first_is_there() {
    let server = Server::new(Scenario::by_name("one-connection").expect("a scenario"));
    let first = Client::within(server.connect(), "NOOP").await;
    assert!(transcript(&server).await.contains("A1 NO [ALERT] Too many simultaneous connections."));
    drop(first);
    server.wait_until(|server| server.open_connections() == 0).await;
    assert!(transcript(&server).await.contains("A1 OK"));
}

#[tokio::test(start_paused = true)]
async fn a_young_idle_has_its_done_answered_and_an_old_one_not() {
    let server = Server::new(Scenario::by_name("ignores-done=30s").expect("a scenario"));
    server.deliver("INBOX", NewMessage::new("a@example.org", "first"));
    let mut client = Client::within(server.connect(), "EXAMINE INBOX").await;
    client.idle().await;
    tokio::time::advance(secs(29)).await;
    client.send("DONE\r\n").await;
    assert_eq!(client.line().await, "I OK Idle completed.");
    client.idle().await;
    tokio::time::advance(secs(30)).await;
    client.send("DONE\r\n").await;
    server.wait_until(|server| server.ignored_dones() == 1).await;
    // A changed flag is no new mail: it waits for it.
    server.set_flags("INBOX", 1, &["\\Seen"]);
    let mut heard = Vec::new();
    assert!(client.hear(Duration::from_mins(30), 100, &mut heard).await && heard.is_empty(), "{heard:?}");
    server.deliver("INBOX", NewMessage::new("a@example.org", "second"));
    let answer = "\n* 1 FETCH (UID 1 FLAGS (\\Recent \\Seen))\n* 2 EXISTS\n* 2 RECENT\nI OK Idle completed.";
    assert_eq!(client.until("I ").await, answer);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_their_cadence_over_a_day() {
    let server = Server::new(Scenario::by_name("heartbeat=2m").expect("a scenario"));
    let mut client = Client::within(server.connect(), "EXAMINE INBOX").await;
    client.idle().await;
    let started = tokio::time::Instant::now();
    for _ in 0..720 {
        assert_eq!(client.line().await, "* OK Still here");
    }
    let drift = started.elapsed().abs_diff(secs(24 * 3600));
    assert!(drift < secs(1), "{drift:?}");
}
