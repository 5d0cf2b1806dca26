//! What goes wrong besides DONE: logins, limits, connections that end.

use std::sync::Arc;

use imap_misbehave::{NewMessage, Server};
use mailwatch_engine::dial::{Dial, Dialling};
use mailwatch_engine::history::History;
use mailwatch_proto::model::{Account, Command, EventKind, FaultClass, Phase, Verdict};

use crate::harness::{InProcess, MINUTE, Rig, S, account, scenario};

#[tokio::test(start_paused = true)]
async fn a_wrong_password_costs_one_login_however_many_mailboxes_there_are() {
    let mut rig = Rig::tuned("auth-failure", |account| {
        account.mailboxes = ["INBOX", "a", "b", "c", "d"].map(str::to_owned).to_vec();
    });
    for mailbox in ["a", "b", "c", "d"] {
        rig.server.create(mailbox);
    }
    rig.pass(29 * MINUTE).await;
    let log = rig.server.log();
    let tried = log.iter().filter(|logged| {
        let line = logged.line.to_ascii_uppercase();
        line.contains("LOGIN ") || line.contains("AUTHENTICATE")
    });
    assert_eq!(tried.count(), 1);
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::Phase { to: Phase::Failed, .. })), 5);
    assert_eq!(rig.snapshot().finding.map(|finding| finding.verdict), Some(Verdict::Refused));

    rig.server.set_scenario(scenario("healthy"));
    rig.command(Command::Reconnect);
    rig.idling().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_limit_waits_long() {
    for name in ["limit-greeting", "limit-gmail", "limit-dovecot", "limit-outlook"] {
        let mut rig = Rig::start(name);
        let fault = rig.until(MINUTE, "a fault", |kind| matches!(kind, EventKind::Fault { .. })).await;
        let EventKind::Fault { class, retry, .. } = fault else { panic!("{fault:?}") };
        assert_eq!((class, retry), (FaultClass::Limit, true), "{name}");
        let retry = rig.until(MINUTE, "a retry", |kind| matches!(kind, EventKind::Retry { .. })).await;
        let EventKind::Retry { delay, .. } = retry else { panic!("{retry:?}") };
        assert!(delay >= 150 * S, "{name}: {delay:?}");
        assert_eq!(rig.snapshot().finding.map(|finding| finding.verdict), Some(Verdict::Limited));
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_reconnect_after_idling_is_immediate_and_then_backoff_holds() {
    for name in ["fin=10s", "rst=10s", "bye=10s", "bye-open=10s", "close=10s", "session-expiry=10s"] {
        let mut rig = Rig::start(name);
        rig.idling().await;
        rig.idling().await;
        assert_eq!(rig.count(|kind| matches!(kind, EventKind::Retry { .. })), 0, "{name}: the first is immediate");
        rig.pass(30 * S).await;
        assert!(rig.count(|kind| matches!(kind, EventKind::Retry { .. })) > 0, "{name}: the second waits");
        let replaced = rig.count(|kind| matches!(kind, EventKind::Replaced { .. }));
        assert!(replaced > 0, "{name}\n{}", rig.told());
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drops_everyone_is_not_hammered() {
    let mut rig = Rig::start("fin=0ms");
    rig.pass(60 * MINUTE).await;
    let connections = rig.server.accepted();
    assert!((10..200).contains(&connections), "{connections} connections in an hour");
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_does_not_exist_needs_the_user() {
    let mut rig = Rig::start("no-mailbox");
    rig.until(MINUTE, "failed", |kind| matches!(kind, EventKind::Phase { to: Phase::Failed, .. })).await;
    let fault = rig.snapshot().fault.expect("a fault");
    assert_eq!(fault.class, FaultClass::Mailbox);
    assert!(fault.message.contains("INBOX"), "{}", fault.message);
}

#[tokio::test(start_paused = true)]
async fn a_login_without_a_way_for_a_password_says_so() {
    let mut rig = Rig::start("login-disabled");
    rig.until(MINUTE, "a wait", |kind| matches!(kind, EventKind::Phase { to: Phase::Waiting, .. })).await;
    let fault = rig.snapshot().fault.expect("a fault");
    assert!(fault.class == FaultClass::Auth && fault.message.contains("LOGINDISABLED"), "{}", fault.message);
}

#[tokio::test(start_paused = true)]
async fn preauth_needs_no_login() {
    let mut rig = Rig::start("preauth");
    rig.idling().await;
    assert_eq!(rig.server.logins(), 0);
}

/// Panics at the first dial.
#[derive(Debug)]
struct Panics(InProcess, std::sync::atomic::AtomicBool);

impl Dial for Panics {
    fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a> {
        assert!(self.1.swap(true, std::sync::atomic::Ordering::Relaxed), "a bug, on purpose");
        self.0.dial(account)
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_watch_becomes_a_reconnect() {
    let server = Server::new(scenario("healthy"));
    let dial = Arc::new(Panics(InProcess(server.clone()), false.into()));
    let mut rig = Rig::dialled(server, account(&["INBOX"]), History::in_process(), dial);
    rig.idling().await;
    let fault = rig.count(|kind| matches!(kind, EventKind::Fault { class: FaultClass::Protocol, retry: true, .. }));
    assert_eq!(fault, 1);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_is_refused_costs_no_connection_while_no_news_is_known_of() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.server.set_scenario(scenario("fetch-no"));
    rig.command(Command::Done);
    rig.idling().await;
    assert_eq!(rig.server.accepted(), 1);
    // A search shows that there is nothing.
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::Fault { .. })), 0);
    // It shows a mail too, which two connections cannot read.
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "refused"));
    let mail = rig.mail().await;
    assert_eq!((mail.headers, rig.server.accepted()), (false, 2));
    rig.idling().await;
    rig.server.set_scenario(scenario("healthy"));
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "taken"));
    assert_eq!(rig.mail().await.subject, "taken");
}
