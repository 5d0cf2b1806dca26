//! Logging in: AUTHENTICATE PLAIN where the server has it, else LOGIN; with a token OAUTHBEARER (RFC 7628), else XOAUTH2.
//!
//! Lines that carry a secret are named here and made by the host.

use std::sync::Arc;
use std::time::Instant;

use super::commands::Capability;
use super::context::{Action, Context, Event, Flow, Reply, Step};
use super::secret::{LoginLine, Mechanism};
use crate::model::{Auth, Fault, FaultClass, Status, sanitise};
use crate::refusal::At;
use crate::response::StatusText;

/// What of a server's offers is shown, in characters.
const OFFERS: usize = 200;

/// Literals in a LOGIN: user and password.
const LITERALS: u8 = 2;

/// A login. Afterwards the capabilities are those after it (RFC 3501 §6.2.3: they may differ).
#[derive(Debug)]
pub struct Login {
    auth: Auth,
    stage: Stage,
    /// When every reply of the login is late.
    by: Option<Instant>,
    /// What the server offered before.
    offers: Arc<[String]>,
}

#[derive(Debug)]
enum Stage {
    Start,
    Plain {
        /// Whether the response is still owed.
        owed: bool,
    },
    Login {
        /// Pieces that may still be asked for.
        pieces: u8,
    },
    Token {
        mechanism: Mechanism,
        owed: bool,
    },
    Trusted(Trusted),
}

impl Login {
    /// By a password or by a token.
    #[must_use]
    pub fn new(auth: Auth) -> Self {
        Self { auth, stage: Stage::Start, by: None, offers: Arc::default() }
    }

    fn has(&self, name: &str) -> bool {
        self.offers.iter().any(|told| told.eq_ignore_ascii_case(name))
    }

    fn deadline(&self, context: &Context) -> Instant {
        self.by.unwrap_or_else(|| context.by())
    }

    fn begin(&mut self, context: &mut Context) -> Flow<()> {
        self.by = Some(context.by());
        self.offers = std::mem::take(&mut context.facts.capabilities);
        match self.auth {
            Auth::Password if self.has("AUTH=PLAIN") => {
                let owed = self.authenticate(context, Mechanism::Plain);
                self.stage = Stage::Plain { owed };
            }
            Auth::Password if self.has("LOGINDISABLED") => {
                let message = format!(
                    "{} takes no password here (LOGINDISABLED, no AUTH=PLAIN); it offers: {}",
                    context.peer(),
                    self.offers.join(" ")
                );
                return Err(Fault::needs_user(FaultClass::Auth, message));
            }
            Auth::Password => self.login(context),
            Auth::OAuth2 => {
                let mechanism = if self.has("AUTH=OAUTHBEARER") {
                    Mechanism::OAuthBearer
                } else if self.has("AUTH=XOAUTH2") {
                    Mechanism::XOAuth2
                } else {
                    let message = format!(
                        "{} takes no OAuth 2.0 token (neither OAUTHBEARER nor XOAUTH2); it offers: {}",
                        context.peer(),
                        sanitise(&self.offers.join(" "), OFFERS)
                    );
                    return Err(Fault::needs_user(FaultClass::Auth, message));
                };
                let owed = self.authenticate(context, mechanism);
                self.stage = Stage::Token { mechanism, owed };
            }
        }
        Ok(None)
    }

    /// Sends AUTHENTICATE. Returns whether the response is still owed because it could not go with the command.
    fn authenticate(&self, context: &mut Context, mechanism: Mechanism) -> bool {
        let tag = context.next_tag();
        let owed = !self.has("SASL-IR");
        if owed {
            context.send_line(format!("{tag} AUTHENTICATE {}", mechanism.name()));
        } else {
            context.send_login(LoginLine::Authenticate { tag: tag.clone(), mechanism });
        }
        context.expect_login(tag, "AUTHENTICATE", self.deadline(context));
        owed
    }

    fn login(&mut self, context: &mut Context) {
        let tag = context.next_tag();
        context.send_login(LoginLine::Login { tag: tag.clone(), literal_plus: self.has("LITERAL+") });
        context.expect_login(tag, "LOGIN", self.deadline(context));
        self.stage = Stage::Login { pieces: LITERALS };
    }

    /// The server asks for more.
    fn more(&mut self, context: &mut Context, challenge: String) {
        match &mut self.stage {
            Stage::Plain { owed } => {
                // A second `+` carries an error's details and wants an empty line (RFC 7628 §3.2.3, XOAUTH2).
                let first = std::mem::take(owed);
                let line = if first { LoginLine::Response } else { LoginLine::Resign };
                context.send_login(line(Mechanism::Plain));
            }
            Stage::Token { mechanism, owed } => {
                let first = std::mem::take(owed);
                let line = if first { LoginLine::Response } else { LoginLine::Resign };
                context.send_login(line(*mechanism));
                if !first {
                    context.challenge = Some(challenge);
                }
            }
            Stage::Login { pieces } if *pieces > 0 => {
                *pieces -= 1;
                context.send_login(LoginLine::Rest);
            }
            Stage::Login { .. } | Stage::Start | Stage::Trusted(_) => {}
        }
    }

    /// The server has answered.
    fn answered(&mut self, context: &mut Context, status: Status, text: &StatusText) -> Flow<()> {
        let refused = match (&self.stage, status) {
            (_, Status::Ok) => {
                let mut trusted = Trusted::by(self.deadline(context));
                let flow = trusted.handle(context, Event::Begin);
                self.stage = Stage::Trusted(trusted);
                return flow;
            }
            (Stage::Plain { .. }, Status::No) => context.refused("the login", text, At::Login),
            (Stage::Plain { .. }, Status::Bad) if self.has("LOGINDISABLED") => {
                context.refused("the login", text, At::Session)
            }
            // PLAIN is offered and not understood; LOGIN may be understood.
            (Stage::Plain { .. }, Status::Bad) => {
                self.login(context);
                return Ok(None);
            }
            (Stage::Token { .. }, Status::No | Status::Bad) => context.refused("the token", text, At::Login),
            (Stage::Login { .. } | Stage::Start | Stage::Trusted(_), Status::No) => {
                context.refused("the login", text, At::Login)
            }
            (Stage::Login { .. } | Stage::Start | Stage::Trusted(_), Status::Bad) => {
                context.refused("LOGIN", text, At::Session)
            }
        };
        Err(refused)
    }
}

impl Step for Login {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        if let Stage::Trusted(trusted) = &mut self.stage {
            return trusted.handle(context, event);
        }
        match event {
            Event::Begin => return self.begin(context),
            Event::Reply(Reply::Continue(challenge)) => self.more(context, challenge),
            Event::Reply(Reply::Tagged(status, text)) => return self.answered(context, status, &text),
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}

/// Follows a login: raises the caps, and asks for the capabilities unless the server has told them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trusted {
    capability: Capability,
}

impl Trusted {
    /// With the login's own deadline.
    const fn by(by: Instant) -> Self {
        Self { capability: Capability::by(by) }
    }
}

impl Step for Trusted {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        if event == Event::Begin {
            context.actions.push_back(Action::Trust);
            if !context.facts.capabilities.is_empty() {
                return Ok(Some(()));
            }
        }
        self.capability.handle(context, event)
    }
}
