//! What an account is made of: options first, then what discovery finds, then answers.

use std::io::{self, Write};

use super::asking::Asking;
use super::name::name;
use super::oauth::{self, Tokens, needed};
use super::place::{self, Place};
use super::stop::{SHOWN, Stop};
use crate::cli::AUTH;
use crate::commands::account::prompter::confirm;
use crate::output::Exit;
use mailwatch_engine::config::providers::Providers;
use mailwatch_engine::config::{Draft, IMAP_PORT, IMAPS_PORT};
use mailwatch_engine::discover::{Found, Sources, discover};
use mailwatch_proto::model::{Auth, TlsMode, sanitise};

/// Builds the draft from options, discovery and answers, in this order of precedence.
pub(super) async fn ask_draft(asking: &mut Asking<'_, '_, '_>) -> Result<Draft, Stop> {
    let wanted = asking.wanted;
    let mut address = wanted.address.clone();
    if address.is_none() && (wanted.server.host.is_none() || wanted.user.is_none()) {
        let question = "Mail address, or the login name at a server of your own";
        address = Some(needed(question, "an address, or --host and --user", asking)?);
    }
    let found = match (&wanted.server.host, &address) {
        (None, Some(address)) => found(address, asking).await?,
        (Some(_), _) | (None, None) => None,
    };
    let (place, ways, by_hand) = match (&wanted.server.host, &found) {
        (Some(host), _) => (given(host, None, asking), Vec::new(), false),
        (None, Some(found)) => (given(&found.host, Some(found), asking), found.auth.clone(), false),
        (None, None) if asking.is_interactive() => {
            let place = place::ask(None, asking).await?;
            let provider = asking.providers.for_host(&place.host);
            let ways = provider.map_or_else(Vec::new, |provider| provider.auth.clone());
            (place, ways, true)
        }
        (None, None) => return Err(asking.stop(Exit::Bad, "--host is missing; nothing was written")?),
    };
    let host = &place.host;
    let auth = match oauth::by_options(asking)? {
        Some(auth) => auth,
        None => oauth::choose(&ways, host, asking)?,
    };
    let given = &wanted.password_command;
    let (command, client) = match auth {
        Auth::Password => ((!given.is_empty()).then(|| given.clone()), None),
        Auth::OAuth2 => match oauth::tokens(host, asking)? {
            Tokens::Command(command) => (Some(command), None),
            Tokens::Issuer(client) => (None, Some(client)),
        },
    };
    let user = wanted.user.clone().or(found.map(|found| found.user)).or(address.clone()).unwrap_or_default();
    let mut draft = Draft { auth, command, oauth: client, mailboxes: wanted.mailboxes.clone(), user, ..place.draft() };
    if by_hand && wanted.user.is_none() && draft.user.contains('@') {
        // Many a server wants what stands before the @ alone.
        draft.user = asking.text("Login name", Some(&draft.user))?;
    }
    draft.name = match &wanted.name {
        Some(name) => name.clone(),
        None => name(&draft, address.as_deref(), asking)?,
    };
    Ok(draft)
}

/// The server of the options, or the one that was found, with the options over it.
fn given(host: &str, found: Option<&Found>, asking: &Asking<'_, '_, '_>) -> Place {
    let wanted = asking.wanted;
    let tls = wanted.server.tls.or(found.map(|found| found.tls)).unwrap_or(TlsMode::Implicit);
    let found_port = found.filter(|found| found.tls == tls).map(|found| found.port);
    let usual = if tls == TlsMode::Implicit { IMAPS_PORT } else { IMAP_PORT };
    let port = wanted.server.port.or(found_port).unwrap_or(usual);
    Place { host: host.to_owned(), port, tls, ca_file: wanted.ca_file.clone() }
}

/// Discovers the server and shows it; `None` if there is none and the user goes on without.
async fn found(address: &str, asking: &mut Asking<'_, '_, '_>) -> Result<Option<Found>, Stop> {
    let wanted = asking.wanted;
    if !address.contains('@') && asking.is_interactive() {
        // A login name alone says nothing of its server.
        return Ok(None);
    }
    if asking.providers.for_address(address).is_none() {
        let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain);
        let domain = sanitise(domain, SHOWN);
        asking.say(&format!("Asking DNS and the web servers of {domain} for its mail server …"))?;
    }
    let (dns, dial) = (asking.environment.dns, asking.environment.dial);
    let sources = Sources { providers: asking.providers, dns, dial, ispdb: wanted.ispdb };
    let found = match discover(address, sources).await {
        Ok(found) => found,
        Err(error) => {
            for what in &error.tried {
                asking.refuse(what)?;
            }
            if asking.is_interactive() {
                asking.say(&format!("{error}."))?;
                return Ok(None);
            }
            return Err(asking.stop(Exit::Failed, &format!("{error}, and give them with --host"))?);
        }
    };
    show(&found, asking.providers, asking.output.err)?;
    if wanted.yes || wanted.dry_run {
        return Ok(Some(found));
    }
    if !asking.is_interactive() {
        let message = "nothing was written: --yes takes what was found, --host names another server";
        return Err(asking.stop(Exit::Failed, message)?);
    }
    Ok(confirm(asking.environment.prompter, "Use it?", true, asking.output.err)?.then_some(found))
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
