//! Which messages of an open mailbox lack `\Seen`, kept up by what the server pushes.

/// What came of counting unseen messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Which they are.
    Which(Unseen),
    /// How many: there are too many messages to keep which.
    Count(u32),
    /// The server refuses to count them.
    Nothing,
}

/// By sequence number: a bit each up to the highest that lacks it, nothing where none does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    /// The bit of message n is bit (n - 1) % 64 of word (n - 1) / 64. The last word is not 0.
    words: Vec<u64>,
    count: u32,
}

/// The place of a message's bit.
fn place(seq: u32) -> Option<(usize, u64)> {
    let index = seq.checked_sub(1)?;
    Some((usize::try_from(index / 64).ok()?, 1 << (index % 64)))
}

impl Unseen {
    /// Messages of which this is kept: it must stay small.
    pub const MOST: u32 = 10_000;

    /// Messages among which they are counted, by a command for each few thousand.
    pub const COUNTED: u32 = 50_000;

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// A message lacks `\Seen`, or has it.
    pub fn note(&mut self, seq: u32, unseen: bool) {
        let Some((word, bit)) = place(seq).filter(|_| seq <= Self::MOST) else { return };
        if unseen && self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let Some(bits) = self.words.get_mut(word) else { return };
        let had = *bits & bit != 0;
        match (had, unseen) {
            (false, true) => {
                *bits |= bit;
                self.count += 1;
            }
            (true, false) => {
                *bits &= !bit;
                self.count -= 1;
                self.trim();
            }
            (true, true) | (false, false) => {}
        }
    }

    /// A message is gone: those after it have lower numbers now.
    pub fn expunge(&mut self, seq: u32) {
        self.note(seq, false);
        let Some((first, bit)) = place(seq) else { return };
        let below = bit - 1;
        for word in first..self.words.len() {
            let carry = self.words.get(word + 1).map_or(0, |next| next << 63);
            let bits = self.words[word];
            let kept = if word == first { below } else { 0 };
            self.words[word] = (bits & kept) | ((bits >> 1 | carry) & !kept);
        }
        self.trim();
    }

    fn trim(&mut self) {
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
        if self.words.is_empty() {
            self.words = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn where_all_are_seen_it_holds_no_memory() {
        let mut unseen = Unseen::default();
        unseen.note(9000, true);
        unseen.note(9000, false);
        assert_eq!((unseen.count(), unseen.words.capacity()), (0, 0));
    }

    #[derive(Clone, Debug)]
    enum Act {
        Note(u32, bool),
        Expunge(u32),
    }

    fn act() -> impl Strategy<Value = Act> {
        let seq = prop_oneof![1..200_u32, Just(0), 9_900..10_100_u32];
        (seq, 0..3_u8).prop_map(|(seq, kind)| match kind {
            0 => Act::Expunge(seq),
            kind => Act::Note(seq, kind == 1),
        })
    }

    proptest! {
        #[test]
        fn it_is_what_a_list_of_booleans_says(acts in prop::collection::vec(act(), 0..200)) {
            let mut unseen = Unseen::default();
            let mut list = vec![false; 10_000];
            for act in acts {
                match act {
                    Act::Note(seq, is_unseen) => {
                        unseen.note(seq, is_unseen);
                        if let Some(at) = seq.checked_sub(1).and_then(|at| list.get_mut(at as usize)) {
                            *at = is_unseen;
                        }
                    }
                    Act::Expunge(seq) => {
                        unseen.expunge(seq);
                        if (1..=10_000).contains(&seq) {
                            list.remove(seq as usize - 1);
                            list.push(false);
                        }
                    }
                }
                prop_assert_eq!(unseen.count() as usize, list.iter().filter(|unseen| **unseen).count());
            }
        }
    }
}
