//! A mailbox that is delivered to, expunged, made anew and rewound by a server that lies about UIDNEXT: each mail is told
//! once, and none of the baseline.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::finding::Finding;
use super::*;

/// A mail in the mailbox.
#[derive(Clone, Copy, Debug)]
struct Message {
    uid: u32,
    /// What it is, whatever its UID.
    id: u32,
    /// In seconds.
    date: u64,
}

/// What a server makes of UIDNEXT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UidNext {
    Honest,
    Missing,
    Zero,
    One,
    /// The last message's own UID.
    Last,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Deliver(u8),
    Expunge(usize),
    /// The same mails under another UIDVALIDITY, or none of them.
    MakeAnew(bool),
    /// The same mails under lower UIDs.
    Rewind,
    /// The program ends and starts again.
    Restart,
}

#[derive(Debug)]
struct World {
    messages: Vec<Message>,
    uidvalidity: u32,
    uidnext: u32,
    lie: UidNext,
    /// Whether the server's SEARCH finds anything.
    searches: bool,
    now: u64,
    ids: u32,
    /// What the history holds.
    seen: Option<Seen>,
    known: BTreeMap<(u32, u32, u32), String>,
    told: Vec<u32>,
}

const EVERY: u64 = 3600;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A header block is the mail's number; INTERNALDATE is in seconds.
fn decode_number(fetched: &Fetched, uidvalidity: u32, gap: bool) -> Option<Decoded> {
    let number = fetched.header.as_ref().map(|header| String::from_utf8_lossy(header).into_owned());
    let internal_date = fetched.internal_date.as_deref().and_then(|date| date.parse().ok()).map(at);
    let subject = number.clone().unwrap_or_default();
    // Every second one has no Message-ID.
    let message_id = number.filter(|number| number.parse::<u32>().is_ok_and(|id| id % 2 == 0));
    let mail = Mail { uid: fetched.uid?, uidvalidity, subject, gap, ..Mail::default() };
    Some(Decoded { mail, message_id, internal_date, size: fetched.size, ..Decoded::default() })
}

impl World {
    fn new(old: u32, lie: UidNext, searches: bool) -> Self {
        let now = 30 * 24 * EVERY;
        let messages: Vec<_> =
            (1..=old).map(|id| Message { uid: id * 2, id, date: now - u64::from(old - id) * 60 }).collect();
        Self {
            uidnext: messages.last().map_or(1, |last| last.uid + 1),
            messages,
            uidvalidity: 7,
            lie,
            searches,
            now,
            ids: old,
            seen: None,
            known: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    fn act(&mut self, act: Act) {
        self.now += EVERY;
        match act {
            Act::Deliver(count) => {
                for _ in 0..count {
                    self.ids += 1;
                    self.messages.push(Message { uid: self.uidnext, id: self.ids, date: self.now });
                    self.uidnext += 1;
                }
            }
            Act::Expunge(at) if !self.messages.is_empty() => drop(self.messages.remove(at % self.messages.len())),
            Act::MakeAnew(keeps) => {
                self.uidvalidity += 1;
                if !keeps {
                    self.messages.clear();
                }
                self.renumber();
            }
            Act::Rewind if self.lie == UidNext::Honest => self.renumber(),
            Act::Expunge(_) | Act::Rewind | Act::Restart => {}
        }
    }

    fn renumber(&mut self) {
        self.uidnext = 1;
        for message in &mut self.messages {
            (message.uid, self.uidnext) = (self.uidnext, self.uidnext + 1);
        }
    }

    fn selected(&self) -> Selected {
        let exists = u32::try_from(self.messages.len()).expect("few");
        let uidnext = match self.lie {
            UidNext::Honest => Some(self.uidnext),
            UidNext::Missing => None,
            UidNext::Zero => Some(0),
            UidNext::One => Some(1),
            UidNext::Last => self.messages.last().map(|last| last.uid),
        };
        // As EXAMINE reads it.
        Selected {
            exists,
            uidvalidity: self.uidvalidity,
            uidnext: uidnext.filter(|told| *told > u32::from(exists > 0)),
        }
    }

    /// What the server says to a command, before its tagged reply.
    fn reply(&self, command: &str) -> Vec<Response> {
        let last = self.messages.len();
        let numbered = || self.messages.iter().zip(1_u32..);
        let fetched = |message: &Message, seq: u32| {
            let header = command.contains("BODY").then(|| message.id.to_string().into_bytes());
            let (uid, flags, internal_date) = (Some(message.uid), Some(Vec::new()), Some(message.date.to_string()));
            Response::Fetch(Fetched { seq, uid, flags, header, internal_date, size: Some(9), ..Fetched::default() })
        };
        let words: Vec<&str> = command.split(' ').collect();
        let set = |text: &str, value: u32, most: u32| {
            text.split(',').any(|range| {
                let (first, end) = range.split_once(':').unwrap_or((range, range));
                let number = |text: &str| if text == "*" { most } else { text.parse().expect("a number") };
                let (first, end) = (number(first), number(end));
                (first.min(end)..=first.max(end)).contains(&value)
            })
        };
        let top = self.messages.last().map_or(0, |message| message.uid);
        match words.as_slice() {
            ["UID", "FETCH", uids, ..] => numbered()
                .filter(|(message, _)| set(uids, message.uid, top))
                .map(|(message, seq)| fetched(message, seq))
                .collect(),
            ["FETCH", numbers, ..] => numbered()
                .filter(|(_, seq)| set(numbers, *seq, u32::try_from(last).expect("few")))
                .map(|(message, seq)| fetched(message, seq))
                .collect(),
            ["UID", "SEARCH", ..] if self.searches => {
                vec![Response::Search(self.messages.iter().map(|message| message.uid).collect())]
            }
            _ => Vec::new(),
        }
    }

    fn answer(&mut self, question: Question) -> Answer {
        let mut keep = |seen: (u32, u32, u32), mails: &[Decoded]| {
            let (epoch, uidvalidity, uidnext) = seen;
            self.seen = Some(Seen { epoch, uidvalidity, uidnext, last_alive: at(self.now) });
            let new = |mail: &&Decoded| !self.known.contains_key(&(epoch, uidvalidity, mail.mail.uid));
            let new: Vec<Decoded> = mails.iter().filter(new).cloned().collect();
            self.known.extend(new.iter().map(|mail| ((epoch, uidvalidity, mail.mail.uid), mail.mail.subject.clone())));
            new
        };
        match question {
            Question::Seen(_) => Answer::Seen { seen: Ok(self.seen), now: at(self.now), suspects: Vec::new() },
            Question::Keep { epoch, uidvalidity, uidnext, known, .. } => {
                keep((epoch, uidvalidity, uidnext), &known);
                Answer::Kept(Ok(()))
            }
            Question::Commit { epoch, uidvalidity, uidnext, mails, .. } => {
                let new = keep((epoch, uidvalidity, uidnext), &mails);
                Answer::Committed {
                    mails: new.into_iter().map(|message| message.mail).collect(),
                    canaries: Vec::new(),
                    fault: None,
                }
            }
            Question::Known { mails, .. } => {
                let known = |mail: &crate::connection::dialogue::Identity| {
                    self.known.values().any(|known| *known == mail.subject)
                };
                Answer::Known(Ok(mails.iter().map(known).collect()))
            }
            other => panic!("it asks {other:?}"),
        }
    }

    /// A look at the mailbox on a new connection.
    fn look(&mut self, known: Option<Mailbox>) -> Mailbox {
        let facts = Facts::new(Subject { decode: decode_number, ..subject() });
        let finding = Finding::opened(WatchId::new("work", "INBOX"), self.selected(), known, None);
        let now = Instant::now();
        let mut exchange = Exchange::start(finding, facts, REPLY, now);
        for _ in 0..1000 {
            match exchange.poll().expect("it waits for nothing that does not come") {
                Output::Send(line) => {
                    let (tag, command) = line.split_once(' ').expect("a command");
                    for response in self.reply(command) {
                        exchange.handle(now, Input::Response(response));
                    }
                    exchange.handle(now, Input::Response(response(&format!("{tag} OK"))));
                }
                Output::Ask(question) => {
                    let answer = self.answer(question);
                    exchange.handle(now, Input::Answer(answer));
                }
                Output::Progress(_, Progress::Mails(mails)) => {
                    self.told.extend(mails.iter().map(|mail| mail.subject.parse::<u32>().expect("read")));
                }
                Output::Ended(ended) => return ended.expect("no fault"),
                _ => {}
            }
        }
        panic!("it does not end")
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (1..4_u8).prop_map(Act::Deliver),
        2 => any::<usize>().prop_map(Act::Expunge),
        1 => any::<bool>().prop_map(Act::MakeAnew),
        1 => Just(Act::Rewind),
        1 => Just(Act::Restart),
    ]
}

proptest! {
    #[test]
    fn each_mail_is_told_once_and_none_of_the_baseline(
        old in 0..70_u32,
        lie in prop::sample::select(vec![
            UidNext::Honest, UidNext::Missing, UidNext::Zero, UidNext::One, UidNext::Last,
        ]),
        searches: bool,
        acts in prop::collection::vec(act(), 0..12),
    ) {
        let mut world = World::new(old, lie, searches);
        let mut known = Some(world.look(None));
        prop_assert!(world.told.is_empty(), "{:?} of the baseline", world.told);
        let mut expected = BTreeSet::new();
        for act in acts {
            let before = world.ids;
            world.act(act);
            expected.extend(before + 1..=world.ids);
            if matches!(act, Act::Restart) {
                known = None;
            }
            known = Some(world.look(known));
            let told: BTreeSet<u32> = world.told.iter().copied().collect();
            prop_assert_eq!(told.len(), world.told.len(), "one of {:?} twice", world.told);
            prop_assert_eq!(&told, &expected, "after {:?}", act);
        }
    }
}
