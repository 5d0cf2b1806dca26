//! How an account with OAuth 2.0 comes by its tokens: from a command, or from an issuer, by options and answers.

use super::answer::answer;
use super::stop::{SHOWN, Stop};
use crate::cli::{Add, parse_issuer};
use crate::commands::account::environment::AccountEnvironment;
use crate::output::{Exit, Output};
use mailwatch_proto::model::{Auth, ClientSecret, Flow, Issuer, OAuthClient, sanitise};

/// Where the tokens come from.
pub(super) enum Tokens {
    Command(Vec<String>),
    Issuer(OAuthClient),
}

/// How to log in, where options say so.
pub(super) fn by_options(wanted: &Add, output: &mut Output<'_>) -> Result<Option<Auth>, Stop> {
    let client = wanted.client.issuer.is_some() || wanted.client.client_id.is_some();
    let implied = match (wanted.password_command.is_empty(), wanted.token_command.is_empty() && !client) {
        (_, false) => Some(Auth::OAuth2),
        (false, true) => Some(Auth::Password),
        (true, true) => None,
    };
    if client && wanted.auth == Some(Auth::Password) {
        let message = "--issuer and --client-id are for --auth oauth2; nothing was written";
        return Err(Stop::Exit(output.error(Exit::Bad, message)?));
    }
    Ok(wanted.auth.or(implied))
}

/// The provider's usual way to log in, or the one the user chooses where the provider takes both and the issuer is known.
pub(super) fn choose(
    ways: &[Auth],
    host: &str,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> Result<Auth, Stop> {
    let usual = ways.first().copied().unwrap_or(Auth::Password);
    let Some(issuer) = Issuer::of_host(host).filter(|_| ways.len() > 1 && environment.prompter.is_interactive()) else {
        return Ok(usual);
    };
    let question = format!(
        "Log in by a password made for mail programs, or by OAuth 2.0 at {}? [PASSWORD/oauth] ",
        sanitise(issuer.name(), SHOWN)
    );
    while let Some(line) = environment.prompter.line(&question, output.err)? {
        match line.to_lowercase().as_str() {
            "" | "p" | "password" => return Ok(Auth::Password),
            "o" | "oauth" | "oauth2" => return Ok(Auth::OAuth2),
            _ => writeln!(output.err, "Answer password or oauth.")?,
        }
    }
    Ok(usual)
}

/// Where an account's tokens come from.
pub(super) fn tokens(
    wanted: &Add,
    host: &str,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> Result<Tokens, Stop> {
    if !wanted.token_command.is_empty() {
        return Ok(Tokens::Command(wanted.token_command.clone()));
    }
    let asks = environment.prompter.is_interactive();
    if wanted.client.client_id.is_none() && wanted.client.issuer.is_none() {
        if !asks {
            let message = "--token-command, or --client-id for a login in a browser, is missing; nothing was written";
            return Err(Stop::Exit(output.error(Exit::Bad, message)?));
        }
        let question = "Command that prints an access token, such as oama's or pizauth's (Enter: log in from here): ";
        let line = environment.prompter.line(question, output.err)?.unwrap_or_default();
        if let Some(words) = words(&line, output)? {
            return Ok(Tokens::Command(words));
        }
    }
    let issuer = if let Some(issuer) = wanted.client.issuer.clone().or_else(|| Issuer::of_host(host)) {
        issuer
    } else {
        let question = "Who gives the tokens (google, microsoft, or its https:// URL): ";
        parse_issuer(&answer(question, "--issuer", output, environment)?)
    };
    let client_id = if let Some(id) = &wanted.client.client_id {
        id.clone()
    } else {
        let question = format!("Client id, as registered with {}: ", sanitise(issuer.name(), SHOWN));
        answer(&question, "--client-id", output, environment)?
    };
    let client_secret = match (&wanted.client.secret, wanted.client.secret_command.is_empty(), &wanted.client.client_id)
    {
        (_, false, _) => ClientSecret::Command(wanted.client.secret_command.clone()),
        (Some(_), true, _) => ClientSecret::Keyring,
        (None, true, Some(_)) => ClientSecret::None,
        (None, true, None) => asked_secret(output, environment)?,
    };
    let flow = wanted.client.flow.unwrap_or(Flow::Browser);
    Ok(Tokens::Issuer(OAuthClient { issuer, client_id, client_secret, scopes: Vec::new(), flow }))
}

fn asked_secret(output: &mut Output<'_>, environment: &mut AccountEnvironment<'_>) -> Result<ClientSecret, Stop> {
    let question = "Does the client have a secret? [N/keyring/a command that prints it] ";
    let line = environment.prompter.line(question, output.err)?.unwrap_or_default();
    Ok(match line.to_lowercase().as_str() {
        "n" | "no" => ClientSecret::None,
        // It is asked for at the login.
        "y" | "yes" | "k" | "keyring" => ClientSecret::Keyring,
        _ => words(&line, output)?.map_or(ClientSecret::None, ClientSecret::Command),
    })
}

/// A command's words, as a shell parts them; nothing where nothing was typed.
fn words(line: &str, output: &mut Output<'_>) -> Result<Option<Vec<String>>, Stop> {
    let Some(words) = shlex::split(line) else {
        let message = "a quote in the command is not closed; nothing was written";
        return Err(Stop::Exit(output.error(Exit::Bad, message)?));
    };
    Ok(Some(words).filter(|words| !words.is_empty()))
}
