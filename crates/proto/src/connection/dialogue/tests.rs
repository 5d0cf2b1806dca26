//! Conversations as transcripts: what the server says and the host answers, and what is sent, asked, told and ended with.
//!
//! A line that begins with `S:` is the server's, `A:` the host's answer, `T:` so many seconds that pass; everything else
//! is what the exchange hands out. A transcript is played by its first three kinds and must come out as it is written.

mod checking;
mod entering;
mod finding;
mod ladder;
mod listing;
mod logging_in;
mod once;
mod properties;
mod tasks;

use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime};

use super::*;
use crate::boot_clock::BootClock;
use crate::connection::task::{Mailbox, Outcome, Progress};
use crate::model::{Auth, Fault, FaultClass, LoginChoice, LoginWay, Mail, ServerInfo, WatchId};
use crate::response::{Fetched, Response};

const REPLY: Duration = Duration::from_secs(30);

fn subject() -> Subject {
    Subject {
        id: WatchId::new("work", "INBOX"),
        peer: "imap.example.org:993".into(),
        id_required: false,
        poll_by_status: false,
        looks_back: false,
        decode,
    }
}

fn facts(capabilities: &str) -> Facts {
    let capabilities = capabilities.split_whitespace().map(str::to_owned).collect();
    Facts { capabilities, ..Facts::new(subject()) }
}

/// A header block is taken for the Message-ID; INTERNALDATE is `old`, or any other for one that is new.
fn decode(fetched: &Fetched, uidvalidity: u32, gap: bool) -> Option<Decoded> {
    let uid = fetched.uid?;
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).trim().to_owned();
    let message_id = fetched.header.as_ref().map(text).filter(|id| !id.is_empty());
    let (from, subject) = (String::new(), String::new());
    let internal_date = fetched.internal_date.as_deref().map(|date| match date {
        "old" => SystemTime::UNIX_EPOCH,
        _ => wall() + Duration::from_hours(1),
    });
    Some(Decoded {
        mail: Mail { uid, uidvalidity, from, subject, date: None, gap, ..Mail::default() },
        message_id,
        internal_date,
        size: fetched.size,
        ..Decoded::default()
    })
}

/// 2026-01-02 on the wall clock.
fn wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(490_923)
}

/// What a line of the server says.
fn response(line: &str) -> Response {
    if let Some(text) = line.strip_prefix('+') {
        return Response::Continue { text: text.trim().to_owned() };
    }
    // Where only the status matters a transcript leaves the text out, which the grammar does not.
    let text = if line.split(' ').count() == 2 { " done" } else { "" };
    let bytes = format!("{line}{text}\r\n");
    let parsed = imap_proto::Response::parse(bytes.as_bytes());
    let (_, parsed) = parsed.unwrap_or_else(|_| panic!("no parser reads {line}"));
    Response::from(&parsed)
}

fn fault(message: &str) -> Fault {
    Fault::retry_after(FaultClass::History, message)
}

/// What a word of the host's means.
fn answer(text: &str) -> Answer {
    let mut words = text.split(' ');
    let verb = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let numbers = || rest.iter().map(|word| word.parse::<u32>().expect("a number")).collect::<Vec<_>>();
    let mail = |uid| Mail {
        uid,
        uidvalidity: 7,
        from: String::new(),
        subject: String::new(),
        date: None,
        gap: true,
        ..Mail::default()
    };
    let permit = |auth| {
        let plan = LoginPlan::new(auth, LoginChoice::Auto);
        Permit { plan, token: None, clock: BootClock::default(), chance: 0.0 }
    };
    match verb {
        "forgiven" => Answer::Forgiven,
        "dialled" => Answer::Dialled(Ok(Dialled { server: ServerInfo::default(), greeted: rest == ["greeted"] })),
        "unreachable" => Answer::Dialled(Err(fault("no route"))),
        "permitted" if rest == ["token"] => Answer::Permit(Ok(permit(Auth::OAuth2))),
        "permitted" => Answer::Permit(Ok(permit(Auth::Password))),
        "forbidden" => Answer::Permit(Err(fault("no password"))),
        "another" => Answer::AnotherWay(rest == ["yes"]),
        "failed" => Answer::LoginFailed(fault(&rest.join(" "))),
        "seen" => {
            let seen = match numbers().as_slice() {
                &[uidvalidity, uidnext] => Some(Seen { uidvalidity, uidnext, last_alive: wall(), epoch: 0 }),
                _ => None,
            };
            Answer::Seen { seen: Ok(seen), now: wall(), suspects: Vec::new() }
        }
        "suspects" => {
            // UIDNEXT, then each mail's UID and how many connections failed on it.
            let numbers = numbers();
            let suspect = |pair: &[u32]| Suspect { uid: pair[0], failed: pair[1], due: false };
            let seen = Seen { epoch: 0, uidvalidity: 7, uidnext: numbers[0], last_alive: wall() };
            let suspects = numbers[1..].chunks(2).map(suspect).collect();
            Answer::Seen { seen: Ok(Some(seen)), now: wall(), suspects }
        }
        "due" => {
            // The same, a day later.
            let Answer::Seen { seen, now, suspects } = answer(&text.replacen("due", "suspects", 1)) else {
                unreachable!("suspects are seen")
            };
            let suspects = suspects.into_iter().map(|suspect| Suspect { due: true, ..suspect }).collect();
            Answer::Seen { seen, now, suspects }
        }
        "unknown" => Answer::Seen { seen: Err(fault("no history")), now: wall(), suspects: Vec::new() },
        "suspected" => Answer::Suspected(Ok(numbers()[0])),
        "unreported" => Answer::Unreported(Ok(numbers().into_iter().map(mail).collect())),
        "kept" => Answer::Kept(Ok(())),
        "lost" => Answer::Kept(Err(fault("not kept"))),
        "committed" => {
            Answer::Committed { mails: numbers().into_iter().map(mail).collect(), canaries: Vec::new(), fault: None }
        }
        "uncommitted" => Answer::Committed {
            mails: numbers().into_iter().map(mail).collect(),
            canaries: Vec::new(),
            fault: Some(fault("full")),
        },
        "known" => Answer::Known(Ok(rest.iter().map(|word| *word == "yes").collect())),
        other => panic!("no answer is called {other}"),
    }
}

/// Numbers with a blank before each.
fn list(numbers: impl Iterator<Item = u32>) -> String {
    numbers.fold(String::new(), |list, number| format!("{list} {number}"))
}

fn uids(mails: &[Decoded]) -> String {
    list(mails.iter().map(|mail| mail.mail.uid))
}

fn asked(question: &Question) -> String {
    match question {
        Question::Forgive => "forgive".to_owned(),
        Question::Dial(_) => "dial".to_owned(),
        Question::Permit => "permit".to_owned(),
        Question::AnotherWay => "another way".to_owned(),
        Question::LoginFailed { failure: LoginFailure { fault, way, refusal }, challenge } => {
            let challenge = challenge.as_deref().unwrap_or_default();
            format!("failed {way:?} {refusal:?} {}: {}{challenge}", fault.class, fault.message)
        }
        Question::Seen(of) => format!("seen {of}"),
        Question::Unreported(of) => format!("unreported {of}"),
        Question::Keep { of, uidvalidity, uidnext, known, epoch: _ } => {
            format!("keep {of} {uidvalidity} {uidnext}:{}", uids(known))
        }
        Question::Commit { of, uidvalidity, uidnext, mails, epoch: _ } => {
            format!("commit {of} {uidvalidity} {uidnext}:{}", uids(mails))
        }
        Question::Suspect { of, uid, .. } => format!("suspect {of} {uid}"),
        Question::Readable { of, uids, .. } => format!("readable {of}{}", list(uids.iter().copied())),
        Question::Again { of, uids, mails, .. } => {
            format!("again {of}{}, read:{}", list(uids.iter().copied()), self::uids(mails))
        }
        Question::Known { of, epoch, renamed, mails } => {
            let renamed = if *renamed { ", or renamed" } else { "" };
            let ids = mails.iter().map(|mail| mail.message_id.as_deref().unwrap_or("-"));
            ids.fold(format!("known {of} {epoch}{renamed}:"), |text, id| format!("{text} {id}"))
        }
    }
}

fn told(progress: &Progress) -> String {
    let figures = |mailbox: &Mailbox| {
        let Mailbox { exists, unseen, uidvalidity, uidnext, epoch: _ } = mailbox;
        format!("{exists} messages, {} unseen, {uidvalidity} {uidnext}", unseen.map_or(-1, i64::from))
    };
    match progress {
        Progress::Phase(phase) => format!("phase {phase}"),
        Progress::Response(response) => format!("response {response:?}"),
        Progress::Unparsed(text) => format!("unparsed {text}"),
        Progress::Line(line) => format!("line {}", line.text),
        Progress::Event(kind) => format!("event {}", kind.name()),
        Progress::Mails(mails) => {
            format!("mails{}", list(mails.iter().map(|mail| mail.uid)))
        }
        Progress::Canaries(canaries) => {
            format!("canaries {}", canaries.iter().map(|canary| canary.uid.to_string()).collect::<Vec<_>>().join(" "))
        }
        Progress::Unseen(kept) => match kept {
            crate::unseen::Kept::Which(which) => format!("unseen {}", which.count()),
            other => format!("unseen {other:?}"),
        },
        Progress::Flags { seq, unseen, .. } => format!("flags {seq}{}", if *unseen { " unseen" } else { "" }),
        Progress::Checked(Some(gone)) => format!("gone{}", list(gone.iter().copied())),
        Progress::Checked(None) => "not to be checked".to_owned(),
        Progress::Fault(fault) => format!("fault {}: {}", fault.class, fault.message),
        Progress::Server(server) => format!("server {:?}", server.id),
        Progress::Past(_) => "past".to_owned(),
        Progress::LookedAt(mailbox) => format!("looked at: {}", figures(mailbox)),
        Progress::Missing(fault) => format!("missing {}: {}", fault.class, fault.message),
        Progress::ListBegun => "list begun".to_owned(),
        Progress::ListRefused(fault) => format!("list refused: {}", fault.message),
        Progress::NotifyBegun => "notify begun".to_owned(),
        Progress::NotifyRefused(fault) => format!("notify refused: {}", fault.message),
        Progress::Listed(listed) => {
            let names = listed.names.iter().map(|names| names.as_ref().map_or("-".to_owned(), |n| format!("{n:?}")));
            format!("listed [{}]", names.collect::<Vec<_>>().join(", "))
        }
    }
}

fn handed_out<E>(output: &Output<E>) -> String {
    match output {
        Output::Send(line) => line.clone(),
        Output::SendLogin(LoginLine::Authenticate { tag, mechanism }) => {
            format!("{tag} AUTHENTICATE {} ***", mechanism.name())
        }
        Output::SendLogin(LoginLine::Response(mechanism)) => format!("*** {}", mechanism.name()),
        Output::SendLogin(LoginLine::Resign(mechanism)) => format!("resign {:?}", mechanism.resignation()),
        Output::SendLogin(LoginLine::Login { tag, literal_plus }) => {
            format!("{tag} LOGIN ***{}", if *literal_plus { " +" } else { "" })
        }
        Output::SendLogin(LoginLine::Rest) => "*** rest".to_owned(),
        Output::Ask(question) => format!("? {}", asked(question)),
        Output::Progress(None, progress) => format!("- {}", told(progress)),
        Output::Progress(Some(of), progress) => format!("- {}: {}", of.mailbox, told(progress)),
        Output::LookBack(of) => format!("look back {of}"),
        Output::Trust => "trust".to_owned(),
        Output::Utf8 => "utf8".to_owned(),
        Output::Accepted(way) => format!("accepted {way:?}"),
        Output::Ended(_) => unreachable!("an end is written by its player"),
    }
}

/// Plays a transcript, and compares it with what came of it. What is known of the connection then.
fn play<S: Step>(step: S, facts: Facts, transcript: &str) -> Facts {
    play_at(Instant::now(), |now| Exchange::start(step, facts, REPLY, now), transcript, |done| format!("{done:?}"))
}

/// The same of a task.
fn play_task(task: crate::connection::task::Task, facts: Facts, transcript: &str) -> Facts {
    play_at(
        Instant::now(),
        |now| Dialogue::task(task, facts, now),
        transcript,
        |outcome| match outcome {
            Outcome::Ready { mailbox, open, .. } => {
                let mailbox = mailbox.as_ref().map(|mailbox| told(&Progress::LookedAt(*mailbox)));
                format!(
                    "ready, {} open, {}",
                    open.as_deref().unwrap_or("none"),
                    mailbox.as_deref().unwrap_or("no mailbox")
                )
            }
            Outcome::Failed(fault) => format!("failed {}: {}", fault.class, fault.message),
            Outcome::LoggedOut => "logged out".to_owned(),
        },
    )
}

fn play_at<S: Step>(
    begun: Instant,
    start: impl FnOnce(Instant) -> Exchange<S>,
    transcript: &str,
    end: impl Fn(&S::Done) -> String,
) -> Facts {
    // A transcript outlives the version.
    let transcript = transcript.replace("VERSION", env!("CARGO_PKG_VERSION"));
    let mut now = begun;
    let mut exchange = start(now);
    let mut came = String::new();
    let drain = |exchange: &mut Exchange<S>, came: &mut String| {
        while let Some(output) = exchange.poll() {
            if matches!(output, Output::Progress(_, Progress::Flags { .. })) {
                // It goes with every FETCH of flags.
                continue;
            }
            let line = match &output {
                Output::Ended(Ok(done)) => format!("END {}", end(done)),
                Output::Ended(Err(fault)) => format!("END failed {}: {}", fault.class, fault.message),
                output => handed_out(output),
            };
            writeln!(came, "{line}").expect("memory");
        }
    };
    drain(&mut exchange, &mut came);
    let lines = || transcript.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines() {
        let input = match line.split_once(": ") {
            Some(("S", "unreadable")) => Input::Unparsed("unreadable".to_owned()),
            Some(("S", "gone")) => Input::Lost(Fault::retry_after(FaultClass::Closed, "it is gone")),
            Some(("S", text)) => Input::Response(response(text)),
            Some(("A", text)) => Input::Answer(answer(text)),
            Some(("T", seconds)) => {
                now += Duration::from_secs(seconds.parse().expect("seconds"));
                Input::Tick
            }
            Some(_) | None => continue,
        };
        writeln!(came, "{line}").expect("memory");
        exchange.handle(now, input);
        drain(&mut exchange, &mut came);
    }
    let written = lines().collect::<Vec<_>>().join("\n");
    assert_eq!(came.trim_end(), written);
    exchange.into_facts()
}
