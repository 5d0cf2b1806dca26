//! Permission for one login, until it is settled.

use std::sync::atomic::{AtomicBool, Ordering};

use super::counts::{Counts, Whose};
use mailwatch_proto::logins::{Refusal, Try, Wait};
use mailwatch_proto::model::LoginWay;

/// Permission for one login. Dropped unsettled after its secret may have gone out, its login counts as one whose end nobody
/// knows.
#[derive(Debug)]
pub struct LoginTicket {
    counts: Counts,
    whose: Whose,
    granted: Option<Try>,
    /// It was written down with the permission that the secret goes out.
    is_announced: bool,
    /// The secret may have gone out.
    is_out: AtomicBool,
}

impl LoginTicket {
    pub(super) const fn new(counts: Counts, whose: Whose, granted: Try, is_announced: bool) -> Self {
        Self { counts, whose, granted: Some(granted), is_announced, is_out: AtomicBool::new(false) }
    }

    /// The secret may go out from now on.
    pub(crate) async fn begin(&self) {
        let (Some(granted), whose) = (self.granted, self.whose.clone()) else { return };
        if !self.is_announced {
            self.counts.with(move |logins, _, _| logins.sending(whose.who(), granted)).await;
        }
        self.is_out.store(true, Ordering::Relaxed);
    }

    /// The server took it.
    pub(crate) async fn accepted(mut self, way: LoginWay) {
        let (whose, granted) = (self.whose.clone(), self.granted.take());
        let Some(granted) = granted else { return };
        self.counts.settle(move |logins, _, at| logins.accepted(whose.who(), granted, way, at)).await;
    }

    /// The server refused it: why and how long the next must wait.
    pub(crate) async fn refused(mut self, refusal: Refusal) -> Option<Wait> {
        let (whose, granted) = (self.whose.clone(), self.granted.take()?);
        self.counts.settle(move |logins, _, at| logins.refused(whose.who(), granted, refusal, at)).await
    }

    /// It was refused by one way: whether the secret may go out once more, by another.
    pub(crate) async fn another(&mut self) -> bool {
        let Some(granted) = self.granted else { return false };
        let whose = self.whose.clone();
        let another = self.counts.with(move |logins, run, at| logins.another(whose.who(), granted, run, at)).await;
        self.granted = another.or(self.granted);
        another.is_some()
    }

    /// No secret was sent.
    pub(crate) async fn unsent(mut self) {
        let (whose, granted) = (self.whose.clone(), self.granted.take());
        let Some(granted) = granted else { return };
        self.counts.settle(move |logins, _, _| logins.unsent(whose.who(), granted)).await;
    }
}

impl Drop for LoginTicket {
    fn drop(&mut self) {
        let Some(granted) = self.granted.take() else { return };
        let (whose, is_out) = (self.whose.clone(), *self.is_out.get_mut());
        self.counts.settle_later(move |logins, _, _| {
            if is_out {
                logins.abandoned(whose.who(), granted);
            } else {
                logins.unsent(whose.who(), granted);
            }
        });
    }
}
