//! The form's fields and buttons, and where a password comes from.

/// A field or a button of the form: what can have the keys.
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
    /// How the connection is encrypted.
    Tls,
    /// Certificates to trust besides the public ones.
    Ca,
    /// The login name.
    User,
    /// The account's name.
    Name,
    /// Try a connection.
    Try,
    /// Stop trying.
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
