//! `account add`'s part of the command line.

use std::convert::Infallible;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use mailwatch_proto::model::{Auth, Flow, Issuer, TlsMode};

/// `account add`. What is not given is found by the address, or asked for at a terminal.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct Add {
    /// The mail address; its server is looked up in the table of providers, in DNS and by autoconfig
    pub address: Option<String>,
    /// The account's name on the screen
    #[arg(long)]
    pub name: Option<String>,
    /// Which server.
    #[command(flatten)]
    pub server: ServerOptions,
    /// The login name [default: the address]
    #[arg(long)]
    pub user: Option<String>,
    /// How to log in
    #[arg(long, value_parser = auth_parser())]
    pub auth: Option<Auth>,
    /// A PEM file with certificates to trust besides the public roots
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<String>,
    /// A mailbox to watch; may be given several times [default: INBOX]
    #[arg(long = "mailbox", value_name = "NAME")]
    pub mailboxes: Vec<String>,
    /// A command, with its arguments, that prints the password as its first line; it ends at the end of the line or at `;`
    #[arg(long, num_args = 1.., allow_hyphen_values = true, value_terminator = ";", value_names = ["PROGRAM", "ARG"], conflicts_with = "token_command")]
    pub password_command: Vec<String>,
    /// The same for an OAuth 2.0 access token
    #[arg(long, num_args = 1.., allow_hyphen_values = true, value_terminator = ";", value_names = ["PROGRAM", "ARG"])]
    pub token_command: Vec<String>,
    /// The client of OAuth 2.0.
    #[command(flatten)]
    pub client: ClientOptions,
    /// Ask Thunderbird's database too; this tells Mozilla the address's domain
    #[arg(long)]
    pub ispdb: bool,
    /// Print the lines without writing them
    #[arg(long)]
    pub dry_run: bool,
    /// Use and write what was found, without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// Which server.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerOptions {
    /// The server's name, instead of looking it up
    #[arg(long)]
    pub host: Option<String>,
    /// Its port [default: 993, or 143 without implicit TLS]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// How the connection is encrypted
    #[arg(long, value_parser = tls_parser())]
    pub tls: Option<TlsMode>,
}

/// This program as a client of OAuth 2.0.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientOptions {
    /// OAuth 2.0 without a command: who issues the tokens: google, microsoft, or an https:// URL [default: the provider's]
    #[arg(long, value_name = "ISSUER", value_parser = issuer, conflicts_with_all = ["token_command", "password_command"])]
    pub issuer: Option<Issuer>,
    /// The client's ID, as registered with the issuer
    #[arg(long, value_name = "ID", conflicts_with_all = ["token_command", "password_command"])]
    pub client_id: Option<String>,
    /// Where the client's secret is kept; the login asks for it [default: it has none]
    #[arg(long = "client-secret", id = "client_secret", value_name = "PLACE", value_parser = ["keyring"], requires = "client_id", conflicts_with = "client_secret_command")]
    pub secret: Option<String>,
    /// A command that prints the client's secret as its first line
    #[arg(long = "client-secret-command", id = "client_secret_command", num_args = 1.., allow_hyphen_values = true, value_terminator = ";", value_names = ["PROGRAM", "ARG"], requires = "client_id")]
    pub secret_command: Vec<String>,
    /// Log in with a browser on this machine, or with a code that you type into a browser anywhere [default: browser]
    #[arg(long, value_parser = flow_parser(), requires = "client_id")]
    pub flow: Option<Flow>,
}

const TLS: [(&str, TlsMode); 3] =
    [("implicit", TlsMode::Implicit), ("starttls", TlsMode::StartTls), ("off", TlsMode::Off)];

/// The ways to log in, as they are written.
pub const AUTH: [(&str, Auth); 2] = [("password", Auth::Password), ("oauth2", Auth::OAuth2)];

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

const FLOWS: [(&str, Flow); 2] = [("browser", Flow::Browser), ("device", Flow::Device)];

fn flow_parser() -> impl TypedValueParser<Value = Flow> {
    // The parser has let nothing through but these names.
    let flow =
        |name: String| FLOWS.into_iter().find(|(known, _)| *known == name).map_or(Flow::Browser, |(_, flow)| flow);
    PossibleValuesParser::new(FLOWS.map(|(name, _)| name)).map(flow)
}

/// The issuer that is meant. A URL is checked with the rest of the account.
#[must_use]
pub fn parse_issuer(text: &str) -> Issuer {
    match text {
        "google" => Issuer::Google,
        "microsoft" => Issuer::Microsoft,
        url => Issuer::Url(url.to_owned()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the form of a parser")]
fn issuer(text: &str) -> Result<Issuer, Infallible> {
    Ok(parse_issuer(text))
}
