//! `account add`: from an address, from answers or from options to an `[[account]]` in the configuration.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use secrecy::SecretString;

use super::Outside;
use super::person::confirm;
use crate::cli::{BadConfig, Exit, Global, Output};
use crate::config::providers::Providers;
use crate::config::{Draft, EditError, IMAP_PORT, IMAPS_PORT, Refused, edit, parse};
use crate::discover::{Found, Sources, discover};
use crate::model::{Account, Auth, SecretSource, TlsMode, sanitise};
use crate::secret::{self, PromptError};

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
    let draft = draft(wanted, &path, &providers, output, outside).await?;
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
        (_, Auth::Password | Auth::OAuth2) => {
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

/// What options, discovery and answers make together; options go before all else.
async fn draft(
    wanted: &Add,
    path: &Path,
    providers: &Providers,
    output: &mut Output<'_>,
    outside: &mut Outside<'_>,
) -> Result<Draft, Stop> {
    let mut address = wanted.address.clone();
    if address.is_none() && (wanted.host.is_none() || wanted.user.is_none()) {
        address = Some(answer("Mail address: ", "an address, or --host and --user", output, outside)?);
    }
    let found = match (&wanted.host, &address) {
        (None, Some(address)) => found(address, wanted, providers, output, outside).await?,
        (Some(_), _) | (None, None) => None,
    };
    let host = match (&wanted.host, &found) {
        (Some(host), _) => host.clone(),
        (None, Some(found)) => found.host.clone(),
        (None, None) => answer("Server: ", "--host", output, outside)?,
    };
    let known = found.as_ref();
    let tls = wanted.tls.or(known.map(|found| found.tls)).unwrap_or(TlsMode::Implicit);
    let found_port = known.filter(|found| found.tls == tls).map(|found| found.port);
    let by_command = match (wanted.password_command.is_empty(), wanted.token_command.is_empty()) {
        (_, false) => Some(Auth::OAuth2),
        (false, true) => Some(Auth::Password),
        (true, true) => None,
    };
    let auth = wanted.auth.or(by_command).or(known.and_then(|found| found.auth.first().copied()));
    let auth = auth.unwrap_or(Auth::Password);
    let given = if wanted.token_command.is_empty() { &wanted.password_command } else { &wanted.token_command };
    let mut command = (!given.is_empty()).then(|| given.clone());
    if command.is_none() && auth == Auth::OAuth2 && outside.person.is_there() {
        let line =
            answer("Command that prints an access token (oama, pizauth, …): ", "--token-command", output, outside)?;
        command = Some(line.split_whitespace().map(str::to_owned).collect());
    }
    let user = wanted.user.clone().or(known.map(|found| found.user.clone())).or(address.clone()).unwrap_or_default();
    let name = match &wanted.name {
        Some(name) => name.clone(),
        None => name(&host, address.as_deref(), path, providers, output, outside)?,
    };
    Ok(Draft {
        name,
        host,
        port: wanted.port.or(found_port).unwrap_or(if tls == TlsMode::Implicit { IMAPS_PORT } else { IMAP_PORT }),
        tls,
        ca_file: wanted.ca_file.clone(),
        user,
        auth,
        command,
        mailboxes: wanted.mailboxes.clone(),
    })
}

/// An answer that is needed; `lacking` says what to give where nobody is there.
fn answer(question: &str, lacking: &str, output: &mut Output<'_>, outside: &mut Outside<'_>) -> Result<String, Stop> {
    if outside.person.is_there() {
        while let Some(line) = outside.person.line(question, output.err)? {
            if !line.is_empty() {
                return Ok(line);
            }
        }
    }
    Err(Stop::Exit(output.error(Exit::Bad, format_args!("{lacking} is missing; nothing was written"))?))
}

/// What discovery finds, shown; `None` where it finds nothing and the person goes on without.
async fn found(
    address: &str,
    wanted: &Add,
    providers: &Providers,
    output: &mut Output<'_>,
    outside: &mut Outside<'_>,
) -> Result<Option<Found>, Stop> {
    if providers.for_address(address).is_none() {
        let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain);
        writeln!(output.err, "Asking DNS and the web servers of {} for its mail server …", sanitise(domain, SHOWN))?;
    }
    let sources = Sources { providers, dns: outside.dns, dial: outside.dial, ispdb: wanted.ispdb };
    let found = match discover(address, sources).await {
        Ok(found) => found,
        Err(error) => {
            for what in &error.tried {
                writeln!(output.err, "  {}", sanitise(what, 400))?;
            }
            if outside.person.is_there() {
                writeln!(output.err, "{error}.")?;
                return Ok(None);
            }
            return Err(Stop::Exit(output.error(Exit::Failed, format_args!("{error}, and give them with --host"))?));
        }
    };
    show(&found, providers, output.err)?;
    if wanted.yes || wanted.dry_run {
        return Ok(Some(found));
    }
    if !outside.person.is_there() {
        let message = "nothing was written: --yes takes what was found, --host names another server";
        return Err(Stop::Exit(output.error(Exit::Failed, message)?));
    }
    Ok(confirm(outside.person, "Use it?", true, output.err)?.then_some(found))
}

fn show(found: &Found, providers: &Providers, to: &mut dyn Write) -> io::Result<()> {
    let plain = |text: &str| sanitise(text, SHOWN);
    let tls = match found.tls {
        TlsMode::Implicit => "TLS from the first byte",
        TlsMode::StartTls => "STARTTLS",
        TlsMode::Off => "no TLS",
    };
    let ways: Vec<_> = AUTH.iter().filter(|(_, auth)| found.auth.contains(auth)).map(|(name, _)| *name).collect();
    writeln!(to, "Found by {}", plain(&found.way.to_string()))?;
    writeln!(to, "  server    {}:{}, {tls}", plain(&found.host), found.port)?;
    writeln!(to, "  login     {}, by {}", plain(&found.user), ways.join(" or "))?;
    if let Some(place) = &providers.for_account(&found.host, &found.user).app_password {
        writeln!(to, "  password  made for mail programs: {}", plain(place))?;
    }
    if let Some(note) = &found.note {
        writeln!(to, "  note      {}", plain(note))?;
    }
    if let Some(caution) = &found.caution {
        writeln!(to, "  caution   {}", plain(caution))?;
    }
    Ok(())
}

/// The account's name: of the provider, or of the domain; with a number where that is taken.
fn name(
    host: &str,
    address: Option<&str>,
    path: &Path,
    providers: &Providers,
    output: &mut Output<'_>,
    outside: &mut Outside<'_>,
) -> Result<String, Stop> {
    let provider = address.and_then(|address| providers.for_address(address)).or_else(|| providers.for_host(host));
    let domain = address.and_then(|address| address.rsplit_once('@')).map_or(host, |(_, domain)| domain);
    let label = domain.split('.').next().unwrap_or(domain);
    let base = provider.map_or(label, |provider| provider.name.split(' ').next().unwrap_or(label)).to_lowercase();
    let base: String = base.chars().filter(|c| c.is_alphanumeric() || ['-', '.'].contains(c)).collect();
    let base = if base.is_empty() { "mail".to_owned() } else { base };
    let config = fs::read_to_string(path).ok().and_then(|text| parse(&text, path).ok());
    let taken = |name: &str| config.as_ref().is_some_and(|config| config.account(name).is_ok());
    let numbered = (2..).map(|n| format!("{base}-{n}"));
    let usual = std::iter::once(base.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(base.clone());
    if !outside.person.is_there() {
        return Ok(usual);
    }
    let line = outside.person.line(&format!("Name on screen [{usual}]: "), output.err)?;
    Ok(line.filter(|line| !line.is_empty()).unwrap_or(usual))
}
