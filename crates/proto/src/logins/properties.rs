//! Whatever servers answer, however many ask, whatever the user does: no account is locked.

use std::time::UNIX_EPOCH;

use proptest::prelude::*;

use super::*;

const USERS: [&str; 5] = ["a", "b", "c", "d", "e"];

#[derive(Clone, Copy, Debug)]
enum Act {
    /// A mailbox of this user asks.
    Ask(usize),
    /// The oldest login that is under way ends.
    End(Option<Refusal>),
    /// One before its secret was sent.
    Unsent,
    /// One is refused by one way, and goes by another.
    Another,
    Pass(u64),
    /// A key.
    Key(usize),
    /// The program starts again.
    Restart,
    /// The account's watches begin, configured like this.
    Begin(usize, u16),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let refusal = prop_oneof![
        4 => Just(Some(Refusal::ByProof)),
        2 => Just(Some(Refusal::Passing)),
        1 => Just(Some(Refusal::NeedsUser)),
        1 => Just(Some(Refusal::Dropped)),
        1 => Just(Some(Refusal::Limited)),
        1 => Just(None),
    ];
    let act = prop_oneof![
        6 => (0..USERS.len()).prop_map(Act::Ask),
        5 => refusal.prop_map(Act::End),
        1 => Just(Act::Unsent),
        1 => Just(Act::Another),
        3 => prop_oneof![Just(0), 1..30_u64, 30..2000_u64].prop_map(Act::Pass),
        4 => (0..USERS.len()).prop_map(Act::Key),
        1 => Just(Act::Restart),
        2 => (0..USERS.len(), 0..3_u16).prop_map(|(user, settings)| Act::Begin(user, settings)),
    ];
    prop::collection::vec(act, 1..150)
}

fn most_in_a_window(times: &[u64]) -> usize {
    let within = |from: u64| times.iter().filter(|at| (from..from + WINDOW.as_secs()).contains(at)).count();
    times.iter().map(|from| within(*from)).max().unwrap_or(0)
}

proptest! {
    #[test]
    fn no_secret_is_refused_more_than_thrice_and_no_host_refuses_more_than_ten_times(acts in acts()) {
        let mut logins = Logins::default();
        let run = Run { pid: 1, chance: 1 };
        let (mut clock, mut open) = (1_700_000_000_u64, Vec::new());
        let (mut secrets, mut all) = (vec![Vec::new(); USERS.len()], Vec::new());
        // Logins whose end nobody knows, until one of the same user succeeds: then they were no refusals.
        let mut unknown: Vec<(usize, u64)> = Vec::new();
        let who = |user: usize| Who { host: "h", user: USERS[user], account: "a", settings: Settings::default() };
        for act in acts {
            let at = UNIX_EPOCH + Duration::from_secs(clock);
            match act {
                Act::Ask(user) => match logins.ask(who(user), run, at) {
                    Turn::Granted(granted) => {
                        logins.sending(who(user), granted);
                        open.push((user, granted, clock));
                    }
                    Turn::Busy => prop_assert!(!open.is_empty(), "nobody would ever be asked again"),
                    Turn::Wait(wait) => prop_assert!(wait.pause > Duration::ZERO),
                },
                Act::End(end) if !open.is_empty() => {
                    let (user, granted, _) = open.remove(0);
                    match end {
                        None => {
                            unknown.retain(|(of, _)| *of != user);
                            logins.accepted(who(user), granted, Way::Plain, at);
                        }
                        Some(refusal) => {
                            logins.refused(who(user), granted, refusal, at);
                            all.push(clock);
                            if refusal != Refusal::Limited {
                                secrets[user].push(clock);
                            }
                        }
                    }
                }
                Act::Unsent if !open.is_empty() => {
                    let (user, granted, _) = open.remove(0);
                    logins.unsent(who(user), granted);
                }
                Act::Another if !open.is_empty() => {
                    let (user, granted, _) = open[0];
                    if let Some(another) = logins.another(who(user), granted, run, at) {
                        secrets[user].push(clock);
                        all.push(clock);
                        open[0] = (user, another, clock);
                    }
                }
                Act::End(_) | Act::Unsent | Act::Another => {}
                Act::Pass(seconds) => {
                    clock += seconds;
                    // No login lasts for so long.
                    open.retain(|(_, _, since)| clock - since < 660);
                }
                Act::Key(user) => logins.act(who(user)),
                Act::Begin(user, settings) => {
                    logins.begins(Who { settings: Settings::numbered(settings), ..who(user) });
                }
                Act::Restart => {
                    for (user, granted, since) in open.drain(..) {
                        if !logins.is_proven(who(user)) {
                            unknown.push((user, since));
                        }
                        logins.abandoned(who(user), granted);
                    }
                }
            }
        }
        for (user, since) in unknown {
            secrets[user].push(since);
            all.push(since);
        }
        for times in &secrets {
            prop_assert!(most_in_a_window(times) <= TRIES, "{times:?}");
        }
        prop_assert!(most_in_a_window(&all) <= HOST_REFUSALS, "{all:?}");
    }

    #[test]
    fn whatever_happened_a_login_may_be_tried_within_six_hours(acts in acts()) {
        let mut logins = Logins::default();
        let (run, mut clock, mut open) = (Run { pid: 1, chance: 1 }, 1_700_000_000_u64, Vec::new());
        let who = |user: usize| Who { host: "h", user: USERS[user], account: "a", settings: Settings::default() };
        for act in acts {
            let at = UNIX_EPOCH + Duration::from_secs(clock);
            match act {
                Act::Ask(user) => {
                    if let Turn::Granted(granted) = logins.ask(who(user), run, at) {
                        logins.sending(who(user), granted);
                        open.push((user, granted));
                    }
                }
                Act::End(Some(refusal)) if !open.is_empty() => {
                    let (user, granted) = open.remove(0);
                    logins.refused(who(user), granted, refusal, at);
                }
                Act::Pass(seconds) => clock += seconds,
                Act::Restart => logins.lost(run),
                Act::End(_) | Act::Unsent | Act::Another | Act::Key(_) | Act::Begin(..) => {}
            }
        }
        let later = UNIX_EPOCH + Duration::from_secs(clock) + Duration::from_hours(6);
        for user in 0..USERS.len() {
            let turn = logins.ask(who(user), run, later);
            prop_assert!(matches!(turn, Turn::Granted(_)), "{turn:?}");
            if let Turn::Granted(granted) = turn {
                logins.unsent(who(user), granted);
            }
        }
    }
}
