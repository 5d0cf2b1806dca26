//! Makes the lines of a login. The trace never shows what they carry.

use std::collections::VecDeque;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::command::{quoted, sasl_oauthbearer, sasl_plain, sasl_xoauth2};
use crate::wire::Outgoing;
use mailwatch_proto::connection::dialogue::{LoginLine, Mechanism};
use mailwatch_proto::model::{Auth, Fault, FaultClass};

/// The lines of one login.
#[derive(Debug)]
pub(crate) struct LoginLines {
    user: String,
    secret: SecretString,
    host: String,
    port: u16,
    /// Pieces of LOGIN that the server must still ask for.
    pieces: VecDeque<Zeroizing<Vec<u8>>>,
}

impl LoginLines {
    /// # Errors
    /// Where no line can carry the name or the secret.
    pub(crate) fn new(auth: Auth, user: &str, secret: SecretString, (host, port): (&str, u16)) -> Result<Self, Fault> {
        let text = secret.expose_secret();
        let message = match auth {
            Auth::Password if user.contains('\0') || text.contains('\0') => {
                "the login name or the password has a NUL in it, which IMAP cannot carry"
            }
            // Neither is in a token (RFC 6750 §2.1), and each would end what it stands in.
            Auth::OAuth2 if user.contains('\x01') || text.chars().any(|c| c.is_control() || c.is_whitespace()) => {
                "the login name or the token contains a space or a control character: token_command must print only the token"
            }
            Auth::Password | Auth::OAuth2 => {
                let (user, host) = (user.to_owned(), host.to_owned());
                return Ok(Self { user, secret, host, port, pieces: VecDeque::new() });
            }
        };
        Err(Fault::needs_user(FaultClass::Secret, message))
    }

    /// Makes a line; `None` where the server asks for more pieces than there are.
    pub(crate) fn make(&mut self, line: LoginLine) -> Option<Outgoing> {
        Some(match line {
            LoginLine::Authenticate { tag, mechanism } => {
                let response = self.response(mechanism);
                let command = format!("{tag} AUTHENTICATE {}", mechanism.name());
                let mut line = Zeroizing::new(Vec::with_capacity(command.len() + response.len() + 3));
                line.extend_from_slice(command.as_bytes());
                line.push(b' ');
                line.extend_from_slice(&response);
                Outgoing::secret(line, &format!("{command} ***"))
            }
            LoginLine::Response(mechanism) => Outgoing::secret(self.response(mechanism), "***"),
            LoginLine::Resign(mechanism) => {
                Outgoing::secret(Zeroizing::new(mechanism.resignation().as_bytes().to_vec()), "***")
            }
            LoginLine::Login { tag, literal_plus } => {
                self.cut_login(&tag, literal_plus);
                Outgoing::raw(self.pieces.pop_front()?, &format!("{tag} LOGIN *** ***"))
            }
            LoginLine::Rest => Outgoing::raw(self.pieces.pop_front()?, "***"),
        })
    }

    fn response(&self, mechanism: Mechanism) -> Zeroizing<Vec<u8>> {
        match mechanism {
            Mechanism::Plain => sasl_plain(&self.user, &self.secret),
            Mechanism::OAuthBearer => sasl_oauthbearer(&self.user, &self.secret, &self.host, self.port),
            Mechanism::XOAuth2 => sasl_xoauth2(&self.user, &self.secret),
        }
    }

    /// Pieces that the server must each ask for with `+`, but for the first.
    fn cut_login(&mut self, tag: &str, literal_plus: bool) {
        let (user, password) = (self.user.as_str(), self.secret.expose_secret());
        // Room for all at once, so that no half-grown copy of the password is left in freed memory.
        let room = || Zeroizing::new(Vec::with_capacity(user.len() * 2 + password.len() * 2 + 64));
        let mut pieces = VecDeque::new();
        let mut line = room();
        line.extend_from_slice(format!("{tag} LOGIN").as_bytes());
        for word in [user, password] {
            line.push(b' ');
            if let Some(word) = quoted(word) {
                line.extend_from_slice(word.as_bytes());
                continue;
            }
            let plus = if literal_plus { "+" } else { "" };
            line.extend_from_slice(format!("{{{}{plus}}}\r\n", word.len()).as_bytes());
            if !literal_plus {
                pieces.push_back(std::mem::replace(&mut line, room()));
            }
            line.extend_from_slice(word.as_bytes());
        }
        line.extend_from_slice(b"\r\n");
        pieces.push_back(line);
        self.pieces = pieces;
    }
}
