//! A check: each step told with its outcome, the first failure the last.

use std::sync::Arc;

use imap_misbehave::Server;
use mailwatch_engine::check::{Outcome, Step, StepKind, check};
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_proto::model::{Account, Fault, FaultClass};
use tokio::sync::mpsc;

use crate::harness::{InProcess, S, account, scenario};

async fn tried(name: &str, account: &Account) -> (bool, Vec<Step>) {
    let dial = Arc::new(InProcess(Server::new(scenario(name))));
    let (tx, mut rx) = mpsc::unbounded_channel();
    let well = check(account, dial, LoginGovernor::in_process(), None, &tx).await;
    drop(tx);
    let mut steps = Vec::new();
    while let Some(step) = rx.recv().await {
        steps.push(step);
    }
    (well, steps)
}

fn failure(steps: &[Step]) -> (StepKind, &Fault) {
    match steps.last().expect("a step") {
        Step { kind, outcome: Outcome::Failed(fault), .. } => (*kind, fault),
        step => panic!("{step:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_step_is_told_in_its_order_and_the_mailboxes_come_last() {
    let (well, steps) = tried("healthy", &account(&["INBOX"])).await;
    assert!(well, "{steps:?}");
    let kinds: Vec<_> = steps.iter().map(|step| step.kind).collect();
    // An in-process stream has no addresses and no TLS.
    assert_eq!(kinds[0], StepKind::Dns);
    assert_eq!(kinds[1..], StepKind::ALL[3..]);
    let [.., done, list] = &steps[..] else { panic!("{steps:?}") };
    assert!(matches!(&done.outcome, Outcome::Done(text) if text == "OK, from an IDLE of 3s"), "{done:?}");
    assert!(done.took < S, "the wait before DONE is no part of its answer: {done:?}");
    assert!(
        matches!(&list.outcome, Outcome::Done(text) if text.contains("mailbox") && text.contains("INBOX")),
        "{list:?}"
    );
    assert!(list.took < S, "{list:?}");
}

#[tokio::test(start_paused = true)]
async fn the_first_step_that_fails_is_the_last_and_says_what_to_do() {
    for (name, kind, class) in [
        ("no-greeting", StepKind::Greeting, FaultClass::Timeout),
        ("auth-failure", StepKind::Login, FaultClass::Auth),
        ("login-disabled", StepKind::Login, FaultClass::Auth),
        ("no-login-reply", StepKind::Login, FaultClass::Timeout),
        ("limit-gmail", StepKind::Login, FaultClass::Limit),
        ("no-mailbox", StepKind::Examine, FaultClass::Mailbox),
        ("no-plus", StepKind::Idle, FaultClass::Timeout),
        ("fin=1s", StepKind::Done, FaultClass::Closed),
        ("bye=1s", StepKind::Done, FaultClass::Closed),
        ("ignores-done-forever=1s", StepKind::Done, FaultClass::Timeout),
    ] {
        let (well, steps) = tried(name, &account(&["INBOX"])).await;
        assert!(!well, "{name}");
        let (failed, fault) = failure(&steps);
        assert_eq!((failed, fault.class), (kind, class), "{name}: {steps:?}");
        let told = |word: &str| fault.message.to_lowercase().contains(word);
        let helped = steps.last().and_then(Step::advice).is_some() || told("check") || told("needs") || told("offers");
        assert!(helped, "{name}: {}", fault.message);
        if name.starts_with("ignores-done") {
            assert!(told("not-known"), "an in-process stream has no evidence: {}", fault.message);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_idle_passes_and_it_is_said_that_it_would_be_polled() {
    for name in ["no-idle", "idle-no", "idle-bad"] {
        let (well, steps) = tried(name, &account(&["INBOX"])).await;
        assert!(well, "{name}: {steps:?}");
        let idle = steps.iter().find(|step| step.kind == StepKind::Idle).expect("IDLE");
        assert!(matches!(&idle.outcome, Outcome::LeftOut(why) if why.contains("polled")), "{name}: {idle:?}");
    }
}
