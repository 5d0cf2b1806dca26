//! A mail is found once, told until it is reported, and never again.

use proptest::prelude::*;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_was_never_watched_has_not_been_seen() {
    let history = History::in_process();
    assert_eq!(history.seen(&inbox()).await, Ok(None));
    assert_eq!(history.unreported(&inbox()).await, Ok(Vec::new()));
    assert_eq!(history.reported_message_ids(&inbox(), UNIX_EPOCH).await, Ok(BTreeSet::new()));
}

#[tokio::test(start_paused = true)]
async fn a_baseline_is_seen_and_tells_nothing() {
    let history = History::in_process();
    let seen = seen(100);
    history.baseline(&inbox(), seen, vec![]).await.expect("memory takes it");
    assert_eq!(history.seen(&inbox()).await, Ok(Some(seen)));
    assert_eq!(history.unreported(&inbox()).await, Ok(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_found_once_and_owed_until_it_is_reported() {
    let history = History::in_process();
    let key = inbox();
    assert_eq!(history.found(&key, seen(102), vec![found(100), found(101)]).await, Ok(vec![mail(100), mail(101)]));
    assert_eq!(history.found(&key, seen(103), vec![found(101), found(102)]).await, Ok(vec![mail(102)]));
    assert_eq!(history.seen(&key).await.map(|seen| seen.map(|seen| seen.uidnext)), Ok(Some(103)));
    history
        .reported(vec![(key.clone(), uid(100)), (key.clone(), uid(102)), (key.clone(), uid(999))])
        .await
        .expect("kept");
    assert_eq!(history.unreported(&key).await, Ok(vec![late(101)]));
}

#[tokio::test(start_paused = true)]
async fn uidnext_goes_back_only_with_a_new_uidvalidity() {
    let history = History::in_process();
    let key = inbox();
    history.found(&key, seen(50), vec![]).await.expect("kept");
    history.found(&key, seen(40), vec![]).await.expect("kept");
    assert_eq!(history.seen(&key).await.map(|seen| seen.map(|seen| seen.uidnext)), Ok(Some(50)));
    let anew = Seen { uidvalidity: 8, ..seen(3) };
    history.found(&key, anew, vec![]).await.expect("kept");
    let known = history.seen(&key).await.expect("read").expect("it was seen");
    assert_eq!((known.uidvalidity, known.uidnext), (8, 3));
}

#[tokio::test(start_paused = true)]
async fn the_same_uid_under_a_new_uidvalidity_is_another_mail() {
    let history = History::in_process();
    let key = inbox();
    history.found(&key, seen(2), vec![found(1)]).await.expect("kept");
    let mut anew = found(1);
    anew.mail.uidvalidity = 8;
    let told = history.found(&key, Seen { uidvalidity: 8, ..seen(2) }, vec![anew]).await.expect("kept");
    assert_eq!(uids(&told), [1]);
    let known = history.reported_message_ids(&key, now() - Duration::from_mins(1)).await.expect("read");
    assert_eq!(known, BTreeSet::from(["<1@example.org>".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn message_ids_from_before_are_not_asked_for() {
    let history = History::in_process();
    let old = Found { internal_date: Some(UNIX_EPOCH), ..found(1) };
    history.found(&inbox(), Seen { last_alive: UNIX_EPOCH, ..seen(2) }, vec![old]).await.expect("kept");
    assert_eq!(history.reported_message_ids(&inbox(), now()).await, Ok(BTreeSet::new()));
}

#[tokio::test(start_paused = true)]
async fn the_last_proof_of_life_is_known_before_it_is_written() {
    let history = History::in_process();
    let start = now();
    history.baseline(&inbox(), Seen { last_alive: start, ..seen(1) }, vec![]).await.expect("kept");
    for seconds in 1..=59 {
        history.alive(&inbox(), start + Duration::from_secs(seconds));
    }
    let alive = history.seen(&inbox()).await.expect("read").map(|seen| seen.last_alive);
    assert_eq!(alive, Some(start + Duration::from_secs(59)));
}

#[tokio::test]
async fn what_was_found_survives_a_new_start_and_so_does_the_last_proof_of_life() {
    let dir = tempfile::tempdir().expect("a directory");
    let start = now();
    let history = opened(dir.path());
    history.found(&inbox(), Seen { last_alive: start, ..seen(11) }, vec![found(10)]).await.expect("kept");
    history.alive(&inbox(), start + Duration::from_secs(1));
    history.alive(&inbox(), start + Duration::from_secs(2));
    end(history);
    let history = opened(dir.path());
    let alive = history.seen(&inbox()).await.expect("read").map(|seen| seen.last_alive);
    assert_eq!(alive, Some(start + Duration::from_secs(2)));
    assert_eq!(history.unreported(&inbox()).await, Ok(vec![late(10)]));
    assert_eq!(history.found(&inbox(), seen(11), vec![found(10)]).await, Ok(vec![]));
}

#[derive(Clone, Debug)]
enum Step {
    Find(BTreeSet<u32>),
    Report(BTreeSet<u32>),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = || proptest::collection::btree_set(1_u32..20, 0..6);
    let step =
        prop_oneof![4 => some().prop_map(Step::Find), 3 => some().prop_map(Step::Report), 1 => Just(Step::Reopen)];
    proptest::collection::vec(step, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_mail_is_found_once_and_owed_until_reported(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let dir = tempfile::tempdir().expect("a directory");
        runtime.block_on(async {
            let key = inbox();
            let mut history = opened(dir.path());
            let (mut found_once, mut reported) = (BTreeSet::new(), BTreeSet::new());
            for step in steps {
                match step {
                    Step::Find(some) => {
                        let mails = some.iter().copied().map(found).collect();
                        for mail in history.found(&key, seen(20), mails).await.expect("kept") {
                            prop_assert!(found_once.insert(mail.uid), "{} was found twice", mail.uid);
                        }
                        prop_assert!(some.is_subset(&found_once));
                    }
                    Step::Report(some) => {
                        let keys = some.iter().map(|one| (key.clone(), uid(*one))).collect();
                        history.reported(keys).await.expect("kept");
                        reported.extend(some.intersection(&found_once).copied());
                    }
                    Step::Reopen => {
                        end(history);
                        history = opened(dir.path());
                    }
                }
                let owed: BTreeSet<u32> = uids(&history.unreported(&key).await.expect("read")).into_iter().collect();
                prop_assert_eq!(owed, &found_once - &reported);
            }
            end(history);
            Ok(())
        })?;
    }
}
