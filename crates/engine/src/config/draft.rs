//! An account as the user typed it: checked like the file, and appended to the file's text, which otherwise stays byte for
//! byte. Pure but for the certificates that it names.

use std::path::Path;

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

use super::error::ConfigError;
use super::format::{Format, FrontEndTable};
use super::parse::{load_text, parse};
use super::problem::ProblemKind;
use super::server::{IMAP_PORT, IMAPS_PORT};
use mailwatch_proto::model::{Account, Auth, ClientSecret, Flow, Issuer, OAuthClient, TlsMode};

/// The head of a new file.
const HEAD: &str = "# mailwatch-tui: the configuration. docs/configuration.md explains every key; `mailwatch-tui config check` says what is wrong.\n\n";

/// An account to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its name on the screen.
    pub name: String,
    /// The server's name or address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: TlsMode,
    /// A PEM file of certificates to trust besides the public roots.
    pub ca_file: Option<String>,
    /// The login name.
    pub user: String,
    /// How it proves who it is.
    pub auth: Auth,
    /// What prints the password, or the token; without it the keyring has the password.
    pub command: Option<Vec<String>>,
    /// Who gives the tokens where no command prints them. No scopes are the issuer's usual ones.
    pub oauth: Option<OAuthClient>,
    /// What to watch; nothing is INBOX.
    pub mailboxes: Vec<String>,
}

/// What is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Wrong {
    /// The key of an `[[account]]` that it is about.
    pub key: Option<String>,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// Why a draft cannot be put into a file.
#[derive(Clone, Debug)]
pub enum Refused {
    /// The file is wrong as it is.
    File(std::sync::Arc<ConfigError>),
    /// The draft is.
    Draft(Wrong),
}

impl Draft {
    /// The account, checked as if it stood in the file at `path`, the certificates it names included.
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn account<F: FrontEndTable>(&self, path: &Path, format: &Format<F>) -> Result<Account, Wrong> {
        let text = self.text();
        match load_text(&text, path, format) {
            Ok(config) => config.accounts.into_iter().next().ok_or_else(|| wrong("nothing was typed")),
            Err(error) => Err(first_problem(&error, &text)),
        }
    }

    /// Its lines, as they would stand in a file of their own.
    #[must_use]
    pub fn toml(&self) -> String {
        self.text()
    }

    /// The file's text with the account at its end; `None` where there is no file yet.
    ///
    /// # Errors
    /// Where the file has problems of its own, or would have with this account.
    pub fn add_to<F: FrontEndTable>(
        &self,
        text: Option<&str>,
        path: &Path,
        format: &Format<F>,
    ) -> Result<String, Refused> {
        let Some(text) = text else { return checked(format!("{HEAD}{}", self.text()), path, format) };
        match parse(text, path, format) {
            Ok(_) => {}
            Err(error) if error.is_empty() => {}
            Err(error) => return Err(Refused::File(error.into())),
        }
        let added = match self.in_list(text) {
            Some(added) => added,
            None => appended(text, &self.text()),
        };
        checked(added, path, format)
    }

    /// The text with the account in its list, where the accounts are one list in brackets: `[[account]]` cannot follow it.
    fn in_list(&self, text: &str) -> Option<String> {
        let mut document: DocumentMut = text.parse().ok()?;
        let list: &mut Array = document.get_mut("account")?.as_array_mut()?;
        list.push(self.table().into_inline_table());
        Some(document.to_string())
    }

    fn text(&self) -> String {
        let mut accounts = ArrayOfTables::new();
        accounts.push(self.table());
        let mut document = DocumentMut::new();
        document.insert("account", Item::ArrayOfTables(accounts));
        document.to_string()
    }

    /// Leaves out defaults.
    fn table(&self) -> Table {
        let mut table = Table::new();
        table.insert("name", value(&self.name));
        table.insert("host", value(&self.host));
        let (tls, port) = match self.tls {
            TlsMode::Implicit => ("implicit", IMAPS_PORT),
            TlsMode::StartTls => ("starttls", IMAP_PORT),
            TlsMode::Off => ("off", IMAP_PORT),
        };
        if self.port != port {
            table.insert("port", value(i64::from(self.port)));
        }
        if self.tls != TlsMode::Implicit {
            table.insert("tls", value(tls));
        }
        if let Some(file) = &self.ca_file {
            table.insert("ca_file", value(file));
        }
        table.insert("user", value(&self.user));
        let command = match self.auth {
            Auth::Password => "password_command",
            Auth::OAuth2 => {
                table.insert("auth", value("oauth2"));
                "token_command"
            }
        };
        if let Some(client) = &self.oauth {
            table.insert("oauth", value(client_table(client)));
        }
        if let Some(arguments) = &self.command {
            table.insert(command, value(arguments.iter().collect::<Array>()));
        }
        if !self.mailboxes.is_empty() {
            table.insert("mailboxes", value(self.mailboxes.iter().collect::<Array>()));
        }
        table
    }
}

fn client_table(client: &OAuthClient) -> InlineTable {
    let OAuthClient { issuer, client_id, client_secret, scopes, flow } = client;
    let mut table = InlineTable::new();
    match issuer {
        Issuer::Google => table.insert("provider", "google".into()),
        Issuer::Microsoft => table.insert("provider", "microsoft".into()),
        Issuer::Url(url) => table.insert("issuer", url.into()),
    };
    table.insert("client_id", client_id.into());
    match client_secret {
        ClientSecret::None => None,
        ClientSecret::Keyring => table.insert("client_secret", "keyring".into()),
        ClientSecret::Command(words) => table.insert("client_secret_command", words.iter().collect::<Array>().into()),
    };
    if !scopes.is_empty() {
        table.insert("scopes", scopes.iter().collect::<Array>().into());
    }
    match flow {
        Flow::Browser => None,
        Flow::Device => table.insert("flow", "device".into()),
    };
    table
}

fn checked<F: FrontEndTable>(added: String, path: &Path, format: &Format<F>) -> Result<String, Refused> {
    match parse(&added, path, format) {
        Ok(_) => Ok(added),
        Err(error) => Err(Refused::Draft(first_problem(&error, &added))),
    }
}

fn appended(text: &str, account: &str) -> String {
    let crlf = text.contains("\r\n");
    let (gap, account) = if crlf { ("\r\n", account.replace('\n', "\r\n")) } else { ("\n", account.to_owned()) };
    let mut added = text.to_owned();
    if !added.is_empty() {
        if !added.ends_with('\n') {
            added.push_str(gap);
        }
        if !added.ends_with(&format!("{gap}{gap}")) {
            added.push_str(gap);
        }
    }
    added + &account
}

fn wrong(message: impl Into<String>) -> Wrong {
    Wrong { key: None, message: message.into() }
}

/// The first problem, and the key of its line.
fn first_problem(error: &ConfigError, text: &str) -> Wrong {
    let ConfigError::Invalid(problems) = error else { return wrong(error.to_string()) };
    let Some(problem) = problems.problems.first() else { return wrong(error.to_string()) };
    let message = match problem.kind.help() {
        Some(help) => format!("{problem}: {help}"),
        None => problem.to_string(),
    };
    let key = match &problem.kind {
        ProblemKind::NameTwice { .. } => Some("name".to_owned()),
        _ => problem.span.as_ref().and_then(|span| {
            let start = text.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
            let (key, _) = text.get(start..)?.split_once('=')?;
            Some(key.trim().to_owned())
        }),
    };
    Wrong { key, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{format, sample};
    use mailwatch_proto::model::SecretSource;

    fn draft() -> Draft {
        Draft {
            name: "work".to_owned(),
            host: "imap.example.org".to_owned(),
            port: 993,
            tls: TlsMode::Implicit,
            ca_file: None,
            user: "me@example.org".to_owned(),
            auth: Auth::Password,
            command: None,
            oauth: None,
            mailboxes: Vec::new(),
        }
    }

    const PATH: &str = "/home/me/config.toml";

    fn added(draft: &Draft, text: Option<&str>) -> String {
        draft.add_to(text, Path::new(PATH), &format()).expect("a good draft")
    }

    #[test]
    fn what_is_written_is_read_back_as_it_was_typed() {
        let command = Some(vec!["pass".to_owned(), "a \"quoted\" \\ one".to_owned()]);
        let drafts = [
            draft(),
            Draft { port: 1143, tls: TlsMode::StartTls, command: command.clone(), ..draft() },
            Draft { auth: Auth::OAuth2, command, user: "o'né\"@x".to_owned(), ..draft() },
            Draft { host: "::1".to_owned(), tls: TlsMode::Off, port: 143, ..draft() },
        ];
        for draft in drafts {
            let text = added(&draft, None);
            let config = parse(&text, Path::new(PATH), &format()).expect("it is right");
            let account = &config.accounts[0];
            assert_eq!(
                (&account.name, &account.host, &account.user),
                (&draft.name, &draft.host, &draft.user),
                "{text}"
            );
            assert_eq!((account.port, account.tls, account.auth), (draft.port, draft.tls, draft.auth), "{text}");
            let source = draft.command.clone().map_or(SecretSource::Keyring, SecretSource::Command);
            assert_eq!(account.secret, source, "{text}");
            assert_eq!(Ok(account.clone()), draft.account(Path::new(PATH), &format()));
        }
    }

    #[test]
    fn an_oauth_table_is_written_with_what_is_not_its_default_and_read_back() {
        let client = |issuer, client_secret, flow| OAuthClient {
            issuer,
            client_id: "id\"1".to_owned(),
            client_secret,
            scopes: Vec::new(),
            flow,
        };
        let command = ClientSecret::Command(vec!["pass".to_owned(), "show x".to_owned()]);
        let cases = [
            (client(Issuer::Google, ClientSecret::Keyring, Flow::Browser), "provider = \"google\""),
            (client(Issuer::Microsoft, ClientSecret::None, Flow::Device), "flow = \"device\""),
            (
                client(Issuer::Url("https://auth.example.org".to_owned()), command, Flow::Browser),
                "client_secret_command",
            ),
        ];
        for (client, words) in cases {
            let draft = Draft { auth: Auth::OAuth2, oauth: Some(client.clone()), ..draft() };
            let text = added(&draft, None);
            assert!(text.contains(words), "{text}");
            let account = draft.account(Path::new(PATH), &format()).expect("it is right");
            let SecretSource::OAuth(read) = account.secret else { panic!("an issuer: {text}") };
            assert!(!read.scopes.is_empty(), "the issuer's usual ones");
            assert_eq!(OAuthClient { scopes: Vec::new(), ..*read }, client, "{text}");
        }
        let plain = client(Issuer::Url("http://auth.example.org".to_owned()), ClientSecret::None, Flow::Browser);
        let wrong = Draft { auth: Auth::OAuth2, oauth: Some(plain), ..draft() }.account(Path::new(PATH), &format());
        assert!(wrong.expect_err("readable").message.contains("https://"));
    }

    #[test]
    fn the_rest_of_the_file_stays_byte_for_byte() {
        let files = [
            sample(),
            "# mine\n[timers]\nreissue = \"3m\" # short\n\n[[account]]\nname = \"a\" # first\nhost='h'\nuser = \"u\""
                .to_owned(),
            "[[account]]\r\nname = \"a\"\r\nhost = \"h\"\r\nuser = \"u\"\r\n\r\n# the end\r\n".to_owned(),
        ];
        for file in files {
            let text = added(&draft(), Some(&file));
            assert!(text.starts_with(&file), "{text}");
            assert_eq!(text.contains("\r\n"), file.contains("\r\n"));
            let config = parse(&text, Path::new(PATH), &format()).expect("it is right");
            assert_eq!(config.accounts.last().map(|account| account.name.as_str()), Some("work"));
        }
    }

    #[test]
    fn accounts_in_one_list_get_one_more() {
        let file = "# mine\naccount = [{ name = \"a\", host = \"h\", user = \"u\" }] # all\n";
        let text = added(&draft(), Some(file));
        assert!(text.starts_with("# mine\n") && text.contains("# all"), "{text}");
        assert_eq!(parse(&text, Path::new(PATH), &format()).expect("it is right").accounts.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key() {
        let path = Path::new(PATH);
        let cases = [
            (Draft { host: "imaps://x".to_owned(), ..draft() }, "host"),
            (Draft { user: String::new(), ..draft() }, "user"),
            (Draft { name: "a/b".to_owned(), ..draft() }, "name"),
            (Draft { tls: TlsMode::Off, ..draft() }, "tls"),
            (Draft { auth: Auth::OAuth2, ..draft() }, "auth"),
            (Draft { ca_file: Some("no-such.pem".to_owned()), ..draft() }, "ca_file"),
        ];
        for (draft, key) in cases {
            let wrong = draft.account(path, &format()).expect_err("it is wrong");
            assert_eq!(wrong.key.as_deref(), Some(key), "{wrong}");
        }
        let twice = draft().add_to(Some(&added(&draft(), None)), path, &format());
        assert!(matches!(&twice, Err(Refused::Draft(wrong)) if wrong.key.as_deref() == Some("name")), "{twice:?}");
    }

    #[test]
    fn a_file_that_is_wrong_is_not_added_to() {
        for file in ["[[account]]\nname = \"a\"\n", "not toml", "[timer]\n"] {
            let refused = draft().add_to(Some(file), Path::new(PATH), &format());
            assert!(matches!(refused, Err(Refused::File(_))), "{refused:?}");
        }
    }
}
