//! Tokens that end: renewed before, one renewal for all of an account's watches, and never a blind moment for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imap_misbehave::{NewMessage, Server};
use mailwatch_engine::history::History;
use mailwatch_engine::secret::oauth::TokenRenewer;
use mailwatch_engine::secret::{Credential, CredentialFuture, CredentialSource};
use mailwatch_proto::model::{
    Account, Auth, Command, DoneReason, EventKind, Fault, FaultClass, Phase, SecretSource, Verdict,
};
use secrecy::SecretString;

use crate::harness::{InProcess, MINUTE, Rig, S, account, now, scenario};

/// Gives tokens that live for so long; each makes the one before useless.
#[derive(Debug)]
struct Issuer {
    server: Server,
    lives: Option<Duration>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    given: usize,
    asked: usize,
    /// What it answers instead, the next times.
    faults: VecDeque<Fault>,
    /// And from then on.
    refuses: Option<Fault>,
    /// It gives the last token again.
    repeats: bool,
}

impl Issuer {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics here")
    }
}

impl CredentialSource for Issuer {
    fn obtain<'a>(&'a self, _: &'a Account, _: &'a mut TokenRenewer) -> CredentialFuture<'a> {
        let mut state = self.state();
        state.asked += 1;
        let fault = state.faults.pop_front().or_else(|| state.refuses.clone());
        let given = if let Some(fault) = fault {
            Err(fault)
        } else {
            state.given += usize::from(!state.repeats);
            let token = format!("token-{}", state.given);
            self.server.set_password(&token);
            Ok(Credential { secret: SecretString::from(token), asked: now(), lives: self.lives })
        };
        Box::pin(async move {
            // A request takes its time: what asks meanwhile must not make another.
            tokio::time::sleep(Duration::from_millis(300)).await;
            given
        })
    }
}

fn start(name: &str, lives: Option<Duration>, tune: impl FnOnce(&mut Account)) -> (Rig, Arc<Issuer>) {
    let mut account = Account { auth: Auth::OAuth2, secret: SecretSource::Keyring, ..account(&["INBOX"]) };
    tune(&mut account);
    let server = Server::new(scenario(name));
    for mailbox in &account.mailboxes {
        server.create(mailbox);
    }
    let issuer = Arc::new(Issuer { server: server.clone(), lives, state: Mutex::default() });
    let dial = Arc::new(InProcess(server.clone()));
    let rig = Rig::with_secrets(server, account, History::in_process(), dial, issuer.clone());
    (rig, issuer)
}

fn is_replaced(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Replaced { .. })
}

fn is_trouble(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Fault { .. } | EventKind::Retry { .. })
}

/// The longest time without eyes.
fn longest_blind(rig: &Rig) -> Duration {
    let blind = rig.events.iter().filter_map(|event| match event.kind {
        EventKind::Replaced { blind, .. } => Some(blind),
        _ => None,
    });
    blind.max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_replaced_before_its_token_ends_while_it_goes_on_idling() {
    let (mut rig, issuer) = start("healthy", Some(MINUTE), |_| ());
    rig.idling().await;
    let mut sent = Vec::new();
    for n in 0..85 {
        let subject = format!("mail {n}");
        rig.server.deliver("INBOX", NewMessage::new("a@example.org", &subject));
        sent.push(subject);
        rig.pass(7 * S).await;
    }
    let replaced = rig.count(is_replaced);
    assert!((9..=14).contains(&replaced), "{replaced} in ten minutes\n{}", rig.told());
    assert_eq!(longest_blind(&rig), Duration::ZERO);
    assert_eq!(issuer.state().given, replaced + 1, "a token for each connection");
    assert_eq!(rig.count(is_trouble), 0, "{}", rig.told());
    let rotated = |kind: &EventKind| matches!(kind, EventKind::DoneAnswered { reason: DoneReason::Rotate, .. });
    assert_eq!(rig.count(rotated), replaced, "each old one ended with DONE");
    assert_eq!(
        rig.phases().iter().filter(|phase| **phase == Phase::Connecting).count(),
        1,
        "it never stopped watching"
    );
    assert_eq!(rig.subjects(), sent, "each once, in order");
    assert!(rig.mails().iter().all(|mail| !mail.gap));
    rig.pass(6 * S).await;
    assert_eq!(rig.server.open_connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_is_let_go_only_after_the_new_one_idles() {
    let (mut rig, _) = start("late-plus=3s", Some(MINUTE), |_| ());
    rig.idling().await;
    let done = |kind: &EventKind| matches!(kind, EventKind::DoneSent { reason: DoneReason::Rotate, .. });
    rig.until(2 * MINUTE, "DONE", done).await;
    let order: Vec<_> = rig
        .events
        .iter()
        .filter(|event| is_replaced(&event.kind) || done(&event.kind))
        .map(|event| event.conn.map(|conn| conn.0))
        .collect();
    assert_eq!(order, [Some(1), Some(1)], "replaced, then DONE, both of the old one");
    assert_eq!(rig.snapshot().connection.id.map(|conn| conn.0), Some(2));
    assert_eq!(rig.snapshot().phase, Phase::Idling);
}

#[tokio::test(start_paused = true)]
async fn the_watches_of_an_account_share_one_token_and_one_renewal() {
    let (mut rig, issuer) = start("healthy", Some(MINUTE), |account| {
        account.mailboxes = ["INBOX", "a", "b", "c"].map(str::to_owned).to_vec();
    });
    rig.pass(5 * MINUTE).await;
    let (given, replaced) = (issuer.state().given, rig.count(is_replaced));
    assert!((5..=8).contains(&given), "{given} tokens in five minutes");
    assert_eq!(replaced, 4 * (given - 1), "each watch with each token\n{}", rig.told());
    assert_eq!(longest_blind(&rig), Duration::ZERO);
    assert_eq!(rig.count(is_trouble), 0);
}

#[tokio::test(start_paused = true)]
async fn trouble_with_the_issuer_is_tried_again_while_the_old_token_lasts() {
    let (mut rig, issuer) = start("healthy", Some(10 * MINUTE), |_| ());
    rig.idling().await;
    let trouble = Fault::retry_after(FaultClass::Connect, "cannot connect to issuer.example:443");
    issuer.state().faults.extend([trouble.clone(), trouble.clone(), trouble]);
    rig.until(11 * MINUTE, "replaced", is_replaced).await;
    assert_eq!(longest_blind(&rig), Duration::ZERO);
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::Fault { retry: true, .. })), 3, "each is told");
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::Retry { .. })), 0, "nobody waits without a connection");
    let took = rig.events.last().expect("events").at - rig.events[0].at;
    assert!(took < 10 * MINUTE, "before the token's end: {took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_renewal_is_told_at_once_and_fails_when_the_server_ends_the_session() {
    let (mut rig, issuer) = start("session-expiry=10m", Some(5 * MINUTE), |_| ());
    rig.idling().await;
    let message = "the issuer refused (invalid_grant); `mailwatch-tui account login work`";
    issuer.state().refuses = Some(Fault::needs_user(FaultClass::Auth, message));
    let refused = |kind: &EventKind| matches!(kind, EventKind::Fault { class: FaultClass::Auth, retry: false, .. });
    rig.until(5 * MINUTE, "the fault", refused).await;
    rig.pass(MINUTE).await;
    let asked = issuer.state().asked;
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "still heard"));
    assert_eq!(rig.mail().await.subject, "still heard");
    rig.until(10 * MINUTE, "failed", |kind| matches!(kind, EventKind::Phase { to: Phase::Failed, .. })).await;
    assert!(rig.snapshot().fault.expect("a fault").message.contains("account login work"));
    rig.pass(10 * MINUTE).await;
    assert_eq!(issuer.state().asked, asked, "an issuer that refused is not asked again");

    // The user has logged in anew.
    issuer.state().refuses = None;
    rig.command(Command::Reconnect);
    rig.idling().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_had_at_the_start_is_the_users() {
    let (mut rig, issuer) = start("healthy", Some(MINUTE), |account| {
        account.mailboxes = ["INBOX", "a", "b"].map(str::to_owned).to_vec();
    });
    issuer.state().refuses = Some(Fault::needs_user(FaultClass::Auth, "refused"));
    rig.pass(5 * MINUTE).await;
    assert_eq!(rig.phases().iter().filter(|phase| **phase == Phase::Failed).count(), 3);
    assert_eq!((issuer.state().asked, rig.server.logins()), (1, 0), "asked once for all");
}

#[tokio::test(start_paused = true)]
async fn without_room_for_another_connection_the_old_one_goes_first_and_no_mail_is_missed() {
    let (mut rig, _) = start("healthy", Some(MINUTE), |account| account.max_connections = 1);
    rig.idling().await;
    let mut sent = Vec::new();
    for n in 0..50 {
        let subject = format!("mail {n}");
        rig.server.deliver("INBOX", NewMessage::new("a@example.org", &subject));
        sent.push(subject);
        rig.pass(6 * S).await;
    }
    let replaced = rig.count(is_replaced);
    assert!((4..=7).contains(&replaced), "{replaced} in five minutes\n{}", rig.told());
    assert!(longest_blind(&rig) < S, "{:?}", longest_blind(&rig));
    assert_eq!(rig.count(is_trouble), 0, "{}", rig.told());
    assert_eq!(rig.subjects(), sent);
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_that_fails_costs_nothing_and_is_tried_again() {
    let (mut rig, _) = start("healthy", Some(10 * MINUTE), |_| ());
    rig.idling().await;
    rig.pass(6 * MINUTE).await;
    rig.server.set_scenario(scenario("no-login-reply"));
    let late = |kind: &EventKind| matches!(kind, EventKind::Fault { class: FaultClass::Timeout, retry: true, .. });
    rig.until(4 * MINUTE, "a fault", late).await;
    assert_eq!(rig.snapshot().phase, Phase::Idling);
    rig.server.set_scenario(scenario("healthy"));
    rig.until(2 * MINUTE, "replaced", is_replaced).await;
    assert_eq!(longest_blind(&rig), Duration::ZERO);
    assert_eq!(rig.phases().iter().filter(|phase| **phase == Phase::Connecting).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_that_dies_meanwhile_is_succeeded_by_the_one_under_way() {
    let (mut rig, _) = start("slow-examine=20s", Some(10 * MINUTE), |_| ());
    rig.idling().await;
    let connected = |kind: &EventKind| matches!(kind, EventKind::Capabilities { .. });
    rig.until(11 * MINUTE, "the second connection", connected).await;
    let accepted = rig.server.accepted();
    rig.server.set_scenario(scenario("healthy"));
    // All connections end, the one under way too: the watch has none, and makes one by its usual rules.
    rig.server.drop_connections();
    rig.idling().await;
    assert!(rig.server.accepted() <= accepted + 2, "{}", rig.told());
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "after all"));
    assert_eq!(rig.mail().await.subject, "after all");
}

#[tokio::test(start_paused = true)]
async fn a_done_that_is_ignored_at_a_rotation_is_told_while_the_new_connection_idles() {
    let (mut rig, _) = start("ignores-done-forever=10s@1", Some(MINUTE), |_| ());
    rig.idling().await;
    rig.until(2 * MINUTE, "replaced", is_replaced).await;
    rig.until(MINUTE, "a stall", |kind| matches!(kind, EventKind::Stalled { .. })).await;
    assert_eq!(rig.events.last().and_then(|event| event.conn).map(|conn| conn.0), Some(1));
    let snapshot = rig.snapshot();
    assert_eq!(snapshot.phase, Phase::Idling);
    assert_eq!(snapshot.quarantined.map(|quarantined| quarantined.conn.0), Some(1), "it is read on");
    assert_eq!(longest_blind(&rig), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_idle_is_rotated_between_two_polls() {
    let (mut rig, _) = start("no-idle", Some(10 * MINUTE), |_| ());
    rig.until(MINUTE, "polling", |kind| matches!(kind, EventKind::Phase { to: Phase::Polling, .. })).await;
    rig.until(11 * MINUTE, "replaced", is_replaced).await;
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "polled"));
    assert_eq!(rig.mail().await.subject, "polled");
    assert_eq!(rig.count(is_trouble), 0);
    rig.pass(6 * S).await;
    assert_eq!(rig.server.open_connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_ages_while_the_machine_sleeps() {
    let (mut rig, issuer) = start("healthy", Some(60 * MINUTE), |_| ());
    rig.idling().await;
    rig.pass(5 * MINUTE).await;
    rig.slept(52 * MINUTE);
    rig.until(10 * S, "replaced", is_replaced).await;
    assert_eq!(issuer.state().given, 2);
    assert_eq!(rig.count(is_trouble), 0);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_gives_the_old_token_still_is_asked_again_before_it_ends() {
    let (mut rig, issuer) = start("healthy", Some(20 * MINUTE), |_| ());
    rig.idling().await;
    issuer.state().repeats = true;
    rig.pass(17 * MINUTE).await;
    assert_eq!((issuer.state().given, rig.count(is_replaced)), (1, 0));
    let asked = issuer.state().asked;
    assert!((2..10).contains(&asked), "{asked}");
    issuer.state().repeats = false;
    rig.until(3 * MINUTE, "replaced", is_replaced).await;
    assert_eq!((longest_blind(&rig), rig.count(is_trouble)), (Duration::ZERO, 0));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_the_server_ends_at_its_age_is_no_fault_and_is_replaced_at_once() {
    for auth in [Auth::Password, Auth::OAuth2] {
        let mut rig = match auth {
            Auth::Password => Rig::start("session-expiry=60s"),
            Auth::OAuth2 => start("session-expiry=60s", None, |_| ()).0,
        };
        rig.pass(10 * MINUTE).await;
        let replaced = rig.count(is_replaced);
        assert!((8..=10).contains(&replaced), "{replaced}\n{}", rig.told());
        assert_eq!(rig.count(is_trouble), 0, "{}", rig.told());
        assert!(longest_blind(&rig) < S);
        let said = |kind: &EventKind| matches!(kind, EventKind::Verdict { verdict: Verdict::Closed, text, .. } if text.contains("at once"));
        assert_eq!(rig.count(said), replaced, "it is said each time");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_and_the_end_leave_nothing_under_way() {
    let (mut rig, _) = start("slow-examine=20s", Some(MINUTE), |_| ());
    rig.idling().await;
    let connected = |kind: &EventKind| matches!(kind, EventKind::Capabilities { .. });
    rig.until(2 * MINUTE, "the second connection", connected).await;
    rig.command(Command::Pause);
    rig.until(5 * S, "paused", |kind| matches!(kind, EventKind::Phase { to: Phase::Paused, .. })).await;
    rig.server.wait_until(|server| server.open_connections() == 0).await;
    rig.command(Command::Resume);
    rig.idling().await;
    rig.until(2 * MINUTE, "the next one", connected).await;
    let begun = now();
    rig.stop().await;
    assert!(now() - begun <= 2 * S);
    rig.server.wait_until(|server| server.open_connections() == 0).await;
}
