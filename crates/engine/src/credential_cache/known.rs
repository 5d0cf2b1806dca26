//! What is known of an account's password or token.

use std::time::Instant;

use secrecy::{ExposeSecret, SecretString};

use crate::clock::now;
use crate::secret::Credential;
use crate::secret::oauth::TokenRenewer;
use mailwatch_proto::boot_clock::BootClock;
use mailwatch_proto::model::{Fault, LoginWay};
use mailwatch_proto::token_lifetime::{Span, TokenLifetime};

/// What is known of the account's password or token.
#[derive(Debug, Default)]
pub struct Known {
    pub held: Option<Held>,
    /// Counts the tokens.
    pub serial: u64,
    pub renewing: TokenRenewer,
    /// Whether it has worked in this run, and nothing spoke against it since.
    pub proven: bool,
    /// The last refusal, in the server's words.
    pub last: Option<Fault>,
    /// The way that the server dropped before it could judge the secret.
    pub avoided: Option<LoginWay>,
    /// When it could last not be had, and why.
    pub missing: Option<(Instant, Fault)>,
}

/// A password or token in hand.
#[derive(Clone, Debug)]
pub struct Held {
    pub secret: SecretString,
    /// When it was had.
    pub at: Instant,
    pub lifetime: TokenLifetime,
}

impl Known {
    /// Takes what was asked for.
    pub fn take(&mut self, asked: Result<Credential, Fault>, clock: BootClock) -> Result<Held, Fault> {
        match asked {
            Ok(Credential { secret, asked, lives }) => {
                self.missing = None;
                let at = now();
                let same = self.held.as_mut().filter(|held| held.secret.expose_secret() == secret.expose_secret());
                if let Some(held) = same {
                    // A command that gives what it gave before: its time goes on.
                    held.at = at;
                    return Ok(held.clone());
                }
                self.serial += 1;
                let span = lives.map(|lives| Span::new(clock.boottime(asked), lives));
                let held = Held { secret, at, lifetime: TokenLifetime { serial: self.serial, span } };
                self.held = Some(held.clone());
                Ok(held)
            }
            Err(fault) => {
                self.missing = Some((now(), fault.clone()));
                Err(fault)
            }
        }
    }
}
