//! Logging in: AUTHENTICATE PLAIN where the server has it, else LOGIN; with a token OAUTHBEARER (RFC 7628), else XOAUTH2.
//! A way that the server refuses before it has judged the secret gives way to the next, once.
//!
//! Lines that carry a secret are named here and made by the host.

use std::sync::Arc;
use std::time::Instant;

use super::commands::Capability;
use super::context::{Action, Context, Event, Flow, Reply, Step};
use super::plan::LoginPlan;
use super::question::{Answer, Question};
use super::secret::{LoginLine, Mechanism, mechanism};
use crate::model::{Auth, Fault, FaultClass, LoginWay as Way, Status, sanitise};
use crate::refusal::{At, classify, is_judged};
use crate::response::StatusText;

/// What of a server's offers is shown, in characters.
const OFFERS: usize = 200;

/// Literals in a LOGIN: user and password.
const LITERALS: u8 = 2;

/// Empty answers to challenges after the response. A failure's details want one; a server that asks on and on gets no more.
const RESIGNATIONS: u8 = 3;

/// A login. Afterwards the capabilities are those after it (RFC 3501 §6.2.3: they may differ).
#[derive(Debug)]
pub struct Login {
    plan: LoginPlan,
    stage: Stage,
    /// When every reply of the login is late.
    by: Option<Instant>,
    /// What the server offered before.
    offers: Arc<[String]>,
    /// The way that comes after the one that is tried.
    next: Option<Way>,
}

#[derive(Debug)]
enum Stage {
    Start,
    Sasl {
        way: Way,
        mechanism: Mechanism,
        /// Whether the response is still owed.
        owed: bool,
        /// Challenges that may still be answered after it.
        patience: u8,
    },
    Login {
        /// Pieces that may still be asked for.
        pieces: u8,
    },
    /// Whether the secret may go out once more, by another way; else the first refusal is the end.
    Asking(Way, Fault),
    Trusted(Way, Trusted),
}

impl Login {
    /// By this plan.
    #[must_use]
    pub fn new(plan: LoginPlan) -> Self {
        Self { plan, stage: Stage::Start, by: None, offers: Arc::default(), next: None }
    }

    fn has(&self, name: &str) -> bool {
        self.offers.iter().any(|told| told.eq_ignore_ascii_case(name))
    }

    fn deadline(&self, context: &Context) -> Instant {
        self.by.unwrap_or_else(|| context.by())
    }

    fn begin(&mut self, context: &mut Context) -> Flow<Way> {
        self.by = Some(context.by());
        self.offers = std::mem::take(&mut context.facts.capabilities);
        let mut ways = self.plan.ways(|name| self.has(name)).into_iter();
        let Some(first) = ways.next() else {
            let what = match self.plan.auth {
                Auth::Password => "password here (LOGINDISABLED, no AUTH=PLAIN)",
                Auth::OAuth2 => "OAuth 2.0 token (neither OAUTHBEARER nor XOAUTH2)",
            };
            let offers = sanitise(&self.offers.join(" "), OFFERS);
            let message = format!("{} takes no {what}; it offers: {offers}", context.peer());
            return Err(Fault::retry_after(FaultClass::Auth, message));
        };
        self.next = ways.next();
        self.try_by(context, first);
        Ok(None)
    }

    fn try_by(&mut self, context: &mut Context, way: Way) {
        context.login.begin(way);
        match mechanism(way) {
            Some(mechanism) => {
                let owed = self.authenticate(context, mechanism);
                self.stage = Stage::Sasl { way, mechanism, owed, patience: RESIGNATIONS };
            }
            None => self.login(context),
        }
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
    fn more(&mut self, context: &mut Context, challenge: String) -> Flow<Way> {
        match &mut self.stage {
            Stage::Sasl { way, mechanism, owed, patience } => {
                // A second `+` carries an error's details and wants an empty line (RFC 7628 §3.2.3, XOAUTH2).
                let first = std::mem::take(owed);
                if !first {
                    let Some(left) = patience.checked_sub(1) else {
                        let message = format!(
                            "{} answers AUTHENTICATE {} with one challenge after another and never says OK or NO: its login \
                             is broken",
                            context.peer(),
                            mechanism.name()
                        );
                        return Err(Fault::retry_after(FaultClass::Protocol, message));
                    };
                    *patience = left;
                }
                let line = if first { LoginLine::Response } else { LoginLine::Resign };
                context.send_login(line(*mechanism));
                match way {
                    Way::OAuthBearer | Way::XOAuth2 if !first => context.challenge = Some(challenge),
                    Way::OAuthBearer | Way::XOAuth2 | Way::Plain | Way::Login => {}
                }
            }
            Stage::Login { pieces } if *pieces > 0 => {
                *pieces -= 1;
                context.send_login(LoginLine::Rest);
            }
            Stage::Login { .. } | Stage::Start | Stage::Asking(..) | Stage::Trusted(..) => {}
        }
        Ok(None)
    }

    /// The server has answered.
    fn answered(&mut self, context: &mut Context, status: Status, text: &StatusText) -> Flow<Way> {
        let (way, what) = match &self.stage {
            Stage::Sasl { way: way @ (Way::OAuthBearer | Way::XOAuth2), .. } => (*way, "the token"),
            Stage::Sasl { way, .. } => (*way, "the login"),
            Stage::Login { .. } => (Way::Login, "the login"),
            // No command is under way.
            Stage::Start | Stage::Asking(..) | Stage::Trusted(..) => return Ok(None),
        };
        if status == Status::Ok {
            context.login.end();
            let mut trusted = Trusted::by(self.deadline(context));
            let flow = trusted.handle(context, Event::Begin);
            self.stage = Stage::Trusted(way, trusted);
            return flow.map(|done| done.map(|()| way));
        }
        let whole = text.whole();
        let fault = context.refused(what, text, At::Login);
        context.login.refused(classify(&whole, At::Login).login);
        let sent = context.login.is_sent();
        // Where the secret went along, the server may have judged it and not said so. One that is known to take this way has.
        let judged = is_judged(&whole) || context.challenge.is_some() || self.plan.known == Some(way);
        let Some(next) = self.next.filter(|_| !sent || !judged) else { return Err(fault) };
        self.next = None;
        if sent {
            context.ask(Question::AnotherWay);
            self.stage = Stage::Asking(next, fault);
        } else {
            self.try_by(context, next);
        }
        Ok(None)
    }

    /// The host has answered.
    fn allowed(&mut self, context: &mut Context, allowed: bool) -> Flow<Way> {
        match std::mem::replace(&mut self.stage, Stage::Start) {
            Stage::Asking(way, _) if allowed => {
                self.by = Some(context.by());
                self.try_by(context, way);
                Ok(None)
            }
            Stage::Asking(_, fault) => Err(fault),
            other @ (Stage::Start | Stage::Sasl { .. } | Stage::Login { .. } | Stage::Trusted(..)) => {
                self.stage = other;
                Ok(None)
            }
        }
    }
}

impl Step for Login {
    type Done = Way;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Way> {
        if let Stage::Trusted(way, trusted) = &mut self.stage {
            let way = *way;
            return trusted.handle(context, event).map(|done| done.map(|()| way));
        }
        match event {
            Event::Begin => return self.begin(context),
            Event::Reply(Reply::Continue(challenge)) => return self.more(context, challenge),
            Event::Reply(Reply::Tagged(status, text)) => return self.answered(context, status, &text),
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(Answer::AnotherWay(allowed)) => return self.allowed(context, allowed),
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
