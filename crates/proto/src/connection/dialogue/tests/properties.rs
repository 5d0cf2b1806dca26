//! Whatever a server answers, in any order or not at all: a dialogue ends by its deadlines, sends a bounded number of
//! commands, and never goes on without time, a response or an answer.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::connection::arrivals::Sought;
use crate::connection::task::{Appeared, Connect, OwnMailbox, Task, Work, WorkItem};
use crate::model::{Status, Timers};
use crate::new_mails::NewUids;
use crate::response::{Code, Listed, MailboxStatus, Named, StatusText};

/// Steps of a server before it falls silent.
const STEPS: usize = 120;

/// Commands that no dialogue of these tasks can need in so many steps.
const COMMANDS: usize = 400;

/// What a server does next.
#[derive(Clone, Debug)]
enum Act {
    /// It answers the oldest command that was not answered, with this.
    Answer(Status, Option<Code>),
    /// It says something that nobody asked for, or that somebody did.
    Say(Response),
    Unreadable,
    Close,
    /// It says nothing for so many seconds.
    Wait(u64),
}

fn names() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["INBOX", "a", "b", "lists/x"]).prop_map(str::to_owned)
}

fn code() -> impl Strategy<Value = Option<Code>> {
    prop_oneof![
        3 => Just(None),
        1 => (0..20_u32).prop_map(|uid| Some(Code::UidNext(uid))),
        1 => (0..3_u32).prop_map(|value| Some(Code::UidValidity(value))),
        1 => capabilities().prop_map(|list| Some(Code::Capability(list))),
        1 => prop::sample::select(vec!["NONEXISTENT", "LIMIT", "NOTIFICATIONOVERFLOW", "AUTHENTICATIONFAILED"])
            .prop_map(|code| Some(Code::Other(code.to_owned()))),
    ]
}

fn capabilities() -> impl Strategy<Value = Vec<String>> {
    let all = vec![
        "IMAP4rev1",
        "IDLE",
        "ID",
        "NOTIFY",
        "ENABLE",
        "UTF8=ACCEPT",
        "AUTH=PLAIN",
        "AUTH=XOAUTH2",
        "SASL-IR",
        "LOGINDISABLED",
        "LITERAL+",
        "SPECIAL-USE",
        "LIST-EXTENDED",
    ];
    let len = all.len();
    prop::sample::subsequence(all, 0..=len).prop_map(|list| list.into_iter().map(str::to_owned).collect())
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![4 => Just(Status::Ok), 1 => Just(Status::No), 1 => Just(Status::Bad)]
}

fn text(code: Option<Code>) -> StatusText {
    StatusText { code, text: "so".to_owned() }
}

fn said() -> impl Strategy<Value = Response> {
    let figures = (prop::option::of(0..20_u32), prop::option::of(0..20_u32), prop::option::of(0..3_u32))
        .prop_map(|(messages, uidnext, uidvalidity)| MailboxStatus { messages, uidnext, uidvalidity, unseen: None });
    let fetched = (0..6_u32, prop::option::of(0..30_u32), any::<[bool; 4]>()).prop_map(
        |(seq, uid, [header, old, flags, unreadable])| Fetched {
            seq,
            uid,
            seen: None,
            flags: flags.then(Vec::new),
            header: header.then(Vec::new),
            unreadable: unreadable && !header,
            internal_date: Some(if old { "old" } else { "new" }.to_owned()),
            size: None,
        },
    );
    let listed = (names(), any::<bool>()).prop_map(|(name, can_be_opened)| Listed {
        name: Named(name),
        delimiter: Some('.'),
        can_be_opened,
        uses: vec!["\\Sent"],
    });
    prop_oneof![
        4 => (status(), code()).prop_map(|(status, code)| Response::Status { status, text: text(code) }),
        4 => (0..20_u32).prop_map(Response::Exists),
        2 => (1..20_u32).prop_map(Response::Expunge),
        1 => (1..20_u32).prop_map(Response::Vanished),
        8 => fetched.prop_map(Response::Fetch),
        4 => (names(), figures).prop_map(|(name, figures)| Response::MailboxStatus(Named(name), figures)),
        2 => prop::collection::vec(0..30_u32, 0..5).prop_map(Response::Search),
        2 => listed.prop_map(Response::List),
        2 => capabilities().prop_map(Response::Capability),
        2 => Just(Response::Continue { text: "bm8=".to_owned() }),
        1 => Just(Response::Tagged { tag: "A999".to_owned(), status: Status::Ok, text: text(None) }),
        1 => code().prop_map(|code| Response::Preauth(text(code))),
        1 => code().prop_map(|code| Response::Bye(text(code))),
        1 => Just(Response::Id(vec![("name".to_owned(), "x".to_owned())])),
        1 => Just(Response::Other),
    ]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        12 => (status(), code()).prop_map(|(status, code)| Act::Answer(status, code)),
        10 => said().prop_map(Act::Say),
        1 => Just(Act::Unreadable),
        1 => (0..40_u64).prop_map(Act::Wait),
        1 => prop_oneof![9 => Just(Act::Wait(0)), 1 => Just(Act::Close)],
    ];
    prop::collection::vec(act, 0..STEPS)
}

fn work() -> impl Strategy<Value = Work> {
    let own = prop::sample::select(vec![OwnMailbox::Open, OwnMailbox::Reopen, OwnMailbox::SetAside]);
    (own, any::<[bool; 3]>(), 0..20_usize, any::<[bool; 3]>()).prop_map(
        |(own, [shares, lists, notifies], items, [known, begun, appeared])| {
            let mailbox = Mailbox { exists: 2, unseen: None, uidvalidity: 1, uidnext: 5, epoch: 0 };
            let new = |some: bool| NewUids { of: (0, 1), uids: if some { [2, 4].into() } else { [].into() } };
            let item = |index: usize| WorkItem {
                id: WatchId::new("work", ["a", "b"][index % 2]),
                known: known.then_some(mailbox),
                looked_at: known,
                begun,
                appeared: appeared.then(|| Appeared { since: wall(), vanished: vec![mailbox] }),
                sought: Sought::default(),
                new: new(known),
            };

            let entries: Arc<[String]> = ["INBOX".to_owned(), "\\Sent".to_owned(), "lists/*".to_owned()].into();
            let notify: Arc<[Arc<str>]> = ["a".into(), "b".into()].into();
            Work {
                own,
                shares,
                list: lists.then_some(entries),
                notify: notifies.then_some(notify),
                items: (0..items).map(item).collect(),
                new: new(begun),
                ..Work::default()
            }
        },
    )
}

fn task() -> impl Strategy<Value = Task> {
    (0..4_u8, any::<[bool; 4]>(), work()).prop_map(|(kind, [is_known, changed, watched, discovers], work)| {
        let timers = Timers::default();
        let known = is_known.then_some(Mailbox { exists: 2, unseen: None, uidvalidity: 1, uidnext: 5, epoch: 0 });
        match kind {
            0 => {
                let (appeared, retry_refused) = (None, changed);
                Task::Connect(Connect { timers, known, watched, appeared, discovers, retry_refused, work })
            }
            1 => Task::Look { timers, known, promised: u32::from(changed), again: watched, changed, work },
            2 => Task::Poll { timers, known, work },
            _ => Task::Logout { by: Instant::now() + Duration::from_secs(5) },
        }
    })
}

/// A host that does what it is asked, with luck or without.
fn obliging(question: Question, luck: bool) -> Answer {
    match question {
        Question::Forgive => answer("forgiven"),
        Question::Dial(_) => answer("dialled"),
        Question::Permit => answer(if luck { "permitted" } else { "permitted token" }),
        Question::AnotherWay => Answer::AnotherWay(luck),
        Question::LoginFailed { failure, .. } => Answer::LoginFailed(failure.fault),
        Question::Seen(_) => answer(if luck { "seen 1 5" } else { "seen" }),
        Question::Unreported(_) => answer("unreported 1"),
        Question::Keep { .. } => answer(if luck { "kept" } else { "lost" }),
        Question::Commit { mails, .. } => {
            let fault = (!luck).then(|| fault("full"));
            Answer::Committed {
                mails: mails.into_iter().map(|decoded| decoded.mail).collect(),
                canaries: Vec::new(),
                fault,
            }
        }
        Question::Suspect { .. } => answer(if luck { "suspected 1" } else { "suspected 2" }),
        Question::Readable { .. } | Question::Again { .. } => answer("kept"),
        Question::Known { mails, .. } => Answer::Known(Ok(vec![luck; mails.len()])),
    }
}

/// What becomes of a task with this server: how it ended, and how many commands it took.
fn run(task: Task, facts: Facts, acts: Vec<Act>, luck: bool) -> Result<(Outcome, usize), TestCaseError> {
    let mut now = Instant::now();
    let mut dialogue = Dialogue::task(task, facts, now);
    let (mut unanswered, mut commands) = (std::collections::VecDeque::new(), 0);
    let mut acts = acts.into_iter();
    let mut silent = false;
    loop {
        let (mut handed_out, mut ended) = (0, None);
        while let Some(output) = dialogue.poll() {
            handed_out += 1;
            prop_assert!(handed_out < 1000, "it hands out without an end");
            match output {
                Output::Send(line) => {
                    prop_assert!(!line.contains(['\r', '\n']), "{line:?}");
                    commands += 1;
                    unanswered.extend(line.split(' ').next().map(str::to_owned));
                }
                Output::SendLogin(LoginLine::Authenticate { tag, .. } | LoginLine::Login { tag, .. }) => {
                    commands += 1;
                    unanswered.push_back(tag);
                }
                Output::Ask(question) => {
                    prop_assert!(!dialogue.reads(), "it reads while it asks");
                    dialogue.handle(now, Input::Answer(obliging(question, luck)));
                }
                Output::Ended(outcome) => ended = Some(outcome),
                Output::SendLogin(LoginLine::Response(_) | LoginLine::Resign(_) | LoginLine::Rest)
                | Output::Progress(..)
                | Output::LookBack(_)
                | Output::Trust
                | Output::Utf8
                | Output::Accepted(_) => {}
            }
        }
        if let Some(outcome) = ended {
            prop_assert_eq!(dialogue.deadline(), None);
            dialogue.handle(now, Input::Response(Response::Exists(1)));
            prop_assert!(dialogue.poll().is_none(), "something follows the end");
            return Ok((outcome.unwrap_or_else(Outcome::Failed), commands));
        }
        prop_assert!(commands < COMMANDS, "it asks without an end");
        let deadline = dialogue.deadline();
        prop_assert!(deadline.is_some(), "it waits for ever");
        prop_assert!(!silent || deadline.is_some_and(|by| by > now), "a deadline that has passed is not honoured");
        let input = match acts.next() {
            Some(Act::Answer(status, code)) => match unanswered.pop_front() {
                Some(tag) => Input::Response(Response::Tagged { tag, status, text: text(code) }),
                None => Input::Response(Response::Status { status, text: text(code) }),
            },
            Some(Act::Say(response)) => Input::Response(response),
            Some(Act::Unreadable) => Input::Unparsed("?".to_owned()),
            Some(Act::Close) => Input::Lost(Fault::retry_after(FaultClass::Closed, "closed")),
            Some(Act::Wait(seconds)) => {
                now += Duration::from_secs(seconds);
                Input::Tick
            }
            // It has fallen silent: the deadlines end it, and a tick that comes late is as good.
            None => {
                silent = true;
                now = deadline.unwrap_or(now) + Duration::from_secs(u64::from(luck));
                Input::Tick
            }
        };
        dialogue.handle(now, input);
    }
}

proptest! {
    #[test]
    fn whatever_a_server_answers_a_dialogue_ends(
        task in task(),
        is_open: bool,
        looks_back: bool,
        luck: bool,
        offers in capabilities(),
        acts in acts(),
    ) {
        let mut facts = facts(&offers.join(" "));
        facts.open = is_open.then(|| "INBOX".into());
        facts.subject.looks_back = looks_back;
        let is_goodbye = matches!(task, Task::Logout { .. });
        let closes = acts.iter().any(|act| matches!(act, Act::Close));
        let (outcome, _) = run(task, facts, acts, luck)?;
        match outcome {
            Outcome::LoggedOut => prop_assert!(is_goodbye),
            Outcome::Ready { .. } => prop_assert!(!is_goodbye),
            Outcome::Failed(fault) => {
                prop_assert!(!is_goodbye && !fault.message.contains("(a bug)"), "{}", fault.message);
                prop_assert!(closes || fault.message != "closed");
            }
        }
    }

    #[test]
    fn a_mail_is_committed_with_its_uid_once_a_round_and_never_below_what_was_seen(
        seen in 1..20_u32,
        uids in prop::collection::vec(0..30_u32, 0..20),
    ) {
        let now = Instant::now();
        let known = Some(Mailbox { exists: 5, unseen: None, uidvalidity: 1, uidnext: seen, epoch: 0 });
        let look = Task::Look { timers: Timers::default(), known, promised: 0, again: false, changed: false, work: Work::default() };
        let mut facts = facts("");
        facts.open = Some("INBOX".into());
        let mut dialogue = Dialogue::task(look, facts, now);
        for uid in &uids {
            let fetched = Fetched { uid: Some(*uid), header: Some(Vec::new()), ..Fetched::default() };
            dialogue.handle(now, Input::Response(Response::Fetch(fetched)));
        }
        dialogue.handle(now, Input::Response(response("A1 OK")));
        let expected: Vec<u32> = {
            let mut news: Vec<u32> = uids.iter().copied().filter(|uid| *uid >= seen).collect();
            news.sort_unstable();
            news.dedup();
            news
        };
        let mut committed = Vec::new();
        let mut uidnext = seen;
        while let Some(output) = dialogue.poll() {
            match output {
                Output::Ask(Question::Commit { mails, uidnext: next, .. }) => {
                    committed.extend(mails.iter().map(|mail| mail.mail.uid));
                    uidnext = next;
                    dialogue.handle(now, Input::Answer(answer("committed")));
                }
                Output::Ended(Ok(Outcome::Ready { mailbox, .. })) => {
                    prop_assert_eq!(mailbox.map(|mailbox| mailbox.uidnext), Some(uidnext));
                }
                _ => {}
            }
        }
        prop_assert_eq!(uidnext, expected.last().map_or(seen, |last| last + 1));
        prop_assert_eq!(committed, expected);
    }
}
