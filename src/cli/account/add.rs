//! `account add`: from an address, from answers or from options to an `[[account]]` in the configuration.

mod gather;
mod oauth;

use std::fs;
use std::io;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use secrecy::SecretString;

use super::Outside;
use super::person::confirm;
use crate::cli::{BadConfig, Exit, Global, Output};
use mailwatch_engine::config::providers::Providers;
use mailwatch_engine::config::{EditError, Refused, edit};
use mailwatch_engine::secret::{self, PromptError};
use mailwatch_proto::model::{Account, Auth, Flow, Issuer, OAuthClient, SecretSource, TlsMode, sanitise};

/// What of a text is shown, in characters.
const SHOWN: usize = 200;

/// `account add`. What is not given is found by the address, or asked for at a terminal.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct Add {
    /// The mail address; its server is looked for: table of providers, DNS, autoconfig
    pub address: Option<String>,
    /// What the account is called on screen
    #[arg(long)]
    pub name: Option<String>,
    /// The server, instead of looking for it
    #[arg(long)]
    pub host: Option<String>,
    /// Its port [default: 993, or 143 without implicit TLS]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// How the connection is encrypted
    #[arg(long, value_parser = tls_parser())]
    pub tls: Option<TlsMode>,
    /// The login name [default: the address]
    #[arg(long)]
    pub user: Option<String>,
    /// How to log in
    #[arg(long, value_parser = auth_parser())]
    pub auth: Option<Auth>,
    /// Certificates to trust besides the public roots, PEM
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<String>,
    /// What to watch; may be given several times [default: INBOX]
    #[arg(long = "mailbox", value_name = "NAME")]
    pub mailboxes: Vec<String>,
    /// A command whose first line of output is the password, with its arguments, up to the line's end or `;`
    #[arg(long, num_args = 1.., allow_hyphen_values = true, value_terminator = ";", value_names = ["PROGRAM", "ARG"], conflicts_with = "token_command")]
    pub password_command: Vec<String>,
    /// The same for an OAuth 2.0 access token
    #[arg(long, num_args = 1.., allow_hyphen_values = true, value_terminator = ";", value_names = ["PROGRAM", "ARG"])]
    pub token_command: Vec<String>,
    /// OAuth 2.0 without a command: who gives the tokens; google, microsoft, or its https:// URL [default: the provider's]
    #[arg(long, value_name = "ISSUER", value_parser = oauth::issuer, conflicts_with_all = ["token_command", "password_command"])]
    pub issuer: Option<Issuer>,
    /// The client's id, as the issuer has registered it
    #[arg(long, value_name = "ID", conflicts_with_all = ["token_command", "password_command"])]
    pub client_id: Option<String>,
    /// Where the client's secret is kept: it is asked for at the login [default: it has none]
    #[arg(long, value_name = "PLACE", value_parser = ["keyring"], requires = "client_id", conflicts_with = "client_secret_command")]
    pub client_secret: Option<String>,
    /// A command whose first line of output is the client's secret
    #[arg(long, num_args = 1.., allow_hyphen_values = true, value_terminator = ";", value_names = ["PROGRAM", "ARG"], requires = "client_id")]
    pub client_secret_command: Vec<String>,
    /// Log in in a browser on this machine, or by a code that is typed into one anywhere [default: browser]
    #[arg(long, value_parser = oauth::flow_parser(), requires = "client_id")]
    pub flow: Option<Flow>,
    /// Ask Thunderbird's database too, which tells Mozilla the address's domain
    #[arg(long)]
    pub ispdb: bool,
    /// Print the lines and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Use what was found, and write it, without asking
    #[arg(short, long)]
    pub yes: bool,
}

const TLS: [(&str, TlsMode); 3] =
    [("implicit", TlsMode::Implicit), ("starttls", TlsMode::StartTls), ("off", TlsMode::Off)];

const AUTH: [(&str, Auth); 2] = [("password", Auth::Password), ("oauth2", Auth::OAuth2)];

fn tls_parser() -> impl TypedValueParser<Value = TlsMode> {
    // The parser has let nothing through but these names.
    let mode =
        |name: String| TLS.into_iter().find(|(known, _)| *known == name).map_or(TlsMode::Implicit, |(_, mode)| mode);
    PossibleValuesParser::new(TLS.map(|(name, _)| name)).map(mode)
}

fn auth_parser() -> impl TypedValueParser<Value = Auth> {
    let auth =
        |name: String| AUTH.into_iter().find(|(known, _)| *known == name).map_or(Auth::Password, |(_, auth)| auth);
    PossibleValuesParser::new(AUTH.map(|(name, _)| name)).map(auth)
}

/// Why it goes no further.
enum Stop {
    /// An error, told already; or the person wants no more.
    Exit(Exit),
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) async fn add(
    wanted: &Add,
    global: &Global,
    output: &mut Output<'_>,
    outside: &mut Outside<'_>,
) -> io::Result<Exit> {
    match added(wanted, global, output, outside).await {
        Ok(exit) | Err(Stop::Exit(exit)) => Ok(exit),
        Err(Stop::Io(error)) => Err(error),
    }
}

async fn added(
    wanted: &Add,
    global: &Global,
    output: &mut Output<'_>,
    outside: &mut Outside<'_>,
) -> Result<Exit, Stop> {
    let bad = |error: BadConfig, output: &mut Output<'_>| output.bad(&error).map_or_else(Stop::Io, Stop::Exit);
    let path = global.config_path().map_err(|error| bad(error.into(), output))?;
    let providers = Providers::beside(&path).map_err(|error| bad(error.into(), output))?;
    let draft = gather::gather(wanted, &path, &providers, output, outside).await?;
    let account = match draft.account(&path) {
        Ok(account) => account,
        Err(wrong) => return Ok(output.error(Exit::Bad, wrong)?),
    };
    let now = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Ok(output.error(Exit::Bad, format_args!("{} cannot be read: {error}", path.display()))?),
    };
    if let Err(refused) = draft.add_to(now.as_deref(), &path) {
        return Ok(not_taken(&refused, output)?);
    }
    if wanted.dry_run {
        write!(output.out, "{}", draft.toml())?;
        return Ok(Exit::Done);
    }
    if outside.person.is_there() && !wanted.yes {
        write!(output.err, "\n{}\n", draft.toml())?;
        if !confirm(outside.person, &format!("Write this to {}?", path.display()), true, output.err)? {
            writeln!(output.err, "Nothing was written.")?;
            return Ok(Exit::Failed);
        }
    }
    match edit(&path, |text| draft.add_to(text, &path)) {
        Ok(()) => {}
        Err(EditError::Refused(refused)) => return Ok(not_taken(&refused, output)?),
        Err(EditError::Io(error)) => {
            return Ok(output.error(Exit::Failed, format_args!("{} cannot be written: {error}", path.display()))?);
        }
    }
    let name = sanitise(&account.name, SHOWN);
    writeln!(output.out, "Account {name} is in {}.", path.display())?;
    Ok(keep_password(&account, &name, output, outside).await?)
}

fn not_taken(refused: &Refused, output: &mut Output<'_>) -> io::Result<Exit> {
    match refused {
        Refused::File(error) => write!(output.err, "{}", error.render(output.width, output.colour))?,
        Refused::Draft(wrong) => writeln!(output.err, "error: {wrong}")?,
    }
    Ok(Exit::Bad)
}

/// Asks for the password where it is to be in the keyring, or says how to put it there.
async fn keep_password(
    account: &Account,
    name: &str,
    output: &mut Output<'_>,
    outside: &mut Outside<'_>,
) -> io::Result<Exit> {
    let next = format!("Try it: mailwatch-tui check {name}");
    match (&account.secret, account.auth) {
        (SecretSource::Keyring, Auth::Password) => {}
        (SecretSource::OAuth(client), _) => return log_in(account, client, name, output, outside).await,
        (SecretSource::Keyring | SecretSource::Command(_) | SecretSource::Fixed(_), _) => {
            writeln!(output.out, "{next}")?;
            return Ok(Exit::Done);
        }
    }
    if let Some(place) = &account.quirks.app_password {
        writeln!(output.err, "The password is one made for mail programs: {}", sanitise(place, SHOWN))?;
    }
    let later = format!("Store its password: mailwatch-tui account login {name}");
    if !outside.person.is_there() {
        writeln!(output.out, "{later}")?;
        return Ok(Exit::Done);
    }
    let question =
        format!("Password of {}, for the keyring (Enter: later): ", sanitise(&secret::keyring_user(account), SHOWN));
    let password: SecretString = match outside.person.password(&question, output.err) {
        Ok(password) => password,
        Err(PromptError::Empty | PromptError::Cancelled) => {
            writeln!(output.out, "{later}")?;
            return Ok(Exit::Done);
        }
        Err(error) => return output.error(Exit::Failed, error),
    };
    match secret::store(account, password).await {
        Ok(()) => {
            writeln!(output.out, "Its password is in the keyring. {next}")?;
            Ok(Exit::Done)
        }
        Err(fault) => output.error(Exit::Failed, format_args!("{}. {later}", fault.message)),
    }
}

/// Goes on to the issuer where a person is there, or says how to.
async fn log_in(
    account: &Account,
    client: &OAuthClient,
    name: &str,
    output: &mut Output<'_>,
    outside: &mut Outside<'_>,
) -> io::Result<Exit> {
    let issuer = sanitise(client.issuer.name(), SHOWN);
    let there = outside.person.is_there();
    if !there || !confirm(outside.person, &format!("Log in at {issuer} now?"), true, output.err)? {
        writeln!(output.out, "Log in: mailwatch-tui account login {name}")?;
        return Ok(Exit::Done);
    }
    let exit = outside.login.log_in(account, client, output).await?;
    match exit {
        Exit::Done => writeln!(output.out, "Try it: mailwatch-tui check {name}")?,
        Exit::Failed | Exit::Bad => writeln!(output.err, "Again: mailwatch-tui account login {name}")?,
    }
    Ok(exit)
}
