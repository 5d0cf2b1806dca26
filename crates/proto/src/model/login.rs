//! Ways to log in, and what the configuration says of them.

/// A way to log in: a SASL mechanism, or the command LOGIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LoginWay {
    /// AUTHENTICATE OAUTHBEARER.
    OAuthBearer,
    /// AUTHENTICATE XOAUTH2.
    XOAuth2,
    /// AUTHENTICATE PLAIN.
    Plain,
    /// LOGIN.
    Login,
}

/// Which way a password goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoginChoice {
    /// By what the server offers.
    #[default]
    Auto,
    /// By AUTHENTICATE PLAIN, whatever it offers.
    Plain,
    /// By LOGIN, whatever it offers.
    Login,
}

impl LoginChoice {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Plain, Self::Login];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Plain => "plain",
            Self::Login => "login",
        }
    }
}
