//! A hook is owed with the mail, once, until it is settled.

use proptest::prelude::*;

use super::trouble::impatient;
use super::*;
use mailwatch_proto::model::HookEvent;

const ALL: [HookEvent; 4] = HookEvent::ALL;

fn hooked(uid: u32) -> Found {
    Found { hook: Some(format!("{{\"uid\":{uid}}}")), ..found(uid) }
}

async fn owed(history: &History) -> Vec<OwedHook> {
    owed_up_to(history, 100).await
}

async fn owed_up_to(history: &History, limit: u32) -> Vec<OwedHook> {
    let key = inbox();
    history.owed_hooks(&key.account, &key.login, ALL.to_vec(), limit).await.expect("read")
}

fn whats(owed: &[OwedHook]) -> Vec<&str> {
    owed.iter().map(|hook| hook.what.as_str()).collect()
}

fn stall(what: &str) -> OwedHook {
    OwedHook { key: inbox(), event: HookEvent::Stall, what: what.to_owned(), line: "{}".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn a_hook_is_owed_for_each_mail_that_was_found_until_it_is_settled() {
    let history = History::in_process();
    history.found(&inbox(), seen(4), vec![hooked(1), hooked(2), found(3)]).await.expect("kept");
    history.found(&inbox(), seen(4), vec![hooked(2)]).await.expect("kept");
    let all = owed(&history).await;
    assert_eq!(whats(&all), ["0/7/1", "0/7/2"]);
    assert_eq!(all[0].line, "{\"uid\":1}");
    history.settle_hooks(vec![all[0].clone()], now()).await.expect("kept");
    assert_eq!(whats(&owed(&history).await), ["0/7/2"]);
    history.found(&inbox(), seen(4), vec![hooked(1)]).await.expect("kept");
    assert_eq!(whats(&owed(&history).await), ["0/7/2"], "settled once is settled for good");
}

#[tokio::test(start_paused = true)]
async fn a_baseline_owes_nothing() {
    let history = History::in_process();
    history.baseline(&inbox(), seen(3), vec![hooked(1), hooked(2)]).await.expect("kept");
    assert_eq!(owed(&history).await, []);
}

#[tokio::test(start_paused = true)]
async fn one_hook_is_asked_for_at_once_the_oldest_first_and_no_more_than_fit() {
    let history = History::in_process();
    let later = |seconds| now() + Duration::from_secs(seconds);
    history.owe_hook(stall("a"), later(1));
    history
        .found(&inbox(), Seen { last_alive: later(2), ..seen(4) }, (1..4).map(hooked).collect())
        .await
        .expect("kept");
    history.owe_hook(stall("b"), later(3));
    assert_eq!(whats(&owed(&history).await), ["a", "b"]);
    history.settle_hooks(owed(&history).await, now()).await.expect("kept");
    assert_eq!(whats(&owed_up_to(&history, 2).await), ["0/7/1", "0/7/2"]);
    let key = inbox();
    let stalls = history.owed_hooks(&key.account, &key.login, vec![HookEvent::Stall], 9).await;
    assert_eq!(stalls, Ok(vec![]), "mails are not asked for");
    assert_eq!(history.owed_hooks(&key.account, "another@host", ALL.to_vec(), 9).await, Ok(vec![]));
}

#[tokio::test]
async fn what_is_owed_survives_the_program_and_what_is_settled_leaves_no_text_behind() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    history.found(&inbox(), seen(3), vec![hooked(1), hooked(2)]).await.expect("kept");
    let first = owed_up_to(&history, 1).await;
    history.settle_hooks(first, now()).await.expect("kept");
    end(history);
    let history = opened(dir.path());
    assert_eq!(whats(&owed(&history).await), ["0/7/2"]);
    let db = rusqlite::Connection::open(dir.path().join(FILE)).expect("the file is there");
    let line: String = db.query_row("SELECT line FROM hook WHERE what = '0/7/1'", [], |row| row.get(0)).expect("a row");
    assert_eq!(line, "");
}

#[tokio::test]
async fn two_programs_owe_a_mails_hook_once_between_them() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, two) = (opened(dir.path()), opened(dir.path()));
    one.found(&inbox(), seen(2), vec![hooked(1)]).await.expect("kept");
    assert_eq!(two.found(&inbox(), seen(2), vec![hooked(1)]).await, Ok(vec![mail(1)]), "both tell it");
    assert_eq!(owed(&two).await, [], "the one that runs has it");
    assert_eq!(whats(&owed(&one).await), ["0/7/1"]);
    end(one);
    assert_eq!(whats(&owed(&two).await), ["0/7/1"], "and the other takes it over");
}

#[tokio::test]
async fn a_program_with_a_hook_owes_it_for_what_one_without_has_found() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, two) = (opened(dir.path()), opened(dir.path()));
    one.found(&inbox(), seen(2), vec![found(1)]).await.expect("kept");
    two.found(&inbox(), seen(2), vec![hooked(1)]).await.expect("kept");
    assert_eq!(owed(&one).await, []);
    assert_eq!(whats(&owed(&two).await), ["0/7/1"]);
}

#[tokio::test]
async fn what_is_settled_is_forgotten_after_a_month_and_what_is_owed_is_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let old = now() - KEPT - Duration::from_secs(1);
    history.owe_hook(stall("done"), old);
    history.settle_hooks(vec![stall("done")], old).await.expect("kept");
    history.owe_hook(stall("owed"), old);
    history.prune(Limits::default(), now()).await.expect("kept");
    let db = rusqlite::Connection::open(dir.path().join(FILE)).expect("the file is there");
    let left: String = db.query_row("SELECT group_concat(what) FROM hook", [], |row| row.get(0)).expect("rows");
    assert_eq!(left, "owed");
}

#[tokio::test]
async fn what_is_owed_and_settled_while_the_file_is_locked_is_so_in_the_file_afterwards() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    history.found(&inbox(), seen(3), vec![hooked(1), hooked(2)]).await.expect("kept");
    end(history);
    let other = rusqlite::Connection::open(dir.path().join(FILE)).expect("opened");
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;").expect("locked");
    let (history, fault) = impatient(dir.path());
    assert!(fault.is_some());
    history.found(&inbox(), seen(5), vec![hooked(3), hooked(4)]).await.expect("in memory");
    drop(other);
    history
        .settle_hooks(vec![OwedHook { what: "0/7/3".to_owned(), event: HookEvent::NewMail, ..stall("") }], now())
        .await
        .expect("kept");
    assert_eq!(*history.fault().borrow(), None, "the file is in use again");
    end(history);
    assert_eq!(whats(&owed(&opened(dir.path())).await), ["0/7/1", "0/7/2", "0/7/4"]);
}

#[derive(Clone, Debug)]
enum Step {
    Find(BTreeSet<u32>),
    Settle(BTreeSet<u32>),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = || proptest::collection::btree_set(1_u32..20, 0..6);
    let step =
        prop_oneof![4 => some().prop_map(Step::Find), 3 => some().prop_map(Step::Settle), 1 => Just(Step::Reopen)];
    proptest::collection::vec(step, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_a_hook_is_owed_for_what_was_found_and_not_settled(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let dir = tempfile::tempdir().expect("a directory");
        runtime.block_on(async {
            let mut history = opened(dir.path());
            let (mut found_once, mut settled) = (BTreeSet::new(), BTreeSet::new());
            for step in steps {
                match step {
                    Step::Find(some) => {
                        let mails = some.iter().copied().map(hooked).collect();
                        history.found(&inbox(), seen(20), mails).await.expect("kept");
                        found_once.extend(some);
                    }
                    Step::Settle(some) => {
                        let mail = |uid: &u32| OwedHook { event: HookEvent::NewMail, ..stall(&OwedHook::mail(0, 7, *uid)) };
                        history.settle_hooks(some.iter().map(mail).collect(), now()).await.expect("kept");
                        settled.extend(some.intersection(&found_once).copied());
                    }
                    Step::Reopen => {
                        end(history);
                        history = opened(dir.path());
                    }
                }
                let left: BTreeSet<String> = found_once.difference(&settled).map(|uid| OwedHook::mail(0, 7, *uid)).collect();
                let owed: BTreeSet<String> = owed(&history).await.into_iter().map(|hook| hook.what).collect();
                prop_assert_eq!(owed, left);
            }
            end(history);
            Ok(())
        })?;
    }
}
