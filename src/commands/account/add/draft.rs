//! What an account is made of: options first, then what discovery finds, then answers.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::answer::answer;
use super::oauth::{self, Tokens};
use super::stop::{SHOWN, Stop};
use crate::cli::{AUTH, Add};
use crate::commands::account::environment::AccountEnvironment;
use crate::commands::account::prompter::confirm;
use crate::configuration;
use crate::output::{Exit, Output};
use mailwatch_engine::config::providers::Providers;
use mailwatch_engine::config::{Draft, IMAP_PORT, IMAPS_PORT, parse};
use mailwatch_engine::discover::{Found, Sources, discover};
use mailwatch_proto::model::{Auth, TlsMode, sanitise};

/// Builds the draft from options, discovery and answers, in this order of precedence.
pub(super) async fn ask_draft(
    wanted: &Add,
    path: &Path,
    providers: &Providers,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> Result<Draft, Stop> {
    let mut address = wanted.address.clone();
    if address.is_none() && (wanted.server.host.is_none() || wanted.user.is_none()) {
        address = Some(answer("Mail address: ", "an address, or --host and --user", output, environment)?);
    }
    let found = match (&wanted.server.host, &address) {
        (None, Some(address)) => found(address, wanted, providers, output, environment).await?,
        (Some(_), _) | (None, None) => None,
    };
    let host = match (&wanted.server.host, &found) {
        (Some(host), _) => host.clone(),
        (None, Some(found)) => found.host.clone(),
        (None, None) => answer("Server: ", "--host", output, environment)?,
    };
    let known = found.as_ref();
    let tls = wanted.server.tls.or(known.map(|found| found.tls)).unwrap_or(TlsMode::Implicit);
    let found_port = known.filter(|found| found.tls == tls).map(|found| found.port);
    let auth = match oauth::by_options(wanted, output)? {
        Some(auth) => auth,
        None => oauth::choose(known.map_or(&[][..], |found| &found.auth), &host, output, environment)?,
    };
    let given = &wanted.password_command;
    let (command, client) = match auth {
        Auth::Password => ((!given.is_empty()).then(|| given.clone()), None),
        Auth::OAuth2 => match oauth::tokens(wanted, &host, output, environment)? {
            Tokens::Command(command) => (Some(command), None),
            Tokens::Issuer(client) => (None, Some(client)),
        },
    };
    let user = wanted.user.clone().or(known.map(|found| found.user.clone())).or(address.clone()).unwrap_or_default();
    let name = match &wanted.name {
        Some(name) => name.clone(),
        None => name(&host, address.as_deref(), path, providers, output, environment)?,
    };
    Ok(Draft {
        name,
        host,
        port: wanted.server.port.or(found_port).unwrap_or(if tls == TlsMode::Implicit {
            IMAPS_PORT
        } else {
            IMAP_PORT
        }),
        tls,
        ca_file: wanted.ca_file.clone(),
        user,
        auth,
        command,
        oauth: client,
        mailboxes: wanted.mailboxes.clone(),
    })
}

/// Discovers the server and shows it; `None` if there is none and the user goes on without.
async fn found(
    address: &str,
    wanted: &Add,
    providers: &Providers,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> Result<Option<Found>, Stop> {
    if providers.for_address(address).is_none() {
        let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain);
        writeln!(output.err, "Asking DNS and the web servers of {} for its mail server …", sanitise(domain, SHOWN))?;
    }
    let sources = Sources { providers, dns: environment.dns, dial: environment.dial, ispdb: wanted.ispdb };
    let found = match discover(address, sources).await {
        Ok(found) => found,
        Err(error) => {
            for what in &error.tried {
                writeln!(output.err, "  {}", sanitise(what, 400))?;
            }
            if environment.prompter.is_interactive() {
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
    if !environment.prompter.is_interactive() {
        let message = "nothing was written: --yes takes what was found, --host names another server";
        return Err(Stop::Exit(output.error(Exit::Failed, message)?));
    }
    Ok(confirm(environment.prompter, "Use it?", true, output.err)?.then_some(found))
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
    if let Some(place) = &providers.for_account(&found.host, &found.user).quirks.app_password {
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
    environment: &mut AccountEnvironment<'_>,
) -> Result<String, Stop> {
    let provider = address.and_then(|address| providers.for_address(address)).or_else(|| providers.for_host(host));
    let domain = address.and_then(|address| address.rsplit_once('@')).map_or(host, |(_, domain)| domain);
    let label = domain.split('.').next().unwrap_or(domain);
    let base = provider.map_or(label, |provider| provider.name.split(' ').next().unwrap_or(label)).to_lowercase();
    let base: String = base.chars().filter(|c| c.is_alphanumeric() || ['-', '.'].contains(c)).collect();
    let base = if base.is_empty() { "mail".to_owned() } else { base };
    let config = fs::read_to_string(path).ok().and_then(|text| parse(&text, path, &configuration::format()).ok());
    let taken = |name: &str| config.as_ref().is_some_and(|config| config.account(name).is_ok());
    let numbered = (2..).map(|n| format!("{base}-{n}"));
    let usual = std::iter::once(base.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(base.clone());
    if !environment.prompter.is_interactive() {
        return Ok(usual);
    }
    let line = environment.prompter.line(&format!("Name on screen [{usual}]: "), output.err)?;
    Ok(line.filter(|line| !line.is_empty()).unwrap_or(usual))
}
