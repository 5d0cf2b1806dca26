//! Mails for the demo: varied and believable, from senders that do not exist (RFC 2606 domains).

use crate::message::NewMessage;

const SENDERS: [&str; 20] = [
    "Ann Lee <ann@example.org>",
    "Jörg Müller <joerg.mueller@example.net>",
    "田中 美咲 <tanaka@example.com>",
    "Priya Raman <priya@example.com>",
    "Łukasz Nowak <lukasz@example.org>",
    "Build Farm <ci@builds.example.net>",
    "Zoë van Dijk <zoe@example.net>",
    "Библиотека <books@example.org>",
    "Chess Club <club@chess.example.org>",
    "Marta Sánchez <marta@example.com>",
    "김서연 <seoyeon@example.net>",
    "Harbour Bakery <orders@bakery.example.com>",
    "O'Neill, Fionnuala <fionnuala@example.org>",
    "City Library <notices@library.example.org>",
    "Samuel Okafor <sam@example.com>",
    "陈伟 <chen.wei@example.com>",
    "Night Train <tickets@rail.example.net>",
    "Ingrid Åkesson <ingrid@example.org>",
    "no-reply@shop.example.com",
    "Noa Levi <noa@example.net>",
];

const SUBJECTS: [&str; 28] = [
    "Friday?",
    "Re: the garden fence",
    "Grüße aus Köln",
    "会議の資料を送ります",
    "Build 4711 failed: 2 tests",
    "Build 4712 passed 🎉",
    "Your table for four on Saturday",
    "Re: Re: which keyboard now?",
    "Photos from the lake 🏞️",
    "Rechnung für März liegt bei",
    "Two books are due on Tuesday",
    "周末一起吃饭吗？",
    "Minutes of Monday's call",
    "The kettle is back in stock",
    "Your seat: coach 7, window",
    "Zebra crossing, again",
    "Neues vom Chor: Probe fällt aus",
    "Fwd: an odd letter from the council",
    "저녁 약속 시간 변경",
    "Sourdough, ready at five",
    "A question on chapter three",
    "¿Nos vemos en Sevilla?",
    "Patch v3: close the race in shutdown",
    "Re: Patch v3: close the race in shutdown",
    "Happy birthday! 🎂",
    "Winter tyres: your appointment",
    "Re: what I meant by “soon”",
    "Spare key is with the neighbours",
];

const TEXTS: [&str; 4] = [
    "Just a short note: yes.\r\n",
    "See below.\r\n\r\nBest wishes\r\n",
    "Can you have a look before the weekend? No hurry otherwise.\r\n",
    "Thanks, that works. Until then!\r\n",
];

/// An endless supply of mails; the same seed gives the same ones.
#[derive(Clone, Debug)]
pub struct Letters {
    random: fastrand::Rng,
}

impl Letters {
    /// A supply of its own.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: fastrand::Rng::with_seed(seed) }
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.usize(..from.len())]
    }
}

impl Iterator for Letters {
    type Item = NewMessage;

    fn next(&mut self) -> Option<NewMessage> {
        let (sender, subject, text) = (self.pick(&SENDERS), self.pick(&SUBJECTS), self.pick(&TEXTS));
        Some(NewMessage::new(sender, subject).text(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_vary_and_a_seed_repeats_them() {
        let some = |seed| Letters::new(seed).take(20).collect::<Vec<_>>();
        assert_eq!(some(1), some(1));
        assert_ne!(some(1), some(2));
        assert!(some(1).windows(2).any(|pair| pair[0] != pair[1]));
    }
}
