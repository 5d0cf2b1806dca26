//! The lines that carry a secret: named here, made by the host.

use crate::model::LoginWay;

/// A SASL mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// A user and a password (RFC 4616).
    Plain,
    /// A token (RFC 7628).
    OAuthBearer,
    /// A token, by OAUTHBEARER's forerunner.
    XOAuth2,
}

impl Mechanism {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
        }
    }

    /// What a client must send after a failure's details, so that the tagged NO can come: a single ^A for OAUTHBEARER
    /// (RFC 7628 §3.2.3), an empty line for the others.
    #[must_use]
    pub const fn resignation(self) -> &'static str {
        match self {
            Self::OAuthBearer => "AQ==",
            Self::Plain | Self::XOAuth2 => "",
        }
    }
}

/// Its mechanism, where it has one.
#[must_use]
pub const fn mechanism(way: LoginWay) -> Option<Mechanism> {
    match way {
        LoginWay::OAuthBearer => Some(Mechanism::OAuthBearer),
        LoginWay::XOAuth2 => Some(Mechanism::XOAuth2),
        LoginWay::Plain => Some(Mechanism::Plain),
        LoginWay::Login => None,
    }
}

/// A line of the login, which the host makes and does not trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginLine {
    /// `TAG AUTHENTICATE MECHANISM` with the initial response (RFC 4959).
    Authenticate {
        /// The tag.
        tag: String,
        /// How.
        mechanism: Mechanism,
    },
    /// The response alone.
    Response(Mechanism),
    /// [`Mechanism::resignation`]: no secret, and not traced either.
    Resign(Mechanism),
    /// `TAG LOGIN user password`, as far as the first literal that the server must ask for.
    Login {
        /// The tag.
        tag: String,
        /// Whether literals need not be asked for (RFC 7888).
        literal_plus: bool,
    },
    /// LOGIN's next piece, where there is one.
    Rest,
}

impl LoginLine {
    /// Whether a secret goes out with it.
    #[must_use]
    pub const fn has_secret(&self) -> bool {
        match self {
            Self::Authenticate { .. } | Self::Response(_) | Self::Login { .. } | Self::Rest => true,
            Self::Resign(_) => false,
        }
    }
}
