//! More mails than one look tells.

use super::*;
use crate::response::Fetched;

/// Plays a server of so many mails that came at once. How many were told, and by which commands' sets.
fn flood(mails: u32, finding: Finding, facts: Facts) -> (u32, Vec<String>) {
    let now = Instant::now();
    let mut exchange = Exchange::start(finding, facts, REPLY, now);
    let (mut found, mut commands) = (0, Vec::new());
    loop {
        match exchange.poll() {
            Some(Output::Send(line)) => {
                let mut words = line.split(' ');
                let (tag, set) = (words.next().expect("a tag"), words.nth(2).expect("a set"));
                commands.push(set.to_owned());
                let (first, last) = set.split_once(':').unwrap_or((set, set));
                let first: u32 = first.parse().expect("a number");
                // `n:*` names the last.
                let first = if last == "*" { first.min(mails) } else { first };
                for uid in first..=last.parse().unwrap_or(mails).min(mails) {
                    let fetched = if line.contains("BODY") { whole(uid) } else { bare_of(uid) };
                    exchange.handle(now, Input::Response(Response::Fetch(fetched)));
                    while let Some(output) = exchange.poll() {
                        found += commit_all(&mut exchange, output, now);
                    }
                }
                exchange.handle(now, Input::Response(response(&format!("{tag} OK done"))));
            }
            Some(Output::Ended(ended)) => {
                assert_eq!(ended.map(|mailbox| mailbox.uidnext), Ok(mails + 1));
                return (found, commands);
            }
            Some(output) => found += commit_all(&mut exchange, output, now),
            None => panic!("it waits for nothing"),
        }
    }
}

fn whole(uid: u32) -> Fetched {
    Fetched {
        seq: uid,
        uid: Some(uid),
        flags: Some(Vec::new()),
        header: Some(Vec::new()),
        internal_date: Some("x".to_owned()),
        ..Fetched::default()
    }
}

fn bare_of(uid: u32) -> Fetched {
    Fetched { header: None, ..whole(uid) }
}

fn commit_all(exchange: &mut Exchange<Finding>, output: Output<Result<Mailbox, Fault>>, now: Instant) -> u32 {
    match output {
        Output::Ask(Question::Commit { mails, .. }) => {
            assert!(mails.len() <= 200, "{} mails at once", mails.len());
            let count = u32::try_from(mails.len()).expect("few");
            exchange
                .handle(now, Input::Answer(Answer::Committed { mails: Vec::new(), canaries: Vec::new(), fault: None }));
            count
        }
        Output::Ask(Question::Seen(_)) => {
            exchange.handle(now, Input::Answer(answer("seen 7 1")));
            0
        }
        other => {
            assert!(matches!(other, Output::Progress(..)), "{other:?}");
            0
        }
    }
}

/// EXAMINE told the next UID.
fn opened(mails: u32) -> Finding {
    let selected = Selected { exists: mails, uidvalidity: 7, uidnext: Some(mails + 1) };
    Finding::opened(id(), selected, None, None)
}

#[test]
fn mails_beyond_a_look_s_number_are_told_by_the_next_ones_right_after() {
    // Without a count the first look has no end in sight; the others are of so many UIDs, and the last says that none is left.
    let parts = ["5001:10000", "10001:15000", "12346:17345", "12346:*"];
    let unbounded = [&["1:*"], &parts[..]].concat();
    let bounded = [&["1:5000"], &parts[..]].concat();
    assert_eq!(flood(12_345, news(12_345, 1), facts("")), (12_345, owned(&unbounded)));
    // Where EXAMINE told how many UIDs there are, or EXISTS how many messages came, each look is bounded.
    assert_eq!(flood(12_345, opened(12_345), facts("")), (12_345, owned(&bounded)));
    assert_eq!(flood(12_345, news(12_345, 1).promised(12_345), facts("")), (12_345, owned(&bounded)));
    assert_eq!(flood(5000, news(5000, 1).promised(5000), facts("")), (5000, owned(&["1:*"])));
    assert_eq!(flood(3, opened(3), facts("")), (3, owned(&["1:*"])));
}

#[test]
fn headers_are_asked_for_together_again_after_all_of_some_came() {
    let mut careful = facts("");
    careful.fetching.careful = true;
    let (found, sets) = flood(350, news(350, 1), careful);
    assert_eq!((found, sets), (350, owned(&["1:*", "1:100", "101:200", "201:300", "301:350"])));
}

fn owned(sets: &[&str]) -> Vec<String> {
    sets.iter().map(|set| (*set).to_owned()).collect()
}
