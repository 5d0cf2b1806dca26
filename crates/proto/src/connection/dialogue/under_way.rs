//! How far a login has come, and what its end means.

use super::question::LoginFailure;
use super::secret::LoginLine;
use crate::logins::Refusal;
use crate::model::{Fault, FaultClass, LoginWay as Way};
use crate::refusal::At;

/// A login that is under way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UnderWay {
    /// By this way.
    way: Option<Way>,
    /// Whether the secret has gone out by it.
    sent: bool,
    /// What the server's refusal means.
    refusal: Option<Refusal>,
}

impl UnderWay {
    /// None.
    pub const fn none() -> Self {
        Self { way: None, sent: false, refusal: None }
    }

    /// Where a BYE is said: in a login that is under way, in place of the greeting, or in a session.
    pub const fn place(self, greeting: bool) -> At {
        match (greeting, self.way) {
            (true, _) => At::Greeting,
            (false, Some(_)) => At::Login,
            (false, None) => At::Session,
        }
    }

    /// This line goes out.
    pub const fn sends(&mut self, line: &LoginLine) {
        self.sent |= line.has_secret();
    }

    /// By this way from now on.
    pub fn begin(&mut self, way: Way) {
        *self = Self { way: Some(way), ..Self::default() };
    }

    /// The server has taken it.
    pub fn end(&mut self) {
        *self = Self::default();
    }

    /// The server has refused it.
    pub const fn refused(&mut self, refusal: Refusal) {
        self.refusal = Some(refusal);
    }

    pub const fn is_sent(self) -> bool {
        self.sent
    }

    /// What ends it, and what that means.
    pub fn failed(self, fault: Fault) -> LoginFailure {
        let meant = self.refusal.unwrap_or(match fault.class {
            FaultClass::Closed => Refusal::Dropped,
            FaultClass::Limit => Refusal::Limited,
            FaultClass::Dns
            | FaultClass::Connect
            | FaultClass::Proxy
            | FaultClass::Tls
            | FaultClass::Auth
            | FaultClass::Secret
            | FaultClass::Mailbox
            | FaultClass::Protocol
            | FaultClass::Timeout
            | FaultClass::History
            | FaultClass::Hook
            | FaultClass::Config => Refusal::Passing,
        });
        LoginFailure { fault, way: self.way, refusal: self.sent.then_some(meant) }
    }
}
