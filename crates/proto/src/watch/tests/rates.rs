//! What a server sees at the most, whatever it says and whatever is set.

use super::*;

/// What the server has seen: when DONE came, and when it was polled.
type Seen = Vec<(Instant, Option<DoneReason>)>;

/// Lets time pass; the server does what it owes at once, and `speaks` whenever nothing is owed.
fn serve(run: &mut Run, lasts: Duration, mut speaks: impl FnMut(&mut Run)) -> Seen {
    let (mut seen, until) = (Seen::new(), run.now + lasts);
    let mut steps = 0;
    while run.now < until {
        steps += 1;
        assert!(steps < 200_000, "without end");
        for kind in std::mem::take(&mut run.events) {
            if let EventKind::DoneSent { reason, .. } = kind {
                seen.push((run.now, Some(reason)));
            }
        }
        let outputs = std::mem::take(&mut run.outputs);
        let mut busy = false;
        for output in outputs {
            match output {
                Output::Start(ConnId(conn), task) => {
                    busy = true;
                    match *task {
                        Task::Connect(_) => drop(run.opened(conn, None)),
                        Task::Look { .. } => drop(run.looked(conn)),
                        Task::Poll { .. } => {
                            seen.push((run.now, None));
                            run.looked(conn);
                        }
                        Task::Logout { .. } => drop(run.finished(conn, Outcome::LoggedOut)),
                    }
                }
                Output::Send(ConnId(conn), Line::Idle) => {
                    busy = true;
                    run.plus(conn);
                }
                Output::Send(ConnId(conn), Line::Done) => {
                    busy = true;
                    run.answered(conn);
                }
                _ => {}
            }
        }
        if busy {
            continue;
        }
        let before = seen.len();
        speaks(run);
        if run.outputs.is_empty() && before == seen.len() {
            let due = run.watch.due(run.now).unwrap_or(until).min(run.now + S).max(run.now);
            run.now = due.min(until);
            run.input(Input::Tick);
        }
    }
    seen
}

/// The most that any span of this length holds.
fn most(seen: &Seen, span: Duration) -> usize {
    let within = |start: Instant| seen.iter().filter(|(at, _)| *at >= start && *at < start + span).count();
    seen.iter().map(|(at, _)| within(*at)).max().unwrap_or(0)
}

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_server_that_announces_mail_that_is_not_there_is_asked_ever_more_seldom() {
    let mut run = Run::idling();
    let mut count = 3;
    let seen = serve(&mut run, 6 * HOUR, |run| {
        count += 1;
        run.read(1, Response::Exists(count));
    });
    let news: Seen = seen.iter().filter(|(_, why)| *why == Some(DoneReason::NewMail)).copied().collect();
    assert!(most(&news, HOUR) <= 60, "{} in an hour", most(&news, HOUR));
    assert!(most(&seen, MINUTE) <= 20, "{} in a minute", most(&seen, MINUTE));
    assert!(news.len() > 100, "and it is heeded all the same: {}", news.len());
}

#[test]
fn a_server_that_ends_every_idle_by_itself_is_left_in_peace() {
    let mut run = Run::idling();
    let mut ended = 0;
    let seen = serve(&mut run, 6 * HOUR, |run| {
        let idle = run.watch.active().and_then(connection::Connection::running).filter(|idle| idle.is_idling());
        if idle.is_some_and(|idle| run.now >= idle.started() + 6 * S) {
            ended += 1;
            run.answered(1);
        }
    });
    assert!(ended <= 6 * 60 + 20 && ended > 20, "{ended} IDLEs");
    assert!(most(&seen, HOUR) <= 120, "{}", most(&seen, HOUR));
}

#[test]
fn no_reissue_and_no_poll_passes_sixty_commands_a_minute() {
    for timer in [Timer::Reissue, Timer::Silence, Timer::Poll] {
        let mut run = Run::new();
        run.input(Input::Command(Command::Retune { timer, value: Some(S), by: None }));
        if timer == Timer::Poll {
            let mailbox = Mailbox { exists: 3, unseen: None, uidvalidity: 7, uidnext: 4, epoch: 0 };
            let opened = Some(Opened { idles: false, token: None, replace: None });
            run.outputs.clear();
            run.finished(1, ready(opened, mailbox));
        }
        let seen = serve(&mut run, HOUR / 6, |_| {});
        assert!(most(&seen, MINUTE) <= 20, "{timer}: {} turns of three commands", most(&seen, MINUTE));
        assert!(seen.len() > 100, "{timer}: {}", seen.len());
    }
}

#[test]
fn a_key_is_answered_though_the_server_is_left_in_peace_and_held_to_the_minute_all_the_same() {
    let mut run = Run::idling();
    let mut count = 3;
    serve(&mut run, 2 * MINUTE, |run| {
        count += 1;
        run.read(1, Response::Exists(count));
    });
    run.events.clear();
    run.input(Input::Command(Command::Done));
    assert_eq!(run.sent_done(), Some(DoneReason::User), "at once");
    let seen = serve(&mut run, 5 * MINUTE, |run| {
        run.input(Input::Command(Command::Done));
    });
    assert!(most(&seen, MINUTE) <= 20, "{}", most(&seen, MINUTE));
    assert!(seen.len() > 50, "{}", seen.len());
}

#[test]
fn heartbeats_that_come_and_stop_are_no_way_to_have_it_work() {
    let mut run = Run::idling();
    let mut beats = 0;
    let mut last = run.now;
    let seen = serve(&mut run, 3 * HOUR, |run| {
        if run.watch.now().phase == Phase::Idling && run.now >= last + S && beats % 8 < 5 {
            let text = StatusText { code: None, text: "Still here".to_owned() };
            run.read(1, Response::Status { status: Status::Ok, text });
        }
        if run.now >= last + S {
            (last, beats) = (run.now, beats + 1);
        }
    });
    assert!(most(&seen, HOUR) <= 60 + 16, "{}", most(&seen, HOUR));
}
