//! What of the form can have the keys, and the choices that are no text.

/// What can have the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FormField {
    /// The mail address.
    Address,
    /// How to log in.
    Auth,
    /// Where the password comes from.
    PasswordSource,
    /// The password.
    Password,
    /// The command that prints it, or the token.
    Command,
    /// The server's name.
    Host,
    /// Its port.
    Port,
    /// How it is encrypted.
    Tls,
    /// Certificates to trust besides the public ones.
    Ca,
    /// The login name.
    User,
    /// The account's name.
    Name,
    /// Try a connection.
    Try,
    /// Let go of it.
    Stop,
    /// Back to the fields.
    Back,
    /// Add the account.
    Add,
}

impl FormField {
    /// Whether it is a button.
    #[must_use]
    pub const fn is_button(self) -> bool {
        match self {
            Self::Try | Self::Stop | Self::Back | Self::Add => true,
            Self::Address
            | Self::Auth
            | Self::PasswordSource
            | Self::Password
            | Self::Command
            | Self::Host
            | Self::Port
            | Self::Tls
            | Self::Ca
            | Self::User
            | Self::Name => false,
        }
    }
}

/// Where the password comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordSource {
    /// The system's keyring.
    #[default]
    Keyring,
    /// A command.
    Command,
    /// Memory.
    ThisRun,
}

/// Where the server's settings come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServerSource {
    /// There are none.
    #[default]
    None,
    /// They are being looked for.
    Looking,
    /// Somebody knows them, said in words.
    Known(String),
    /// Nobody does: a guess.
    Guess,
    /// Typed.
    Own,
}
