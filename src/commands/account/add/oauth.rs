//! How an account with OAuth 2.0 comes by its tokens: from a command, or from an issuer, by options and answers.

use std::path::Path;

use super::asking::Asking;
use super::stop::{SHOWN, Stop};
use crate::cli::parse_issuer;
use crate::output::Exit;
use mailwatch_proto::model::{Auth, ClientSecret, Flow, Issuer, OAuthClient, sanitise};

/// Where the tokens come from.
pub(super) enum Tokens {
    Command(Vec<String>),
    Issuer(OAuthClient),
}

/// How to log in, where options say so.
pub(super) fn by_options(asking: &mut Asking<'_, '_, '_>) -> Result<Option<Auth>, Stop> {
    let wanted = asking.wanted;
    let client = wanted.client.issuer.is_some() || wanted.client.client_id.is_some();
    let implied = match (wanted.password_command.is_empty(), wanted.token_command.is_empty() && !client) {
        (_, false) => Some(Auth::OAuth2),
        (false, true) => Some(Auth::Password),
        (true, true) => None,
    };
    if client && wanted.auth == Some(Auth::Password) {
        let message = "--issuer and --client-id are for --auth oauth2; nothing was written";
        return Err(asking.stop(Exit::Bad, message)?);
    }
    Ok(wanted.auth.or(implied))
}

/// The provider's usual way to log in, or the one the user chooses where the provider takes both and the issuer is known: an app
/// password is made in a minute, a client of OAuth 2.0 has to be registered first.
pub(super) fn choose(ways: &[Auth], host: &str, asking: &mut Asking<'_, '_, '_>) -> Result<Auth, Stop> {
    let usual = ways.first().copied().unwrap_or(Auth::Password);
    let Some(issuer) = Issuer::of_host(host).filter(|_| ways.len() > 1 && asking.is_interactive()) else {
        return Ok(usual);
    };
    let place = asking.providers.for_host(host).and_then(|provider| provider.quirks.app_password.as_deref());
    let made = place.map_or_else(String::new, |place| format!(", made at {}", sanitise(place, SHOWN)));
    let issuer = sanitise(issuer.name(), SHOWN);
    let question = format!("Log in by an app password{made}, or by OAuth 2.0 at {issuer}?");
    asking.choose(&question, &[("password", Auth::Password), ("oauth", Auth::OAuth2)], 0)
}

/// Where an account's tokens come from.
pub(super) fn tokens(host: &str, asking: &mut Asking<'_, '_, '_>) -> Result<Tokens, Stop> {
    let wanted = asking.wanted;
    if !wanted.token_command.is_empty() {
        return Ok(Tokens::Command(wanted.token_command.clone()));
    }
    if wanted.client.client_id.is_none() && wanted.client.issuer.is_none() {
        if !asking.is_interactive() {
            let message = "--token-command, or --client-id for a login in a browser, is missing; nothing was written";
            return Err(asking.stop(Exit::Bad, message)?);
        }
        let question = "Command that prints an access token, such as oama's or pizauth's (Enter: log in from here): ";
        if let Some(words) = asked_words(question, asking)? {
            return Ok(Tokens::Command(words));
        }
    }
    let issuer = if let Some(issuer) = wanted.client.issuer.clone().or_else(|| Issuer::of_host(host)) {
        issuer
    } else {
        let question = "Who issues the tokens (google, microsoft, or its https:// URL)";
        parse_issuer(&needed(question, "--issuer", asking)?)
    };
    let client_id = if let Some(id) = &wanted.client.client_id {
        id.clone()
    } else {
        let question = format!("Client id, as registered with {}", sanitise(issuer.name(), SHOWN));
        needed(&question, "--client-id", asking)?
    };
    let client_secret = match (&wanted.client.secret, wanted.client.secret_command.is_empty(), &wanted.client.client_id)
    {
        (_, false, _) => ClientSecret::Command(wanted.client.secret_command.clone()),
        (Some(_), true, _) => ClientSecret::Keyring,
        (None, true, Some(_)) => ClientSecret::None,
        (None, true, None) => asked_secret(asking)?,
    };
    let flow = wanted.client.flow.unwrap_or(Flow::Browser);
    Ok(Tokens::Issuer(OAuthClient { issuer, client_id, client_secret, scopes: Vec::new(), flow }))
}

fn asked_secret(asking: &mut Asking<'_, '_, '_>) -> Result<ClientSecret, Stop> {
    let question = "Does the client have a secret? [N/keyring/a command that prints it] ";
    Ok(match asked_words(question, asking)? {
        None => ClientSecret::None,
        Some(words) => match words.join(" ").to_lowercase().as_str() {
            "n" | "no" => ClientSecret::None,
            // It is asked for at the login.
            "y" | "yes" | "k" | "keyring" => ClientSecret::Keyring,
            _ => ClientSecret::Command(words),
        },
    })
}

/// An answer that the account cannot do without; where nobody is there, `lacking` names the option to give.
pub(super) fn needed(question: &str, lacking: &str, asking: &mut Asking<'_, '_, '_>) -> Result<String, Stop> {
    if asking.is_interactive() {
        return asking.text(question, None);
    }
    Err(asking.stop(Exit::Bad, &format!("{lacking} is missing; nothing was written"))?)
}

/// Asks until the words can be parted; nothing where nothing was typed.
fn asked_words(question: &str, asking: &mut Asking<'_, '_, '_>) -> Result<Option<Vec<String>>, Stop> {
    loop {
        let line = asking.line(question)?;
        match words(&line) {
            Ok(words) => return Ok(words),
            Err(why) => asking.refuse(why)?,
        }
    }
}

/// A command's words, as a shell parts them; nothing where nothing was typed. No shell will run it: `~/` is expanded here.
pub(super) fn words(line: &str) -> Result<Option<Vec<String>>, &'static str> {
    let mut words = shlex::split(line).ok_or("a quote in the command is not closed")?;
    if let Some(home) = std::env::home_dir().as_deref().and_then(Path::to_str) {
        for word in words.iter_mut().filter(|word| word.starts_with("~/")) {
            word.replace_range(..1, home);
        }
    }
    Ok(Some(words).filter(|words| !words.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commands_words_are_a_shells_and_the_home_directory_is_written_out() {
        let home = std::env::home_dir().expect("a home");
        let file = format!("{}/.mail password", home.display());
        for (line, parted) in [
            ("pass show mail/work", &["pass", "show", "mail/work"][..]),
            ("cat ~/'.mail password'", &["cat", &file]),
            ("echo a~/b ~", &["echo", "a~/b", "~"]),
        ] {
            assert_eq!(words(line), Ok(Some(parted.iter().map(|word| (*word).to_owned()).collect())), "{line}");
        }
        assert_eq!(words(" "), Ok(None));
        assert!(words("pass 'show").is_err());
    }
}
