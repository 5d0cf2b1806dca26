use super::*;
use mailwatch_proto::logins::{Refusal, Why};
use mailwatch_proto::model::{Auth, Hooks, Network, Quirks, SecretSource, Timers, TlsMode};

fn account() -> Account {
    Account {
        name: "work".to_owned(),
        host: "imap.example.org".to_owned(),
        port: 993,
        tls: TlsMode::Implicit,
        ca: None,
        network: Network::default(),
        user: "me".to_owned(),
        auth: Auth::Password,
        secret: SecretSource::Keyring,
        mailboxes: vec!["INBOX".to_owned()],
        max_connections: 8,
        timers: Timers::default(),
        reissue_auto: false,
        quirks: Quirks::default(),
        hooks: Hooks::default(),
    }
}

#[tokio::test]
async fn a_restart_forgets_nothing_and_other_programs_count() {
    let directory = tempfile::tempdir().expect("a directory");
    let whose = Whose::of(&account());
    for n in 0..3 {
        // Each time another program.
        let governor = LoginGovernor::open(directory.path());
        governor.act(&whose).await;
        let ticket = governor.ask(&whose).await.expect("it is due").expect("nothing is under way");
        ticket.begin().await;
        if n == 1 {
            drop(ticket);
        } else {
            ticket.refused(Refusal::ByProof).await.expect("it waits");
        }
    }
    let governor = LoginGovernor::open(directory.path());
    governor.act(&whose).await;
    assert_eq!(governor.ask(&whose).await.expect_err("a fourth").why, Why::TooOften);
    let text = std::fs::read_to_string(directory.path().join("logins.json")).expect("it is kept");
    assert!(text.contains("hosts") && !text.contains("pass"), "{text}");
}

#[tokio::test]
async fn what_is_proven_is_kept_until_it_is_changed() {
    let directory = tempfile::tempdir().expect("a directory");
    let (account, whose) = (account(), Whose::of(&account()));
    let governor = LoginGovernor::open(directory.path());
    let ticket = governor.ask(&whose).await.expect("it is due").expect("nothing is under way");
    ticket.begin().await;
    ticket.accepted(LoginWay::Login).await;
    let again = LoginGovernor::open(directory.path());
    assert_eq!(again.due(&whose).await, None);
    assert!(again.is_proven(&account) && again.way(&account.host) == Some(LoginWay::Login));
    again.changed(&account).await;
    assert!(!again.is_proven(&account));
}

#[tokio::test]
async fn a_damaged_file_is_begun_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let (file, whose) = (directory.path().join("logins.json"), Whose::of(&account()));
    for damage in ["", "{", "[1,2]", "{\"hosts\":7}", "\u{0}\u{0}"] {
        std::fs::write(&file, damage).expect("written");
        let governor = LoginGovernor::open(directory.path());
        let ticket = governor.ask(&whose).await.expect("nothing is known").expect("nothing is under way");
        ticket.refused(Refusal::ByProof).await.expect("it waits");
        assert!(LoginGovernor::open(directory.path()).due(&whose).await.is_some(), "{damage:?}");
    }
}

#[tokio::test]
async fn without_a_directory_it_counts_all_the_same() {
    let governor = LoginGovernor::open(std::path::Path::new("/nowhere/at/all"));
    let whose = Whose::of(&account());
    let ticket = governor.ask(&whose).await.expect("it is due").expect("nothing is under way");
    ticket.refused(Refusal::ByProof).await.expect("it waits");
    assert!(governor.due(&whose).await.is_some_and(|wait| wait.needs_user));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_another_goes_on_once_that_has_ended() {
    let (governor, whose) = (LoginGovernor::in_process(), Whose::of(&account()));
    let first = governor.ask(&whose).await.expect("it is due").expect("nothing is under way");
    let settled = governor.settled();
    assert!(governor.ask(&whose).await.expect("it is due").is_none());
    let began = tokio::time::Instant::now();
    tokio::join!(settled, first.accepted(LoginWay::Plain));
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(governor.ask(&whose).await.expect("it is due").is_some());
}

#[tokio::test]
async fn a_configuration_that_was_changed_while_the_program_was_off_ends_a_pause() {
    let directory = tempfile::tempdir().expect("a directory");
    let command = |word: &str| SecretSource::Command(vec!["echo".to_owned(), word.to_owned()]);
    let before = Account { secret: command("hunter2"), ..account() };
    let governor = LoginGovernor::open(directory.path());
    let ticket = governor.ask(&Whose::of(&before)).await.expect("it is due").expect("nothing is under way");
    ticket.begin().await;
    ticket.refused(Refusal::ByProof).await.expect("it waits");

    let again = LoginGovernor::open(directory.path());
    again.begins([&before], false).await;
    assert!(again.due(&Whose::of(&before)).await.is_some(), "nothing has changed");
    let after = Account { secret: command("hunter3"), ..account() };
    let changed = LoginGovernor::open(directory.path());
    changed.begins([&after], false).await;
    assert_eq!(changed.due(&Whose::of(&after)).await, None);
    let text = std::fs::read_to_string(directory.path().join("logins.json")).expect("it is kept");
    assert!(!text.contains("hunter") && !text.contains("echo"), "{text}");
}

#[tokio::test]
async fn what_a_program_before_this_kept_is_read_and_its_pause_stands() {
    let directory = tempfile::tempdir().expect("a directory");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    let user = format!(
        r#"{{"proven":[],"refused":[{now}],"unknown":[],"open":[],"pause":{{"from":{now},"length":{{"secs":1800,"nanos":0}}}},"row":1,"troubles":0,"needed":true}}"#
    );
    let old =
        format!(r#"{{"hosts":{{"imap.example.org":{{"users":{{"me":{user}}},"limited":[],"way":null}}}},"last":1}}"#);
    std::fs::write(directory.path().join("logins.json"), old).expect("written");
    let governor = LoginGovernor::open(directory.path());
    governor.begins([&account()], false).await;
    assert!(governor.due(&Whose::of(&account())).await.is_some_and(|wait| wait.needs_user));
    let other = Account { port: 143, ..account() };
    LoginGovernor::open(directory.path()).begins([&other], false).await;
    assert_eq!(LoginGovernor::open(directory.path()).due(&Whose::of(&other)).await, None);
}

#[tokio::test]
async fn many_accounts_that_log_in_together_share_the_writing_of_the_file() {
    const ACCOUNTS: usize = 300;
    let directory = tempfile::tempdir().expect("a directory");
    let governor = LoginGovernor::open(directory.path());
    let of = |n: usize| Account { user: format!("user{n}"), name: format!("account{n}"), ..account() };
    let log_in = async |n: usize| {
        let whose = Whose::of(&of(n));
        let ticket = loop {
            match governor.ask(&whose).await.expect("it is due") {
                Some(ticket) => break ticket,
                None => governor.settled().await,
            }
        };
        ticket.begin().await;
        ticket.accepted(LoginWay::Plain).await;
    };
    futures_util::future::join_all((0..ACCOUNTS).map(log_in)).await;
    assert!((0..ACCOUNTS).all(|n| governor.is_proven(&of(n))));
    let again = LoginGovernor::open(directory.path());
    assert_eq!(again.due(&Whose::of(&account())).await, None);
    assert!((0..ACCOUNTS).all(|n| again.is_proven(&of(n))), "all of it is in the file");
    let writings = governor.writings();
    assert!(writings <= ACCOUNTS, "{writings} writings for three steps of {ACCOUNTS} logins");
}

#[tokio::test]
async fn what_another_program_writes_is_read_by_one_that_knew_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let whose = Whose::of(&account());
    let (one, other) = (LoginGovernor::open(directory.path()), LoginGovernor::open(directory.path()));
    for n in 0..3 {
        let (asks, looks) = if n % 2 == 0 { (&one, &other) } else { (&other, &one) };
        asks.act(&whose).await;
        let ticket = asks.ask(&whose).await.expect("it is due").expect("nothing is under way");
        assert_eq!(looks.due(&whose).await, None, "nothing is refused yet");
        ticket.refused(Refusal::ByProof).await.expect("it waits");
        assert!(looks.due(&whose).await.is_some(), "{n}");
        looks.act(&whose).await;
    }
    for governor in [&one, &other] {
        assert_eq!(governor.ask(&whose).await.expect_err("a fourth").why, Why::TooOften);
    }
}

#[tokio::test]
async fn what_is_settled_while_nobody_waits_is_in_the_file_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let (governor, whose) = (LoginGovernor::open(directory.path()), Whose::of(&account()));
    let ticket = governor.ask(&whose).await.expect("it is due").expect("nothing is under way");
    ticket.begin().await;
    let settled = governor.settled();
    drop(ticket);
    settled.await;
    let text = std::fs::read_to_string(directory.path().join("logins.json")).expect("it is kept");
    assert!(text.contains("\"open\":[]") && !text.contains("\"unknown\":[]"), "{text}");
}

/// Two runtimes, one after the other: what the first left undone does not keep the second waiting.
#[test]
fn a_runtime_that_ends_leaves_nobody_without_an_answer() {
    let directory = tempfile::tempdir().expect("a directory");
    let (governor, whose) = (LoginGovernor::open(directory.path()), Whose::of(&account()));
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime().block_on(async {
        let asked = governor.ask(&whose);
        // Asked, and not waited for.
        assert!(futures_util::FutureExt::now_or_never(asked).is_none());
    });
    let granted = runtime().block_on(governor.ask(&whose));
    // Nobody settled the first: what matters is that there is an answer.
    assert!(granted.is_ok());
}

#[tokio::test]
async fn a_login_whose_secret_is_at_hand_counts_from_its_permission_on() {
    for at_hand in [false, true] {
        let directory = tempfile::tempdir().expect("a directory");
        let whose = Whose::of(&account());
        for _ in 0..3 {
            // Each time another program, which is killed before it does anything.
            let governor = LoginGovernor::open(directory.path());
            let asked = if at_hand { governor.ask_with_secret(&whose).await } else { governor.ask(&whose).await };
            std::mem::forget(asked.expect("it is due").expect("nothing is under way"));
        }
        let governor = LoginGovernor::open(directory.path());
        assert_eq!(governor.ask(&whose).await.is_err(), at_hand);
    }
}

#[tokio::test]
async fn who_gives_up_before_the_secret_went_out_has_tried_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let (governor, whose) = (LoginGovernor::open(directory.path()), Whose::of(&account()));
    for _ in 0..5 {
        let settled = governor.settled();
        let ticket = governor.ask_with_secret(&whose).await.expect("it is due").expect("nothing is under way");
        drop(ticket);
        settled.await;
    }
    assert_eq!(governor.due(&whose).await, None);
    let text = std::fs::read_to_string(directory.path().join("logins.json")).expect("it is kept");
    assert!(!text.contains("imap.example.org"), "{text}");
}

#[test]
fn what_is_settled_while_the_runtime_ends_keeps_nobody_waiting() {
    let directory = tempfile::tempdir().expect("a directory");
    let (governor, whose) = (LoginGovernor::open(directory.path()), Whose::of(&account()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let ticket = runtime.block_on(governor.ask(&whose)).expect("it is due").expect("nothing is under way");
    runtime.spawn(async move {
        let _ticket = ticket;
        std::future::pending::<()>().await;
    });
    // The task is dropped with its ticket, where no other can be begun.
    drop(runtime);
    let again = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    assert!(again.block_on(governor.ask(&whose)).is_ok());
}
