//! From what was typed to an account, and from a key of the configuration back to its field.

use super::field::{FormField, PasswordSource};
use super::input::TextInput;
use super::inputs::Inputs;
use crate::tui::requests::{Entry, Keep, Password};
use mailwatch_engine::config::Draft;
use mailwatch_proto::model::Auth;

/// A field that lacks something, and a sentence about it.
pub type Lacking = (FormField, &'static str);

/// The account that was typed.
///
/// # Errors
/// With the first field that lacks something.
pub fn entry(inputs: &Inputs) -> Result<Entry, Lacking> {
    let command = command(inputs)?;
    let keep = match inputs.password_source {
        PasswordSource::Keyring => Keep::Keyring,
        PasswordSource::ThisRun | PasswordSource::Command => Keep::ThisRun,
    };
    if command.is_none() && inputs.password.is_empty() {
        return Err((FormField::Password, "type the password, or have a command print it"));
    }
    let password = command.is_none().then(|| (Password(inputs.password.secret()), keep));
    let ca_file = Some(inputs.ca.trimmed().to_owned()).filter(|file| !file.is_empty());
    let draft = Draft {
        host: needed(inputs, FormField::Host, "type the server's name")?,
        port: inputs
            .port
            .trimmed()
            .parse()
            .ok()
            .filter(|port| *port > 0)
            .ok_or((FormField::Port, "the port is a number from 1 to 65535: 993, or 143 for STARTTLS"))?,
        tls: inputs.tls,
        ca_file,
        user: needed(inputs, FormField::User, "type the login name, often the mail address")?,
        name: needed(inputs, FormField::Name, "type a name for the account, such as work")?,
        auth: inputs.auth,
        command,
        oauth: None,
        mailboxes: Vec::new(),
    };
    Ok(Entry { draft, password })
}

/// The command that prints the password or a token, if there is to be one.
fn command(inputs: &Inputs) -> Result<Option<Vec<String>>, Lacking> {
    let lacking = match (inputs.auth, inputs.password_source) {
        (Auth::Password, PasswordSource::Keyring | PasswordSource::ThisRun) => return Ok(None),
        (Auth::Password, PasswordSource::Command) => "type the command that prints it",
        (Auth::OAuth2, _) => {
            "type the command that prints a token. To log in in a browser instead, leave with Esc and run \
             `mailwatch-tui account add` in a shell: R reads what it adds"
        }
    };
    let text = needed(inputs, FormField::Command, lacking)?;
    let words = shlex::split(&text).filter(|words| !words.is_empty());
    words.map(Some).ok_or((FormField::Command, "a quote in the command is not closed"))
}

fn needed(inputs: &Inputs, field: FormField, sentence: &'static str) -> Result<String, Lacking> {
    let text = inputs.text(field).map_or("", TextInput::trimmed);
    if text.is_empty() { Err((field, sentence)) } else { Ok(text.to_owned()) }
}

/// The field of a key of the configuration.
#[must_use]
pub fn field_of_key(key: &str) -> Option<FormField> {
    Some(match key {
        "name" => FormField::Name,
        "host" => FormField::Host,
        "port" => FormField::Port,
        "tls" => FormField::Tls,
        "ca_file" => FormField::Ca,
        "user" => FormField::User,
        "auth" => FormField::Auth,
        "password_command" | "token_command" => FormField::Command,
        _ => return None,
    })
}
