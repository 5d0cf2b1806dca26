//! Which mails were told, as ranges of UIDs: a million in a row take as much room as one.

use std::collections::BTreeMap;

/// A mail within its mailbox: epoch, UIDVALIDITY, UID.
pub type MailNumber = (u32, u32, u32);

/// A set of mails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldMails(BTreeMap<(u32, u32), Ranges>);

/// Ranges of UIDs that do not touch: the first of each, and its last.
type Ranges = BTreeMap<u32, u32>;

impl ToldMails {
    /// Adds a mail. Whether it was not there.
    pub fn insert(&mut self, (epoch, uidvalidity, uid): MailNumber) -> bool {
        let ranges = self.0.entry((epoch, uidvalidity)).or_default();
        let before = ranges.range(..=uid).next_back().map(|(first, last)| (*first, *last));
        if before.is_some_and(|(_, last)| last >= uid) {
            return false;
        }
        let first = before.filter(|(_, last)| last + 1 == uid).map_or(uid, |(first, _)| first);
        let last = uid.checked_add(1).and_then(|next| ranges.remove(&next)).unwrap_or(uid);
        ranges.insert(first, last);
        true
    }

    /// Takes a mail out.
    pub fn remove(&mut self, (epoch, uidvalidity, uid): MailNumber) {
        let Some(ranges) = self.0.get_mut(&(epoch, uidvalidity)) else { return };
        let Some((first, last)) = ranges.range(..=uid).next_back().map(|(first, last)| (*first, *last)) else { return };
        if last < uid {
            return;
        }
        ranges.remove(&first);
        if first < uid {
            ranges.insert(first, uid - 1);
        }
        if uid < last {
            ranges.insert(uid + 1, last);
        }
    }

    /// Adds all mails of another set.
    pub fn extend(&mut self, other: Self) {
        for (key, ranges) in other.0 {
            if let Some(mine) = self.0.get_mut(&key) {
                for (first, last) in ranges {
                    join(mine, first, last);
                }
            } else {
                self.0.insert(key, ranges);
            }
        }
    }
}

/// Adds a range, with all that it touches.
fn join(ranges: &mut Ranges, mut first: u32, mut last: u32) {
    loop {
        let touching = ranges.range(..=last.saturating_add(1)).next_back().map(|(start, end)| (*start, *end));
        let Some((start, end)) = touching.filter(|(_, end)| end.saturating_add(1) >= first) else { break };
        ranges.remove(&start);
        (first, last) = (first.min(start), last.max(end));
    }
    ranges.insert(first, last);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_million_mails_in_a_row_are_one_range() {
        let mut told = ToldMails::default();
        assert!((1..=1_000_000).all(|uid| told.insert((0, 7, uid))));
        assert!(!told.insert((0, 7, 500_000)));
        assert_eq!(told.0[&(0, 7)], Ranges::from([(1, 1_000_000)]));
        assert!(told.insert((0, 7, u32::MAX)));
        assert!(told.insert((1, 7, 500_000)), "another epoch's are others");
    }

    fn uid() -> impl Strategy<Value = u32> {
        prop_oneof![0_u32..24, Just(u32::MAX), Just(u32::MAX - 1)]
    }

    proptest! {
        #[test]
        fn it_is_a_set(
            acts in vec((any::<bool>(), uid()), 0..60),
            others in vec(uid(), 0..40),
        ) {
            let (mut told, mut set) = (ToldMails::default(), BTreeSet::new());
            for (adds, uid) in acts {
                if adds {
                    prop_assert_eq!(told.insert((0, 7, uid)), set.insert(uid));
                } else {
                    told.remove((0, 7, uid));
                    set.remove(&uid);
                }
            }
            let mut more = ToldMails::default();
            for uid in others {
                more.insert((0, 7, uid));
                set.insert(uid);
            }
            told.extend(more);
            let ranges = told.0.remove(&(0, 7)).unwrap_or_default();
            let listed: Vec<u32> = ranges.iter().flat_map(|(first, last)| *first..=*last).collect();
            prop_assert_eq!(listed, set.into_iter().collect::<Vec<_>>());
            let apart = ranges.iter().zip(ranges.iter().skip(1)).all(|((_, last), (next, _))| last + 1 < *next);
            prop_assert!(apart, "{:?}", ranges);
        }
    }
}
