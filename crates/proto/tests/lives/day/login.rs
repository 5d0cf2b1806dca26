//! The logins of a day: the governor's permission, and what the server makes of each. All at one host.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mailwatch_proto::logins::{HOST_REFUSALS, Logins, Refusal, Run, Settings, TRIES, Try, Turn, WINDOW, Wait, Who};
use mailwatch_proto::model::{Fault, FaultClass, LoginWay, Next};

use super::most;

/// The watch's own user, and others whose programs share the state directory.
const USERS: [&str; 5] = ["me", "a", "b", "c", "d"];

const RUN: Run = Run { pid: 1, chance: 1 };

fn who(user: usize) -> Who<'static> {
    Who { host: "imap.example.org", user: USERS[user], account: USERS[user], settings: Settings::default() }
}

/// The governor, and what the server refused.
#[derive(Debug)]
pub struct Door {
    logins: Logins,
    began: Instant,
    refused: [Vec<(Instant, u32)>; USERS.len()],
    all: Vec<(Instant, u32)>,
}

impl Door {
    pub fn new(began: Instant) -> Self {
        Self { logins: Logins::default(), began, refused: Default::default(), all: Vec::new() }
    }

    fn wall(&self, now: Instant) -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(500_000) + now.saturating_duration_since(self.began)
    }

    /// Permission for a login, or why it has to wait.
    fn ask(&mut self, user: usize, now: Instant) -> Result<Try, Wait> {
        match self.logins.ask(who(user), RUN, self.wall(now)) {
            Turn::Granted(granted) => {
                self.logins.sending(who(user), granted);
                Ok(granted)
            }
            Turn::Wait(wait) => Err(wait),
            Turn::Busy => panic!("no login is under way"),
        }
    }

    fn refuse(&mut self, user: usize, granted: Try, refusal: Refusal, now: Instant) -> Option<Wait> {
        self.all.push((now, 1));
        if refusal != Refusal::Limited {
            self.refused[user].push((now, 1));
        }
        self.logins.refused(who(user), granted, refusal, self.wall(now))
    }

    /// The watch logs in, and the server makes that of it; `None`: it takes the secret.
    ///
    /// # Errors
    /// Where it may not try, or is refused.
    pub fn log_in(&mut self, refusal: Option<Refusal>, now: Instant) -> Result<(), Fault> {
        let fault = |next| Fault { class: FaultClass::Auth, message: "the login is refused".to_owned(), next };
        let granted = self.ask(0, now).map_err(|wait| fault(next(Some(wait))))?;
        match refusal {
            None => {
                self.logins.accepted(who(0), granted, LoginWay::Plain, self.wall(now));
                Ok(())
            }
            Some(Refusal::Limited) => {
                self.refuse(0, granted, Refusal::Limited, now);
                Err(Fault { class: FaultClass::Limit, message: "too many".to_owned(), next: Next::RetryLater })
            }
            Some(refusal) => Err(fault(next(self.refuse(0, granted, refusal, now)))),
        }
    }

    /// The user presses a key.
    pub fn act(&mut self) {
        self.logins.act(who(0));
    }

    /// Somebody else's program tries, whose user presses keys all the time, and is refused.
    pub fn another(&mut self, user: usize, refusal: Refusal, now: Instant) {
        let user = 1 + user % (USERS.len() - 1);
        self.logins.act(who(user));
        if let Ok(granted) = self.ask(user, now) {
            self.refuse(user, granted, refusal, now);
        }
    }

    /// No account is locked by that.
    pub fn hold(&self) {
        for (user, refused) in USERS.iter().zip(&self.refused) {
            let most = most(refused, WINDOW) as usize;
            assert!(most <= TRIES, "{most} refusals of {user}'s secret in {WINDOW:?}");
        }
        let most = most(&self.all, WINDOW) as usize;
        assert!(most <= HOST_REFUSALS, "{most} refusals at the host in {WINDOW:?}");
    }
}

/// What a watch does about a refusal after which so much has to be waited.
fn next(wait: Option<Wait>) -> Next {
    match wait {
        Some(Wait { pause, needs_user: true, .. }) => Next::UserAfter(pause),
        Some(Wait { pause, needs_user: false, .. }) => Next::After(pause),
        None => Next::Retry,
    }
}
