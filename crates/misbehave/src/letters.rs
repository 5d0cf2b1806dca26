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

/// What a mail says.
#[derive(Clone, Copy, Debug)]
enum Text {
    Plain(&'static str),
    /// As a page alone.
    Html(&'static str),
}

/// Of each subject its text.
const TEXTS: [Text; SUBJECTS.len()] = [
    Text::Plain(
        "Are you free on Friday, from six on?\r\n\r\nThe place by the harbour has a table for us, upstairs by the window. If it\r\nrains we take the tram.",
    ),
    Text::Plain(
        "The third post is rotten after all. I have set the new one in gravel, not in\r\nconcrete, so that the water runs off.\r\n\r\n> Shall I bring the spirit level?\r\n\r\nPlease do, mine has lost its bubble.",
    ),
    Text::Plain(
        "Liebe Grüße aus Köln!\r\n\r\nDer Dom steht noch, der Zug kam pünktlich (wirklich), und im Brauhaus war\r\nein Platz frei. Morgen geht es weiter den Rhein hinauf.",
    ),
    Text::Plain(
        "お疲れさまです。\r\n\r\n明日の会議の資料をお送りします。三ページ目のグラフは、先週の数字で\r\n更新しました。ご確認をお願いいたします。",
    ),
    Text::Plain(
        "Build 4711 of `main` failed after 4 min 12 s.\r\n\r\n  FAILED  shutdown::a_second_signal_ends_it_at_once\r\n  FAILED  shutdown::what_was_queued_is_written\r\n\r\n    assertion failed: left == right\r\n      left: 1\r\n     right: 2\r\n\r\n2 failed, 1 204 passed.",
    ),
    Text::Plain("Build 4712 of `main` passed in 3 min 58 s. 🎉\r\n\r\n1 206 passed, none failed."),
    Text::Plain(
        "We look forward to seeing you.\r\n\r\n  Saturday, 19:30, four people, by the window\r\n\r\nIf you are late by more than a quarter of an hour, please call.",
    ),
    Text::Plain(
        "The brown switches. I typed this on them.\r\n\r\n>> The red ones are quieter.\r\n> Nobody in this office is quiet.\r\n\r\nExactly.",
    ),
    Text::Plain("Forty pictures, the good ones first. 🏞️\r\n\r\nThe heron is on number 12, if you look long enough."),
    Text::Plain(
        "Sehr geehrte Damen und Herren,\r\n\r\nim Anhang finden Sie die Rechnung für März.\r\n\r\n  Strom      41,20 €\r\n  Wasser     18,75 €\r\n  zusammen   59,95 €",
    ),
    Text::Plain(
        "Two books are due on Tuesday:\r\n\r\n  - The Sea, the Sea\r\n  - Bread from Scratch\r\n\r\nBoth can be renewed once more, in the library or by answering this mail.",
    ),
    Text::Plain("这周末有空吗？老地方新出了几道菜，一起去尝尝。\r\n\r\n星期六晚上六点，我来订位子。"),
    Text::Plain(
        "Present: all but Samuel, who was on a train.\r\n\r\n1. The date stays as it is.\r\n2. Priya writes the summary until Thursday.\r\n3. Nobody wants a fourth point.",
    ),
    Text::Plain(
        "The kettle that you asked for is back in stock, in copper and in steel. We\r\nkeep one for you until Friday.",
    ),
    Text::Plain(
        "Your seat: coach 7, window, facing forward.\r\n\r\n  21:04  departs, platform 3\r\n  06:47  arrives\r\n\r\nBreakfast is served from six on.",
    ),
    Text::Plain(
        "They have painted it again, and again only half of it.\r\n\r\nI have written to the council. The council has written back: see the next\r\nmail, if you can make sense of it.",
    ),
    Text::Plain(
        "Liebe Sängerinnen und Sänger,\r\n\r\ndie Probe am Mittwoch fällt aus: Heiserkeit, ausgerechnet im Alt. Nächste\r\nWoche wie immer um halb acht.",
    ),
    Text::Plain(ESCAPES),
    Text::Plain("안녕하세요.\r\n\r\n저녁 약속을 일곱 시 반으로 옮겨도 될까요? 회의가 조금 늦게 끝날 것\r\n같습니다."),
    Text::Html(PAGE),
    Text::Plain(
        "In chapter three the lighthouse keeper has two daughters, in chapter five he\r\nhas three. Is that on purpose?",
    ),
    Text::Plain(
        "¿Nos vemos en Sevilla?\r\n\r\nLlego el jueves a las once y me quedo hasta el domingo. Conozco un patio con\r\nnaranjos donde no hay ni un turista.",
    ),
    Text::Plain(
        "v3: the flag is read once, under the lock. v2 read it twice, and in between\r\nthe other thread could have gone.\r\n\r\n--- a/src/shutdown.rs\r\n+++ b/src/shutdown.rs\r\n@@ -41,7 +41,7 @@\r\n-    if self.ending() && !self.ended() {\r\n+    if self.state.lock() == State::Ending {",
    ),
    Text::Plain(
        "On Tue, the author of v3 wrote:\r\n> v3: the flag is read once, under the lock.\r\n\r\nReviewed, and run a thousand times under load: not a single failure. Thanks!",
    ),
    Text::Plain(
        "Happy birthday! 🎂\r\n\r\nThe parcel is late, this mail is not. Have a good day, and keep a piece for\r\nme.",
    ),
    Text::Plain(
        "Your appointment: Thursday, 8:15, bay 2.\r\n\r\nPlease leave the key in the letter box if nobody is there yet.",
    ),
    Text::Plain("By “soon” I meant this year. By “this year” I did not mean December."),
    Text::Plain(
        "The spare key is with the neighbours on the second floor: the door with the\r\nblue bell. They go to bed at ten.",
    ),
];

/// Escape sequences, invisible and direction characters: a program that shows the mail must make them harmless.
const ESCAPES: &str = "The council's system has sent me this. I cannot make sense of it:\r\n\r\n\
    \x1b[2J\x1b[1;31mYOUR FENCE\x1b[0m \x1b]0;renamed by a mail\x07\x1b]52;c;cm0gLXJmIC4=\x07is 12 cm\x08\x08\x08\x0821 cm too high.\r\n\
    invoice\u{202e}fdp.exe is attached, they say. It is not.\r\n\r\n\
    Is it red, does it blink, has your window another title now? Then read your mail with something else.";

/// A newsletter, with what nobody should fetch or run.
const PAGE: &str = "<html><head><title>Ready at five</title><style>h1 { color: brown }</style>\r\n\
    <script>alert('never run')</script></head><body>\r\n\
    <img src=\"https://tracker.example.com/open.gif?you\" width=1 height=1>\r\n\
    <h1>Sourdough, ready at five</h1>\r\n\
    <p>The first <b>forty loaves</b> of the day leave the oven at <i>five</i>. For those who sleep longer:</p>\r\n\
    <ul><li>rye, dark, a kilogram</li><li>spelt &amp; honey</li><li>rolls, by the dozen</li></ul>\r\n\
    <p>Put one aside for yourself: <a href=\"https://bakery.example.com/reserve\">reserve a loaf</a>.</p>\r\n\
    </body></html>";

/// How they end.
const ENDS: [&str; 4] = ["Yours\r\n", "Best wishes\r\n", "No hurry otherwise.\r\n", "Until then!\r\n"];

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

    fn pick(&mut self, many: usize) -> usize {
        self.random.usize(..many)
    }
}

impl Iterator for Letters {
    type Item = NewMessage;

    fn next(&mut self) -> Option<NewMessage> {
        let (sender, subject, end) = (self.pick(SENDERS.len()), self.pick(SUBJECTS.len()), ENDS[self.pick(ENDS.len())]);
        let message = NewMessage::new(SENDERS[sender], SUBJECTS[subject]);
        Some(match TEXTS[subject] {
            Text::Plain(text) => message.text(&format!("{text}\r\n\r\n{end}")),
            Text::Html(page) => message.html(page),
        })
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
