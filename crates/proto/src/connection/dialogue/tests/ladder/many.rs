//! More mails than one look tells.

use super::*;
use crate::response::Fetched;

/// Plays a server of so many mails that came at once. How many were told, and by how many commands.
fn flood(mails: u32, told: Option<u32>) -> (u32, usize) {
    let now = Instant::now();
    let finding = match told {
        Some(uidnext) => {
            Finding::opened(id(), Selected { exists: mails, uidvalidity: 7, uidnext: Some(uidnext) }, None, None)
        }
        None => news(mails, 1),
    };
    let mut exchange = Exchange::start(finding, facts(""), REPLY, now);
    let (mut found, mut commands) = (0, 0);
    loop {
        match exchange.poll() {
            Some(Output::Send(line)) => {
                commands += 1;
                let mut words = line.split(' ');
                let (tag, set) = (words.next().expect("a tag"), words.nth(2).expect("a set"));
                let (first, last) = set.split_once(':').expect("a range");
                let first: u32 = first.parse().expect("a number");
                // `n:*` names the last.
                let first = if last == "*" { first.min(mails) } else { first };
                for uid in first..=last.parse().unwrap_or(mails).min(mails) {
                    exchange.handle(now, Input::Response(Response::Fetch(whole(uid))));
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

fn commit_all(exchange: &mut Exchange<Finding>, output: Output<Result<Mailbox, Fault>>, now: Instant) -> u32 {
    match output {
        Output::Ask(Question::Commit { mails, .. }) => {
            assert!(mails.len() <= 200, "{} mails at once", mails.len());
            let count = u32::try_from(mails.len()).expect("few");
            exchange.handle(now, Input::Answer(Answer::Committed { mails: Vec::new(), fault: None }));
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

#[test]
fn mails_beyond_a_look_s_number_are_told_by_the_next_ones_right_after() {
    // The first look has no end in sight; the others are of so many UIDs, and the last one says that none is left.
    assert_eq!(flood(12_345, None), (12_345, 5));
    // Where EXAMINE told how many UIDs there are, each look is bounded.
    assert_eq!(flood(12_345, Some(12_346)), (12_345, 5));
    assert_eq!(flood(5000, None), (5000, 1));
    assert_eq!(flood(3, Some(4)), (3, 1));
}
