//! NEW is a set: what was told, is there, and was not seen since, whatever the order of things.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const OF: (u32, u32) = (0, 7);

fn mail(uid: u32) -> MailNumber {
    (OF.0, OF.1, uid)
}

#[test]
fn a_set_of_uids_is_written_in_ranges() {
    let set = |uids: &[u32]| NewUids { of: OF, uids: uids.into() }.set();
    assert_eq!(set(&[3, 4, 5, 9, 11, 12]), "3:5,9,11:12");
    assert_eq!(set(&[7]), "7");
    assert_eq!(set(&[u32::MAX]), u32::MAX.to_string());
}

#[test]
fn of_more_than_are_kept_the_oldest_are_a_count_and_the_unseen_bound_it() {
    let most = u32::try_from(NewMails::MOST).expect("few");
    let mut new = NewMails::default();
    (1..=most + 5).for_each(|uid| new.came(mail(uid)));
    assert_eq!((new.count(), new.uids().uids.first()), (most + 5, Some(&6)));
    new.bound(most + 2);
    assert_eq!(new.count(), most + 2);
    new.bound(0);
    assert_eq!(new.count(), most, "what is known one by one is not guessed");
    new.clear();
    assert_eq!(new.count(), 0);
}

#[test]
fn a_new_epoch_leaves_a_count_of_the_old_ones_mails() {
    let mut new = NewMails::resume(4, &[(0, 7, 1), (1, 8, 5), (1, 8, 3)]);
    assert_eq!((new.count(), new.uids()), (4, NewUids { of: (1, 8), uids: [3, 5].into() }));
    new.came((2, 8, 1));
    assert_eq!((new.count(), new.uids()), (5, NewUids { of: (2, 8), uids: [1].into() }));
}

#[test]
fn who_gives_up_forgets_none() {
    let mut new = NewMails::resume(3, &[mail(1), mail(2), mail(3)]);
    new.give_up();
    assert_eq!((new.count(), new.uids().uids.len(), new.has_unplaced()), (3, 0, false));
}

/// What may happen to a mailbox, and to what is known of it.
#[derive(Clone, Debug)]
enum Act {
    /// One comes and is told: seen already, or not.
    Comes(bool),
    /// The server pushes that one has `\Seen`, or lacks it.
    Flags(usize, bool),
    Expunge(usize),
    /// The user marks one as seen, here.
    Marks(usize),
    Looks,
    /// Another connection: these UIDs are asked for.
    Reconnects,
    Restarts,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => any::<bool>().prop_map(Act::Comes),
        4 => (0..12_usize, any::<bool>()).prop_map(|(at, seen)| Act::Flags(at, seen)),
        2 => (0..12_usize).prop_map(Act::Expunge),
        2 => (0..12_usize).prop_map(Act::Marks),
        1 => Just(Act::Looks),
        1 => Just(Act::Reconnects),
        1 => Just(Act::Restarts),
    ]
}

/// The mailbox as it is: UIDs in the order of their numbers, and whether each is seen; and which of them are new.
#[derive(Debug, Default)]
struct Model {
    mailbox: Vec<(u32, bool)>,
    new: BTreeSet<u32>,
    last: u32,
}

/// The mailbox is asked for what is known to be new, as on another connection.
fn check(new: &mut NewMails, model: &Model) {
    new.forget_places();
    for uid in new.uids().uids.iter() {
        match model.mailbox.iter().position(|(there, _)| there == uid) {
            Some(at) if model.mailbox[at].1 => drop(new.remove(*uid)),
            Some(at) => new.place(u32::try_from(at + 1).expect("few"), *uid, true),
            None => drop(new.remove(*uid)),
        }
    }
}

proptest! {
    #[test]
    fn it_is_the_set_of_mails_that_were_told_and_are_there_and_were_not_seen_since(acts in vec(act(), 0..120)) {
        let (mut new, mut model) = (NewMails::default(), Model::default());
        for act in acts {
            let seq = |at: usize| u32::try_from(at + 1).expect("few");
            match act {
                Act::Comes(seen) => {
                    model.last += 1;
                    model.mailbox.push((model.last, seen));
                    new.place(seq(model.mailbox.len() - 1), model.last, !seen);
                    if !seen {
                        model.new.insert(model.last);
                        new.came(mail(model.last));
                    }
                    new.looked();
                }
                Act::Flags(at, seen) => {
                    let Some((uid, is_seen)) = model.mailbox.get_mut(at) else { continue };
                    *is_seen = seen;
                    if seen {
                        model.new.remove(uid);
                        if let Some(uid) = new.at(seq(at)) {
                            new.remove(uid);
                        }
                    }
                }
                Act::Expunge(at) => {
                    if at < model.mailbox.len() {
                        let (uid, _) = model.mailbox.remove(at);
                        let was_new = model.new.remove(&uid);
                        prop_assert_eq!(new.expunge(seq(at)), was_new.then_some(uid));
                    }
                }
                Act::Marks(at) => {
                    let Some((uid, seen)) = model.mailbox.get_mut(at) else { continue };
                    *seen = true;
                    prop_assert_eq!(new.remove(*uid), model.new.remove(uid));
                }
                Act::Looks => {
                    model.new.clear();
                    new.clear();
                }
                Act::Reconnects => check(&mut new, &model),
                Act::Restarts => {
                    let kept: Vec<_> = model.new.iter().map(|uid| mail(*uid)).collect();
                    new = NewMails::resume(new.count(), &kept);
                    check(&mut new, &model);
                }
            }
            prop_assert_eq!(new.uids().uids.to_vec(), model.new.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(new.count() as usize, model.new.len());
            prop_assert!(!new.has_unplaced());
        }
    }
}
