//! A trouble is told once.

use super::*;
use mailwatch_proto::model::Evidence;

fn verdict(verdict: Verdict, text: &str) -> EventKind {
    EventKind::Verdict { verdict, text: text.to_owned(), evidence: None, mails: Vec::new() }
}

/// What happens within seconds to several watches is one line; that is another thing.
fn later(app: &mut App) {
    let Now { at, wall } = app.now;
    app.tick(Now { at: at + Duration::from_mins(1), wall: wall + Duration::from_mins(1) });
}

fn idles() -> EventKind {
    EventKind::Phase { from: Some(Phase::Requested), to: Phase::Idling, by: Served::Own }
}

#[test]
fn a_done_that_is_not_answered_is_told_once_and_so_is_the_connection_that_follows() {
    let mut app = app(&["a"], now());
    happened(&mut app, idles());
    let (waited, evidence) = (Duration::from_secs(10), Evidence { acked: Some(true), ..Evidence::default() });
    happened(&mut app, EventKind::Stalled { verdict: Verdict::ServerIgnoring, waited, evidence });
    happened(&mut app, verdict(Verdict::ServerIgnoring, "the server's TCP acknowledged DONE after 19 ms"));
    happened(&mut app, idles());
    happened(&mut app, EventKind::Replaced { by: ConnId(2), blind: Duration::from_secs(10) });
    let told = [
        "idling",
        "server ignores DONE: acked, no answer in 10 s. Replacing",
        "replaced by connection 2, blind for 10 s",
    ];
    assert_eq!(lines(&app), told);
}

#[test]
fn a_refusal_is_told_by_its_fault_alone() {
    for (class, concluded, retry) in
        [(FaultClass::Limit, Verdict::Limited, true), (FaultClass::Auth, Verdict::Refused, false)]
    {
        let mut app = app(&["a"], now());
        happened(&mut app, EventKind::Fault { class, message: "refused".to_owned(), retry });
        happened(&mut app, verdict(concluded, "the server refuses"));
        happened(&mut app, EventKind::Phase { from: Some(Phase::Authenticating), to: Phase::Failed, by: Served::Own });
        assert_eq!(lines(&app), [format!("{class}: refused")]);
    }
}

#[test]
fn a_bye_is_told_once() {
    let text = "Session expired, please login again.".to_owned();
    let message = "imap.example.org:993 said BYE: Session expired, please login again".to_owned();
    let over = format!("{message}; sessions of this server end at an age: connecting anew at once");
    let fault = EventKind::Fault { class: FaultClass::Closed, message, retry: true };
    for next in [verdict(Verdict::Closed, &over), fault] {
        let mut app = app(&["a"], now());
        happened(&mut app, EventKind::Bye { text: text.clone() });
        happened(&mut app, next);
        assert_eq!(lines(&app), [format!("BYE: {text}")]);
    }
}

#[test]
fn a_server_that_announces_nothing_is_told_again_only_once_it_did_meanwhile() {
    let mut app = app(&["a"], now());
    let not_pushing = || verdict(Verdict::NotPushing, "no mail is announced");
    for kind in [not_pushing(), verdict(Verdict::Finishing, "DONE is sent"), not_pushing()] {
        happened(&mut app, kind);
        later(&mut app);
    }
    assert_eq!(lines(&app).len(), 1);
    later(&mut app);
    for kind in [verdict(Verdict::Live, "the server answers"), not_pushing()] {
        happened(&mut app, kind);
    }
    assert_eq!(lines(&app).len(), 2);
}

#[test]
fn a_watch_without_idle_says_so_as_it_begins_and_after_a_rest_it_begins_anew() {
    let mut app = app(&["a"], now());
    let polls = || EventKind::Phase { from: Some(Phase::CatchingUp), to: Phase::Polling, by: Served::Own };
    let pauses = EventKind::Phase { from: Some(Phase::Polling), to: Phase::Paused, by: Served::Own };
    for kind in [EventKind::Capabilities { idle: false, list: Vec::new().into() }, polls(), polls(), pauses, polls()] {
        happened(&mut app, kind);
        later(&mut app);
    }
    assert_eq!(lines(&app), ["polled: the server has no IDLE", "paused", "polled: the server has no IDLE"]);
}
