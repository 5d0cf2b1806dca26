//! Servers with habits, over as many connections as it takes: every mail is told once, those that can be read with their
//! headers, and no habit makes the questions endless.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// What a server does where a mail that it cannot read is asked for with its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    No,
    Bad,
    End,
    Silence,
    /// It leaves the headers out,
    Bare,
    /// or says NIL,
    Nil,
    /// or what no parser reads.
    Garbage,
}

#[expect(clippy::struct_excessive_bools, reason = "habits of a server, each there or not by itself")]
#[derive(Clone, Debug)]
struct Server {
    uids: Vec<u32>,
    poison: BTreeSet<u32>,
    failure: Failure,
    /// Whether it refuses before it sends anything.
    at_once: bool,
    refuses_partial: bool,
    /// Whether UID FETCH is answered without UIDs.
    nameless: bool,
    /// Whether what finds nothing is refused.
    refuses_nothing: bool,
    /// Whether `n:*` names the last mail where it is below n.
    names_last: bool,
    /// Whether items of a mail come in several responses.
    split: bool,
}

/// The end of a reply.
enum Last {
    Tagged(Status, &'static str),
    End,
    Silence,
}

impl Server {
    fn named(&self, set: &str, by_uid: bool) -> Vec<(u32, u32)> {
        let mut named = Vec::new();
        for (index, &uid) in self.uids.iter().enumerate() {
            let seq = u32::try_from(index).expect("few") + 1;
            let number = if by_uid { uid } else { seq };
            let is_in = |range: &str| {
                let (first, last) = range.split_once(':').unwrap_or((range, range));
                let first: u32 = first.parse().expect("a number");
                let is_last = self.names_last && last == "*" && self.uids.last() == Some(&uid);
                is_last || (first..=last.parse().unwrap_or(u32::MAX)).contains(&number)
            };
            if set.split(',').any(is_in) {
                named.push((seq, uid));
            }
        }
        named
    }

    fn answer(&self, command: &str) -> (Vec<String>, Last) {
        let (by_uid, rest) = command.strip_prefix("UID ").map_or((false, command), |rest| (true, rest));
        let ok = Last::Tagged(Status::Ok, "done");
        if rest == "NOOP" {
            return (Vec::new(), ok);
        }
        if let Some(set) = rest.strip_prefix("SEARCH UID ") {
            let found = self.named(set, true);
            if found.is_empty() {
                return (Vec::new(), ok);
            }
            return (vec![format!("* SEARCH{}", list(found.into_iter().map(|(_, uid)| uid)))], ok);
        }
        let (set, items) = rest.strip_prefix("FETCH ").and_then(|rest| rest.split_once(' ')).expect("a FETCH");
        let headers = items.contains("HEADER");
        if self.refuses_partial && items.contains("<0.") {
            return (Vec::new(), Last::Tagged(Status::Bad, "no partial"));
        }
        let named = self.named(set, by_uid);
        if named.is_empty() && self.refuses_nothing {
            return (Vec::new(), Last::Tagged(Status::No, "nothing"));
        }
        let mut lines = Vec::new();
        for (seq, uid) in named {
            let is_poison = headers && self.poison.contains(&uid);
            let fails = match self.failure {
                Failure::No => Some(Last::Tagged(Status::No, "error")),
                Failure::Bad => Some(Last::Tagged(Status::Bad, "error")),
                Failure::End => Some(Last::End),
                Failure::Silence => Some(Last::Silence),
                Failure::Bare | Failure::Nil | Failure::Garbage => None,
            };
            match fails {
                Some(last) if is_poison => {
                    if self.at_once {
                        lines.clear();
                    }
                    return (lines, last);
                }
                Some(_) | None => lines.extend(self.mail(seq, uid, headers, is_poison)),
            }
        }
        (lines, ok)
    }

    fn mail(&self, seq: u32, uid: u32, headers: bool, is_poison: bool) -> Vec<String> {
        let section = match (headers, is_poison, self.failure) {
            (true, true, Failure::Garbage) => return vec!["unreadable".to_owned()],
            (true, true, Failure::Nil) => Some("BODY[HEADER.FIELDS (FROM)] NIL".to_owned()),
            (true, false, _) => Some("BODY[HEADER.FIELDS (FROM)] \"a\"".to_owned()),
            (true, true, _) | (false, ..) => None,
        };
        let named = (!self.nameless || !headers).then(|| format!("UID {uid}"));
        let items: Vec<String> = [named, Some("FLAGS ()".to_owned()), Some("INTERNALDATE \"x\"".to_owned()), section]
            .into_iter()
            .flatten()
            .collect();
        if self.split {
            return items.iter().map(|item| format!("* {seq} FETCH ({item})")).collect();
        }
        vec![format!("* {seq} FETCH ({})", items.join(" "))]
    }
}

/// What the history keeps.
#[derive(Debug, Default)]
struct Kept {
    uidnext: u32,
    /// Whether they were told with headers.
    told: BTreeMap<u32, bool>,
    failed: BTreeMap<u32, u32>,
}

impl Kept {
    fn answer(&mut self, question: Question) -> Result<Answer, TestCaseError> {
        Ok(match question {
            Question::Seen(_) => {
                let seen = Seen { epoch: 0, uidvalidity: 7, uidnext: self.uidnext, last_alive: wall() };
                let suspect = |(uid, failed): (&u32, &u32)| Suspect { uid: *uid, failed: *failed, due: false };
                let suspects = self.failed.iter().map(suspect).collect();
                Answer::Seen { seen: Ok(Some(seen)), now: wall(), suspects }
            }
            Question::Commit { uidnext, mails, .. } => {
                prop_assert!(uidnext >= self.uidnext);
                self.uidnext = uidnext;
                let new: Vec<Decoded> =
                    mails.into_iter().filter(|message| !self.told.contains_key(&message.mail.uid)).collect();
                self.told.extend(new.iter().map(|message| (message.mail.uid, message.mail.headers)));
                Answer::Committed {
                    mails: new.into_iter().map(|message| message.mail).collect(),
                    canaries: Vec::new(),
                    fault: None,
                }
            }
            Question::Suspect { uid, .. } => {
                let failed = self.failed.entry(uid).or_default();
                *failed += 1;
                Answer::Suspected(Ok(*failed))
            }
            Question::Readable { uids, .. } => {
                self.failed.retain(|uid, _| !uids.contains(uid));
                Answer::Kept(Ok(()))
            }
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        })
    }
}

/// A connection: opens the mailbox and finds. How many commands it took, and how it ended.
fn connect(server: &Server, kept: &mut Kept) -> Result<(usize, Result<Mailbox, Fault>), TestCaseError> {
    let mut now = Instant::now();
    let exists = u32::try_from(server.uids.len()).expect("few");
    let finding = Finding::opened(id(), Selected { exists, uidvalidity: 7, uidnext: None }, None, None);
    let mut exchange = Exchange::start(finding, facts(""), REPLY, now);
    let mut commands = 0;
    loop {
        match exchange.poll() {
            Some(Output::Send(line)) => {
                commands += 1;
                prop_assert!(commands < 200, "it asks without an end");
                let (tag, command) = line.split_once(' ').expect("a tag");
                let (lines, last) = server.answer(command);
                for line in lines {
                    let input = match line.as_str() {
                        "unreadable" => Input::Unparsed(line),
                        line => Input::Response(response(line)),
                    };
                    exchange.handle(now, input);
                }
                match last {
                    Last::Tagged(status, text) => {
                        let line = format!("{tag} {} {text}", status.name());
                        exchange.handle(now, Input::Response(response(&line)));
                    }
                    Last::End => exchange.handle(now, Input::Lost(fault("gone"))),
                    Last::Silence => {}
                }
            }
            Some(Output::Ask(question)) => {
                let answer = kept.answer(question)?;
                exchange.handle(now, Input::Answer(answer));
            }
            Some(Output::Ended(ended)) => return Ok((commands, ended)),
            Some(_) => {}
            None => {
                let Some(due) = exchange.deadline() else {
                    return Err(TestCaseError::fail("it waits for nothing"));
                };
                now = now.max(due);
                exchange.handle(now, Input::Tick);
            }
        }
    }
}

fn servers() -> impl Strategy<Value = Server> {
    use Failure::{Bad, Bare, End, Garbage, Nil, No, Silence};
    let failure = prop::sample::select(vec![No, Bad, End, Silence, Bare, Nil, Garbage]);
    let uids = prop::collection::btree_set(1..60_u32, 1..25);
    let poison = prop::collection::btree_set(1..60_u32, 0..8);
    (uids, poison, failure, any::<[bool; 6]>()).prop_map(
        |(uids, poison, failure, [at_once, refuses_partial, nameless, refuses_nothing, names_last, split])| Server {
            poison: poison.intersection(&uids).copied().collect(),
            uids: uids.into_iter().collect(),
            failure,
            at_once,
            refuses_partial,
            nameless,
            refuses_nothing,
            names_last,
            split,
        },
    )
}

proptest! {
    #[test]
    fn every_mail_is_told_once_whatever_the_server_s_habits(server in servers(), uidnext in 1..60_u32) {
        let mut kept = Kept { uidnext, ..Kept::default() };
        // Each mail costs two; the first look one, a suspicion of another mail one.
        let bound = server.poison.len() * 2 + 3;
        let mut connections = 0;
        let ended = loop {
            connections += 1;
            prop_assert!(connections <= bound, "{connections} connections, {kept:?}");
            let (_, ended) = connect(&server, &mut kept)?;
            if let Ok(mailbox) = ended {
                break mailbox;
            }
        };
        let expected: Vec<u32> = server.uids.iter().copied().filter(|uid| *uid >= uidnext).collect();
        prop_assert_eq!(kept.told.keys().copied().collect::<Vec<_>>(), expected.clone());
        for (uid, headers) in &kept.told {
            prop_assert_eq!(*headers, !server.poison.contains(uid), "{}", uid);
        }
        prop_assert_eq!(ended.uidnext, expected.last().map_or(uidnext, |last| last + 1));
        // The next look finds nothing, and is short.
        kept.uidnext = ended.uidnext;
        let (commands, again) = connect(&server, &mut kept)?;
        prop_assert_eq!(again.map(|mailbox| mailbox.uidnext), Ok(ended.uidnext));
        prop_assert!(commands <= 6, "{commands} commands for nothing");
    }
}
