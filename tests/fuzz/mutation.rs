//! Inputs that are near to those of a corpus: cut, doubled, joined, with words of the protocols put in.

use fastrand::Rng;

/// Longer inputs find little more and take longer.
const LONGEST: usize = 16 * 1024;

/// A part of an input.
const PART: usize = 768;

/// What parsers decide by.
const WORDS: [&[u8]; 56] = [
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\"",
    b"\\",
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b"<0>",
    b"NIL",
    b"{0}\r\n",
    b"{5}\r\n",
    b"{5+}\r\n",
    b"{99999999}\r\n",
    b"~{3}\r\n",
    b"* ",
    b"+ ",
    b"* 1 FETCH (",
    b"UID 7 ",
    b"BODY[HEADER.FIELDS (FROM)] ",
    b"ENVELOPE ",
    b"BODYSTRUCTURE ",
    b"* OK [",
    b"UIDNEXT ",
    b"4294967295",
    b"4294967296",
    b"18446744073709551616",
    b"-1",
    b"* SEARCH 1 2",
    b"* LIST () \"/\" ",
    b"* STATUS a (",
    b"a1 OK ",
    b"&-",
    b"&BBA-",
    b"&",
    b"\0",
    b"\x7f",
    b"\x1b[2J",
    b"\xff",
    b"\xc3",
    b"\xe2\x80\xae",
    b"=?utf-8?B?",
    b"=?utf-8?Q?",
    b"?=",
    b"=C3",
    b"Date: ",
    b"From: ",
    b" = ",
    b"[[account]]\n",
    b"\"\"\"",
    b"'",
    b"#",
];

/// Makes inputs.
#[derive(Debug)]
pub struct Mutator {
    random: Rng,
    corpus: Vec<Vec<u8>>,
}

impl Mutator {
    pub fn new(seed: u64, corpus: Vec<Vec<u8>>) -> Self {
        Self { random: Rng::with_seed(seed), corpus }
    }

    /// One of the corpus, changed up to eight times.
    pub fn input(&mut self) -> Vec<u8> {
        let mut input = self.any().to_vec();
        // A part finds as much as all of a long one, sooner.
        if input.len() > PART && self.random.u8(..4) > 0 {
            let from = self.random.usize(..input.len() - PART);
            input = input[from..from + PART].to_vec();
        }
        for _ in 0..self.random.usize(1..=8) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn any(&mut self) -> &[u8] {
        let n = self.random.usize(..self.corpus.len());
        &self.corpus[n]
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.usize(..=input.len());
        let end = (at + self.random.usize(..64)).min(input.len());
        match self.random.u8(..9) {
            0 if at < input.len() => input[at] ^= 1 << self.random.u8(..8),
            1 if at < input.len() => input[at] = self.random.u8(..),
            2 => input.insert(at, self.random.u8(..)),
            3 => drop(input.drain(at..end)),
            4 => {
                let twice = input[at..end].to_vec();
                input.splice(at..at, twice);
            }
            5 => {
                let word = WORDS[self.random.usize(..WORDS.len())];
                input.splice(at..at, word.iter().copied());
            }
            6 => {
                let word = WORDS[self.random.usize(..WORDS.len())];
                input.splice(at..end, word.iter().copied());
            }
            7 => {
                let other = self.any().to_vec();
                let from = self.random.usize(..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => input.truncate(at),
        }
    }
}
