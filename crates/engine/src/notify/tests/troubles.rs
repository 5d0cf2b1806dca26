//! What is told of watches that are down, and of what needs the user.

use super::*;
use crate::notify::trouble::{AGAIN, PATIENCE, TOGETHER};
use crate::notify::{About, Action, GAP, Note, Notifier, SETTLE, concerns};
use mailwatch_proto::model::{FaultClass, NotifyRules, Phase, Quiet, Rule, Served};

const M: Duration = Duration::from_mins(1);
const REFUSED: (FaultClass, bool, &str) = (FaultClass::Auth, false, "mx refuses the login: wrong. Check the password");
const DOWN: (FaultClass, bool, &str) = (FaultClass::Connect, true, "mx took no connection");

struct Rig {
    clock: Clock,
    notifier: Notifier,
    notes: Vec<(Duration, Note)>,
}

impl Rig {
    fn new(settings: Notifications) -> Self {
        Self { clock: Clock::new(), notifier: Notifier::new(settings, TimeZone::UTC), notes: Vec::new() }
    }

    fn event(&mut self, at: Duration, watch: &str, kind: EventKind) {
        assert!(concerns(&kind), "{kind:?} is heard");
        self.pass_until(at);
        let (account, mailbox) = watch.split_once('/').expect("a watch");
        let now = self.clock.after(at);
        let actions = self.notifier.take(&event(Some(WatchId::new(account, mailbox)), kind, now), now);
        self.keep(at, actions);
    }

    fn phase(&mut self, at: Duration, watch: &str, to: Phase) {
        self.event(at, watch, EventKind::Phase { from: None, to, by: Served::Own });
    }

    /// A watch's connection came to nothing.
    fn fails(&mut self, at: Duration, watch: &str, (class, retry, message): (FaultClass, bool, &str)) {
        self.event(at, watch, EventKind::Fault { class, message: message.to_owned(), retry });
        self.phase(at, watch, if retry { Phase::Waiting } else { Phase::Failed });
    }

    fn pass_until(&mut self, end: Duration) {
        while let Some(due) = self.notifier.due().map(|due| due.saturating_duration_since(self.clock.0)) {
            if due > end {
                return;
            }
            let actions = self.notifier.tick(self.clock.after(due));
            self.keep(due, actions);
        }
    }

    fn keep(&mut self, at: Duration, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Trouble(trouble) => self.notes.push((at, trouble.note())),
                Action::Desktop(digest) => self.notes.push((at, digest.note())),
                other @ (Action::Screen(_) | Action::Ask(_)) => panic!("{other:?}"),
            }
        }
    }

    fn told(&mut self, end: Duration) -> Vec<(Duration, &str, &str)> {
        self.pass_until(end);
        self.notes.iter().map(|(at, note)| (*at, note.title.as_str(), note.body.as_str())).collect()
    }
}

#[test]
fn a_refused_login_is_told_at_once_and_once_however_many_mailboxes_wait_for_it() {
    let mut rig = Rig::new(on_the_desktop());
    for (n, mailbox) in ["INBOX", "a", "b", "c", "d"].into_iter().enumerate() {
        rig.fails(Duration::from_millis(10) * u32::try_from(n).expect("few"), &format!("work/{mailbox}"), REFUSED);
    }
    // This one waited for its turn.
    rig.fails(S * 3, "work/e", REFUSED);
    // It is tried again and again.
    for hours in 1..20 {
        rig.phase(HOUR * hours, "work/INBOX", Phase::Failed);
    }
    assert_eq!(rig.notes[0].1.about, About::Trouble);
    let body = format!("{}\nwork/INBOX, work/a, work/b and 2 more", REFUSED.2);
    assert_eq!(rig.told(HOUR * 48), [(SETTLE, "work needs you", body.as_str())]);
    assert_eq!(rig.notifier.due(), None, "nothing wakes it");
}

#[test]
fn what_is_down_is_told_after_a_while_with_all_that_is_down_for_it() {
    let mut rig = Rig::new(on_the_desktop());
    rig.fails(Duration::ZERO, "work/INBOX", DOWN);
    rig.fails(M, "work/a", DOWN);
    rig.fails(M * 4, "work/b", DOWN);
    // Each try ends in a wait again.
    rig.fails(M * 2, "work/INBOX", DOWN);
    let body = format!("{}\nwork/INBOX, work/a, work/b", DOWN.2);
    assert_eq!(rig.told(HOUR * 10), [(PATIENCE + SETTLE, "3 watches of work are down", body.as_str())]);
}

#[test]
fn what_is_well_again_in_time_is_not_told() {
    let mut rig = Rig::new(on_the_desktop());
    rig.fails(Duration::ZERO, "work/INBOX", DOWN);
    rig.phase(M * 4, "work/INBOX", Phase::Idling);
    rig.fails(M * 5, "work/INBOX", DOWN);
    rig.phase(M * 6, "work/INBOX", Phase::Paused);
    assert_eq!(rig.told(HOUR), []);
    // A suspend is no time in which a server was down.
    rig.fails(HOUR, "work/INBOX", DOWN);
    let now = rig.clock.after(HOUR + M * 4);
    assert_eq!(rig.notifier.take(&event(None, EventKind::Slept { slept: HOUR }, now), now), []);
    rig.phase(HOUR + M * 8, "work/INBOX", Phase::Polling);
    assert_eq!(rig.told(HOUR * 4), []);
}

#[test]
fn a_server_that_comes_and_goes_is_told_once_an_hour_at_most() {
    let mut rig = Rig::new(on_the_desktop());
    for n in 0..60 {
        rig.fails(M * 10 * n, "work/INBOX", DOWN);
        rig.phase(M * (10 * n + 7), "work/INBOX", Phase::Idling);
    }
    let told: Vec<Duration> = rig.told(HOUR * 24).into_iter().map(|(at, ..)| at).collect();
    assert_eq!(told.len(), 10, "{told:?}");
    assert!(told.windows(2).all(|pair| pair[0] + AGAIN <= pair[1]), "{told:?}");
}

#[test]
fn several_causes_are_one_note() {
    let mut rig = Rig::new(on_the_desktop());
    rig.fails(Duration::ZERO, "work/INBOX", DOWN);
    rig.fails(Duration::ZERO, "home/INBOX", (FaultClass::Dns, true, "no such host"));
    rig.fails(Duration::ZERO, "home/a", (FaultClass::Dns, true, "no such host"));
    let body = "home: no such host\nwork: mx took no connection";
    assert_eq!(rig.told(HOUR), [(PATIENCE + SETTLE, "3 watches are down", body)]);
    // One watch alone is named.
    rig.fails(HOUR * 2, "home/b", (FaultClass::Timeout, true, "silence"));
    assert_eq!(rig.told(HOUR * 3)[1], (HOUR * 2 + PATIENCE + SETTLE, "home/b is down", "silence"));
}

#[test]
fn an_outage_that_each_account_sees_at_another_second_is_one_note() {
    let mut rig = Rig::new(on_the_desktop());
    for (account, after) in [("a", 0), ("b", 3), ("c", 21), ("d", 30)] {
        rig.fails(S * after, &format!("{account}/INBOX"), DOWN);
        rig.fails(S * (after + 1), &format!("{account}/lists"), DOWN);
    }
    let body: Vec<String> = ["a", "b", "c", "d"].iter().map(|account| format!("{account}: {}", DOWN.2)).collect();
    let last = PATIENCE + TOGETHER;
    assert_eq!(rig.told(HOUR), [(last + SETTLE, "8 watches are down", body.join("\n").as_str())]);
}

#[test]
fn nobody_waits_for_an_account_that_is_well_again_nor_for_one_that_went_down_much_later() {
    let mut rig = Rig::new(on_the_desktop());
    rig.fails(Duration::ZERO, "a/INBOX", DOWN);
    rig.fails(S * 31, "b/INBOX", DOWN);
    let told: Vec<_> = rig.told(PATIENCE + S * 30).into_iter().map(|(at, title, _)| (at, title)).collect();
    assert_eq!(told, [(PATIENCE + SETTLE, "a/INBOX is down")]);
    let mut rig = Rig::new(on_the_desktop());
    rig.fails(Duration::ZERO, "a/INBOX", DOWN);
    rig.fails(S * 20, "b/INBOX", DOWN);
    rig.phase(PATIENCE + S * 5, "b/INBOX", Phase::Idling);
    let told: Vec<_> = rig.told(HOUR).into_iter().map(|(at, title, _)| (at, title)).collect();
    assert_eq!(told, [(PATIENCE + S * 5 + SETTLE, "a/INBOX is down")]);
}

#[test]
fn what_needs_the_user_does_not_wait_for_who_is_down_and_tells_what_is_due_with_it() {
    let mut rig = Rig::new(on_the_desktop());
    rig.fails(Duration::ZERO, "a/INBOX", DOWN);
    rig.fails(S * 20, "b/INBOX", DOWN);
    rig.fails(PATIENCE + S * 4, "c/INBOX", REFUSED);
    let told: Vec<_> = rig.told(PATIENCE + S * 10).into_iter().map(|(at, title, _)| (at, title)).collect();
    assert_eq!(told, [(PATIENCE + S * 4 + SETTLE, "2 watches are down")]);
    let told: Vec<_> = rig.told(HOUR).into_iter().map(|(at, title, _)| (at, title)).collect();
    assert_eq!(told[1..], [(PATIENCE + S * 20 + SETTLE, "b/INBOX is down")]);
}

#[test]
fn mailboxes_that_do_not_exist_are_causes_of_their_own() {
    let mut rig = Rig::new(on_the_desktop());
    rig.fails(Duration::ZERO, "work/a", (FaultClass::Mailbox, false, "a does not exist"));
    rig.fails(M, "work/b", (FaultClass::Mailbox, false, "b does not exist"));
    let told: Vec<&str> = rig.told(HOUR).into_iter().map(|(_, _, body)| body).collect();
    assert_eq!(told, ["a does not exist\nwork/a", "b does not exist\nwork/b"]);
}

#[test]
fn mail_and_trouble_are_notes_of_their_own_and_keep_their_distance() {
    let mut rig = Rig::new(on_the_desktop());
    let now = rig.clock.after(Duration::ZERO);
    assert_eq!(rig.notifier.take(&mail("Friday?", now), now), []);
    rig.fails(S, "work/a", REFUSED);
    let titles: Vec<_> = rig.told(HOUR).into_iter().map(|(at, title, _)| (at, title)).collect();
    assert_eq!(titles, [(SETTLE, "Ann Lee"), (SETTLE + GAP, "work needs you")]);
}

#[test]
fn quiet_hours_tell_at_their_end_what_is_still_wrong() {
    let quiet = Quiet::parse("11:00-13:00").expect("hours");
    let mut rig = Rig::new(Notifications { quiet: Some(quiet), ..on_the_desktop() });
    rig.fails(Duration::ZERO, "work/INBOX", DOWN);
    rig.fails(Duration::ZERO, "home/INBOX", REFUSED);
    rig.phase(M * 30, "home/INBOX", Phase::Idling);
    let titles: Vec<_> = rig.told(HOUR * 4).into_iter().map(|(at, title, _)| (at, title)).collect();
    assert_eq!(titles, [(HOUR, "work/INBOX is down")]);
}

#[test]
fn nobody_is_told_where_the_desktop_is_off_or_the_account_is_silent() {
    let silent = std::collections::BTreeSet::from(["work".to_owned()]);
    for settings in
        [Notifications { silent, ..on_the_desktop() }, Notifications { bell: true, ..Notifications::default() }]
    {
        let mut rig = Rig::new(settings);
        rig.fails(Duration::ZERO, "work/INBOX", REFUSED);
        rig.fails(Duration::ZERO, "work/a", DOWN);
        assert_eq!(rig.told(HOUR), []);
        assert_eq!(rig.notifier.due(), None);
    }
}

#[test]
fn without_a_way_out_what_is_down_counts_from_when_there_is_one_again() {
    let mut rig = Rig::new(on_the_desktop());
    rig.fails(Duration::ZERO, "work/INBOX", DOWN);
    rig.pass_until(M * 4);
    let now = rig.clock.after(PATIENCE);
    assert!(rig.notifier.is_about_to_tell(now));
    rig.notifier.has_no_route(now);
    assert!(!rig.notifier.is_about_to_tell(now));
    assert_eq!(rig.told(M * 9), []);
    assert_eq!(rig.told(PATIENCE * 2 + S).len(), 1);
}

#[test]
fn after_a_resume_nothing_is_told_of_what_is_down_until_it_had_time_to_come_back() {
    let quiet = Quiet::parse("11:00-13:00").expect("hours");
    let mut rig = Rig::new(Notifications { quiet: Some(quiet), ..on_the_desktop() });
    rig.fails(Duration::ZERO, "work/INBOX", DOWN);
    rig.fails(Duration::ZERO, "home/INBOX", REFUSED);
    // It is held for the end of the quiet hours, and the machine sleeps through that.
    rig.pass_until(M * 50);
    let slept = HOUR * 6;
    let now = Now { wall: rig.clock.after(M * 50 + slept).wall, ..rig.clock.after(M * 50) };
    let told = rig.notifier.take(&event(None, EventKind::Slept { slept }, now), now);
    // What needs the user does not mend itself.
    let [Action::Trouble(trouble)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(trouble.note().title, "home needs you");
    let after = |passed: Duration| Now { wall: now.wall + passed, at: now.at + passed };
    assert_eq!(rig.notifier.tick(after(PATIENCE)), []);
    let told = rig.notifier.tick(after(PATIENCE + SETTLE));
    let [Action::Trouble(trouble)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(trouble.note().title, "work/INBOX is down");
}

#[test]
fn what_is_held_is_not_told_either_where_there_is_no_way_out_by_then() {
    let quiet = Quiet::parse("11:00-13:00").expect("hours");
    let mut rig = Rig::new(Notifications { quiet: Some(quiet), ..on_the_desktop() });
    rig.fails(Duration::ZERO, "work/INBOX", DOWN);
    rig.pass_until(M * 59);
    let now = rig.clock.after(HOUR);
    assert!(rig.notifier.is_about_to_tell(now));
    rig.notifier.has_no_route(now);
    assert_eq!(rig.notifier.tick(now), []);
    let titles: Vec<_> = rig.told(HOUR * 4).into_iter().map(|(at, title, _)| (at, title)).collect();
    assert_eq!(titles, [(HOUR + PATIENCE + SETTLE, "work/INBOX is down")]);
}

#[test]
fn a_mail_that_the_rules_leave_out_is_not_told() {
    let rules = NotifyRules {
        not: vec![Rule { subject: Some("*[spam]*".to_owned()), ..Rule::default() }],
        ..NotifyRules::default()
    };
    let mut rig = Rig::new(Notifications { rules, ..on_the_desktop() });
    for (second, subject) in [(1, "x [spam]"), (2, "Friday?")] {
        let now = rig.clock.after(S * second);
        rig.pass_until(S * second);
        let actions = rig.notifier.take(&mail(subject, now), now);
        rig.keep(S * second, actions);
    }
    assert_eq!(rig.told(HOUR).len(), 1);
}
