//! Hooks, from what a server does to what a program is told. On the real clock: the programs are real.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use imap_misbehave::{NewMessage, Server};
use mailwatch_engine::history::History;
use mailwatch_proto::model::{Account, EventKind, FaultClass, HookEvent, Hooks, Phase, Timer};
use serde_json::Value;

use crate::harness::{MINUTE, Rig, S, account, scenario, set};

/// A hook that adds what it is told to a file: its input, then a line of variables.
fn noting(file: &Path) -> Vec<String> {
    let script = format!("{{ cat; env | grep ^MAILWATCH_ | sort | tr '\\n' ';'; echo; }} >> '{}'", file.display());
    ["sh", "-c", &script].map(str::to_owned).to_vec()
}

fn with_hooks(mailboxes: &[&str], hooks: impl IntoIterator<Item = (HookEvent, Vec<String>)>) -> Account {
    Account { hooks: hooks.into_iter().collect(), ..account(mailboxes) }
}

fn rig(name: &str, account: Account) -> Rig {
    Rig::on(Server::new(scenario(name)), account, History::in_process())
}

/// Waits for so many hooks to have done their work.
async fn hooks(rig: &mut Rig, count: usize) {
    for _ in 0..count {
        rig.until(MINUTE, "a hook", |kind| matches!(kind, EventKind::Hook { exit: Some(0), .. })).await;
    }
}

/// The objects that the hooks were told, and their variables.
fn noted(file: &Path) -> (Vec<Value>, Vec<String>) {
    let text = fs::read_to_string(file).expect("hooks have run");
    let (objects, variables): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('{'));
    let objects = objects.into_iter().map(|line| serde_json::from_str(line).expect("an object")).collect();
    (objects, variables.into_iter().map(str::to_owned).collect())
}

#[tokio::test]
async fn new_mail_runs_the_hook_once_with_what_the_event_says() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("noted");
    let mut rig = rig("healthy", with_hooks(&["INBOX"], [(HookEvent::NewMail, noting(&file))]));
    rig.idling().await;
    let uid = rig.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "Grüße aus 東京"));
    hooks(&mut rig, 1).await;
    let (objects, variables) = noted(&file);
    let [mail] = objects.as_slice() else { panic!("{objects:?}") };
    let told = (&mail["kind"], &mail["account"], &mail["mailbox"], &mail["uid"], &mail["subject"], &mail["gap"]);
    assert_eq!(
        told,
        (&"new_mail".into(), &"work".into(), &"INBOX".into(), &uid.into(), &"Grüße aus 東京".into(), &false.into())
    );
    let [variables] = variables.as_slice() else { panic!("{variables:?}") };
    for wanted in ["MAILWATCH_EVENT=new_mail;", "MAILWATCH_SUBJECT=Grüße aus 東京;", "MAILWATCH_COUNT=1;"] {
        assert!(variables.contains(wanted), "{wanted}: {variables}");
    }
    assert_eq!(rig.subjects(), ["Grüße aus 東京"]);
}

#[tokio::test]
async fn what_is_there_at_first_runs_no_hook_and_what_came_while_away_does() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("noted");
    let mut rig = rig("healthy", with_hooks(&["INBOX"], [(HookEvent::NewMail, noting(&file))]));
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "old"));
    rig.idling().await;
    rig.stop().await;
    for n in 0..3 {
        rig.server.deliver("INBOX", NewMessage::new("a@example.org", &n.to_string()));
    }
    rig.restart().await;
    hooks(&mut rig, 1).await;
    let (objects, variables) = noted(&file);
    let subjects: Vec<_> = objects.iter().map(|mail| (mail["subject"].as_str(), mail["gap"].as_bool())).collect();
    assert_eq!(subjects, [(Some("0"), Some(true)), (Some("1"), Some(true)), (Some("2"), Some(true))]);
    assert!(variables.len() == 1 && variables[0].contains("MAILWATCH_COUNT=3;"), "{variables:?}");
}

#[tokio::test]
async fn mailboxes_that_share_a_connection_have_hooks_too() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("noted");
    let account = with_hooks(&["INBOX", "a", "b"], [(HookEvent::NewMail, noting(&file))]);
    let mut account = Account { max_connections: 1, ..account };
    set(&mut account, Timer::Poll, S);
    let server = Server::new(scenario("healthy"));
    for name in ["a", "b"] {
        server.create(name);
    }
    let mut rig = Rig::on(server, account, History::in_process());
    let stands = |rig: &Rig| {
        let phases = rig.phases_by_mailbox();
        phases.len() == 3 && phases.iter().all(|(_, phase)| matches!(phase, Phase::Idling | Phase::Polling))
    };
    rig.until_board(MINUTE, "all stand", stands).await;
    for name in ["a", "b"] {
        rig.server.deliver(name, NewMessage::new("a@example.org", name));
    }
    let by = tokio::time::Instant::now() + MINUTE;
    loop {
        hooks(&mut rig, 1).await;
        let (objects, _) = noted(&file);
        let mut mailboxes: Vec<_> = objects.iter().filter_map(|mail| mail["mailbox"].as_str()).collect();
        mailboxes.sort_unstable();
        if mailboxes == ["a", "b"] {
            break;
        }
        assert!(tokio::time::Instant::now() < by && objects.len() < 2, "{objects:?}");
    }
}

#[tokio::test]
async fn a_stall_and_its_end_run_their_hooks_with_verdict_and_blind_time() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("noted");
    let hooked = [(HookEvent::Stall, noting(&file)), (HookEvent::Recovered, noting(&file))];
    let mut account = with_hooks(&["INBOX"], hooked);
    set(&mut account, Timer::Reissue, S);
    set(&mut account, Timer::Done, S);
    let mut rig = rig("ignores-done-forever=500ms", account);
    rig.idling().await;
    rig.until(MINUTE, "a stall", |kind| matches!(kind, EventKind::Stalled { .. })).await;
    rig.server.set_scenario(scenario("healthy"));
    hooks(&mut rig, 2).await;
    let (objects, variables) = noted(&file);
    // A hook of one kind does not wait for one of another: either may be the first to write.
    let of = |kind: &str| objects.iter().find(|event| event["kind"] == kind).expect("one of each kind");
    let (stalled, replaced) = (of("stalled"), of("replaced"));
    assert_eq!(objects.len(), 2, "{objects:?}");
    assert!(stalled["text"].as_str().is_some_and(|text| text.contains("DONE")), "{objects:?}");
    assert_eq!(replaced["why"], stalled["verdict"]);
    let verdict = format!("MAILWATCH_VERDICT={};", stalled["verdict"].as_str().expect("a name"));
    assert!(variables.iter().any(|set| set.contains(&verdict)), "{variables:?}");
    let blind = format!("MAILWATCH_BLIND_MS={};", replaced["blind_ms"]);
    assert!(variables.iter().any(|set| set.contains(&blind)), "{variables:?}");
}

#[tokio::test]
async fn a_hook_that_cannot_run_is_a_fault_and_the_watching_goes_on() {
    let missing = vec!["mailwatch-no-such-program".to_owned()];
    let mut rig = rig("healthy", with_hooks(&["INBOX"], [(HookEvent::NewMail, missing)]));
    rig.idling().await;
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "one"));
    let fault = |kind: &EventKind| match kind {
        EventKind::Fault { class: FaultClass::Hook, message, .. } => message.contains("there is no program"),
        _ => false,
    };
    rig.until(MINUTE, "a fault", fault).await;
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "two"));
    rig.until_board(MINUTE, "both told", |rig| rig.subjects() == ["one", "two"]).await;
    assert_eq!(rig.snapshot().fault, None, "it is no fault of the watch's");
}

#[tokio::test]
async fn another_hook_is_taken_from_a_new_configuration_without_connecting_anew() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("noted");
    let mut rig = rig("healthy", with_hooks(&["INBOX"], []));
    rig.idling().await;
    let account = with_hooks(&["INBOX"], [(HookEvent::NewMail, noting(&file))]);
    let done = rig.reconfigure(vec![account]).await;
    assert_eq!((done.changed, done.kept), (1, 0));
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "after"));
    hooks(&mut rig, 1).await;
    assert_eq!((noted(&file).0.len(), rig.server.accepted()), (1, 1));
}

#[tokio::test]
async fn the_programs_end_does_not_wait_for_a_hook_and_owes_it_still() {
    let dir = tempfile::tempdir().expect("a directory");
    let (begun, file) = (dir.path().join("begun"), dir.path().join("noted"));
    let script = format!("echo >> '{}'; exec sleep 600", begun.display());
    let hanging = ["sh", "-c", &script].map(str::to_owned).to_vec();
    let mut rig = rig("healthy", with_hooks(&["INBOX"], [(HookEvent::NewMail, hanging)]));
    rig.idling().await;
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "one"));
    rig.until_board(MINUTE, "begun", |_| begun.exists()).await;
    let asked = std::time::Instant::now();
    rig.stop().await;
    // Its own limit is a minute.
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    rig.account.hooks = Hooks::from_iter([(HookEvent::NewMail, noting(&file))]);
    rig.restart().await;
    hooks(&mut rig, 1).await;
    assert_eq!(noted(&file).0.len(), 1);
}
