//! The providers: how a mail provider's server is reached and what is peculiar to it, from a table in the program and
//! from the user's own. Found by an address's domain or by a server's host; asks no network.

mod read;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::is_loopback;
use super::error::ConfigError;
use crate::model::{Auth, Origin, Quirks, Timer, Timers, TlsMode};

/// The table that comes with the program.
pub const BUILT_IN: &str = include_str!("../../assets/providers.toml");

/// The user's own table, beside the configuration.
pub const FILE: &str = "providers.toml";

/// The entry for whoever has no entry.
const GENERIC: &str = "generic";

/// A mail provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    /// What it is called.
    pub name: String,
    /// Domains of the addresses it serves, in small letters; one that ends with `.*` goes for any ending.
    pub domains: Vec<String>,
    /// Its IMAP server; empty in the entry `generic` alone, which no look-up gives.
    pub host: String,
    /// Further names of the server.
    pub hosts: Vec<String>,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: TlsMode,
    /// How to log in, the usual way first; at least one.
    pub auth: Vec<Auth>,
    /// What the login name is.
    pub user: LoginName,
    /// How many connections it lets one account have.
    pub max_connections: Option<u16>,
    /// The timers it wants otherwise than built in.
    pub timers: Vec<(Timer, Option<Duration>)>,
    /// Whether `reissue` is learned.
    pub reissue_auto: bool,
    /// ID (RFC 2971) is required.
    pub id_required: bool,
    /// STATUS instead of NOOP.
    pub poll_by_status: bool,
    /// Where the password is made that mail programs need instead of the account's own.
    pub app_password: Option<String>,
    /// What else to know, in a sentence without a full stop.
    pub note: Option<String>,
    /// Where each figure is from, by its key.
    sources: BTreeMap<String, String>,
}

/// What a provider takes for a login name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoginName {
    /// The whole address.
    #[default]
    Address,
    /// What stands before the `@`.
    Local,
}

impl Provider {
    /// The login name for an address.
    #[must_use]
    pub fn login(&self, address: &str) -> String {
        let address = address.trim();
        match (self.user, address.rsplit_once('@')) {
            (LoginName::Local, Some((local, _))) => local.to_owned(),
            (LoginName::Address | LoginName::Local, _) => address.to_owned(),
        }
    }

    /// Where a figure is from: a url, or a project with `[code]` behind it. `key` is the figure's key in the table.
    #[must_use]
    pub fn source(&self, key: &str) -> Option<&str> {
        let of_host = ["domains", "hosts", "port", "tls", "auth"].contains(&key).then_some("host");
        self.sources.get(key).or_else(|| self.sources.get(of_host?)).map(String::as_str)
    }

    /// How many connections an account may have open where the configuration does not say: four fifths of the limit, so
    /// that a mail reader beside this program is not locked out.
    #[must_use]
    pub fn usual_connections(&self) -> Option<u16> {
        self.max_connections.map(|limit| (limit - limit.div_ceil(5)).max(1))
    }

    /// The built-in timers with the provider's over them.
    #[must_use]
    pub fn preset(&self) -> Timers {
        self.timers
            .iter()
            .fold(Timers::default(), |timers, (timer, value)| timers.with(*timer, *value, Origin::Provider))
    }

    /// What the engine must know of it.
    #[must_use]
    pub fn quirks(&self) -> Quirks {
        Quirks {
            provider: (self.name != GENERIC).then(|| self.name.clone()),
            id_required: self.id_required,
            poll_by_status: self.poll_by_status,
            app_password: self.app_password.clone(),
        }
    }

    fn has_domain(&self, domain: &str) -> bool {
        self.domains.iter().any(|own| own == domain)
    }

    fn has_domain_like(&self, domain: &str) -> bool {
        let begins = |own: &String| own.strip_suffix('*').is_some_and(|begin| domain.starts_with(begin));
        self.domains.iter().any(begins)
    }

    fn has_host(&self, host: &str) -> bool {
        [&self.host].into_iter().chain(&self.hosts).any(|own| own.eq_ignore_ascii_case(host))
    }
}

/// All known providers, the user's own first.
#[derive(Clone, Debug, PartialEq)]
pub struct Providers {
    own: Vec<Provider>,
    built_in: Vec<Provider>,
    /// The entry for whoever has none.
    generic: Provider,
}

impl Providers {
    /// Those that come with the program.
    ///
    /// # Panics
    /// Where the program's own table has problems, or lacks the entry for all others: tests see that it does not.
    #[must_use]
    pub fn built_in() -> Self {
        let path = PathBuf::from("assets").join(FILE);
        let built_in = read::parse(BUILT_IN, &path).expect("the program's own table has no problems");
        Self::new(Vec::new(), built_in).expect("the program's own table has the entry for all others")
    }

    fn new(own: Vec<Provider>, built_in: Vec<Provider>) -> Option<Self> {
        let generic = own.iter().chain(&built_in).find(|provider| provider.name == GENERIC)?.clone();
        Some(Self { own, built_in, generic })
    }

    /// With the user's own, read from `text`, which stands at `path`.
    ///
    /// # Errors
    /// With all problems of the text.
    pub fn with_own(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let own = read::parse(text, path)?;
        let known = Self::built_in();
        Ok(Self::new(own, known.built_in.clone()).unwrap_or(known))
    }

    /// The providers that go with the configuration at this path: those of the program, and of a [`FILE`] beside it.
    ///
    /// # Errors
    /// Where that file is there and cannot be read, or has problems.
    pub fn beside(config: &Path) -> Result<Self, ConfigError> {
        let path = config.with_file_name(FILE);
        match super::read_file(&path) {
            Ok((text, _)) => Self::with_own(&text, &path),
            Err(ConfigError::Missing { .. }) => Ok(Self::built_in()),
            Err(error) => Err(error),
        }
    }

    /// The provider of a mail address, by its domain.
    #[must_use]
    pub fn for_address(&self, address: &str) -> Option<&Provider> {
        let (_, domain) = address.trim().rsplit_once('@')?;
        let domain = domain.trim_end_matches('.').to_lowercase();
        let exact = |layer: &'_ [Provider]| layer.iter().position(|provider| provider.has_domain(&domain));
        let like = |layer: &'_ [Provider]| layer.iter().position(|provider| provider.has_domain_like(&domain));
        self.layers().into_iter().find_map(|layer| exact(layer).or_else(|| like(layer)).map(|at| &layer[at]))
    }

    /// The provider of a server. What runs on this machine is nobody's: it may be a tunnel to anywhere.
    #[must_use]
    pub fn for_host(&self, host: &str) -> Option<&Provider> {
        let mut all = self.layers().into_iter().flatten();
        if is_loopback(host) { None } else { all.find(|provider| provider.has_host(host)) }
    }

    /// What an account is treated by: its server's provider; on this machine that of its address, where it runs here
    /// (Proton's bridge); else the entry for all others.
    #[must_use]
    pub fn for_account(&self, host: &str, user: &str) -> &Provider {
        let here = || self.for_address(user).filter(|provider| is_loopback(host) && provider.has_host(host));
        self.for_host(host).or_else(here).unwrap_or(&self.generic)
    }

    fn layers(&self) -> [&[Provider]; 2] {
        [&self.own, &self.built_in]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(address: &str) -> Option<String> {
        Providers::built_in().for_address(address).map(|provider| provider.name.clone())
    }

    #[test]
    fn every_provider_that_the_issue_names_is_found_by_its_addresses() {
        let cases = [
            ("ann@gmail.com", "Gmail"),
            ("ann@GoogleMail.com.", "Gmail"),
            ("ann@outlook.com", "Outlook and Microsoft 365"),
            ("ann@hotmail.co.uk", "Outlook and Microsoft 365"),
            ("ann@yahoo.com", "Yahoo"),
            ("ann@yahoo.de", "Yahoo"),
            ("ann@yahoo.co.jp", "Yahoo! JAPAN"),
            ("ann@aol.com", "AOL"),
            ("ann@me.com", "iCloud"),
            ("ann@fastmail.fm", "Fastmail"),
            ("ann@gmx.net", "GMX"),
            ("ann@gmx.com", "GMX.com"),
            ("ann@web.de", "web.de"),
            ("ann@zoho.com", "Zoho"),
            ("ann@ya.ru", "Yandex"),
            ("ann@bk.ru", "mail.ru"),
            ("12345@qq.com", "QQ"),
            ("ann@163.com", "163"),
            ("ann@126.com", "126"),
            ("ann@proton.me", "Proton Bridge"),
        ];
        for (address, wanted) in cases {
            assert_eq!(name(address).as_deref(), Some(wanted), "{address}");
        }
        for address in ["ann@example.org", "ann@notgmail.com", "ann", "", "@", "ann@outlook", "ann@generic"] {
            assert_eq!(name(address), None, "{address}");
        }
    }

    #[test]
    fn no_figure_of_the_table_is_without_its_source() {
        for provider in &Providers::built_in().built_in {
            let given = [
                ("domains", !provider.domains.is_empty()),
                ("host", !provider.host.is_empty()),
                ("hosts", !provider.hosts.is_empty()),
                ("port", !provider.host.is_empty()),
                ("tls", !provider.host.is_empty()),
                ("auth", !provider.host.is_empty()),
                ("user", provider.user != LoginName::Address),
                ("max_connections", provider.max_connections.is_some()),
                ("id_required", provider.id_required),
                ("poll_by_status", provider.poll_by_status),
                ("app_password", provider.app_password.is_some()),
                ("note", provider.note.is_some()),
            ];
            let timers = provider.timers.iter().map(|(timer, _)| (timer.name(), true));
            for (key, _) in given.into_iter().chain(timers).filter(|(_, there)| *there) {
                let source = provider.source(key).unwrap_or_else(|| panic!("{}: {key} has no source", provider.name));
                let named = source.contains("https://") || source.contains("[code]") || source.contains("FAQ");
                assert!(named, "{}: {key}: {source}", provider.name);
            }
            for key in provider.sources.keys() {
                let there = given.iter().any(|(given, there)| given == key && *there)
                    || provider.timers.iter().any(|(timer, _)| timer.name() == key);
                assert!(there, "{}: a source for {key}, which is not there", provider.name);
            }
        }
    }

    #[test]
    fn a_server_is_known_by_its_host_whatever_the_address_is() {
        let providers = Providers::built_in();
        let name = |host, user| providers.for_account(host, user).name.clone();
        assert_eq!(name("OUTLOOK.office365.com", "ann@corp.example"), "Outlook and Microsoft 365");
        assert_eq!(name("imap-mail.outlook.com", "ann"), "Outlook and Microsoft 365");
        assert_eq!(name("imap.example.org", "ann@gmail.com"), "generic");
        assert_eq!(name("127.0.0.1", "ann@proton.me"), "Proton Bridge");
        assert_eq!(name("127.0.0.1", "ann@example.org"), "generic");
        assert_eq!(name("localhost", "ann@gmail.com"), "generic");
        assert_eq!(providers.for_host("127.0.0.1"), None);
    }

    #[test]
    fn a_preset_stands_between_what_is_built_in_and_what_is_configured() {
        let providers = Providers::built_in();
        let yahoo = providers.for_address("ann@yahoo.com").expect("known");
        let reissue = yahoo.preset().tuned(Timer::Reissue);
        assert_eq!((reissue.value, reissue.origin), (Some(Duration::from_mins(3)), Origin::Provider));
        assert_eq!(yahoo.preset().tuned(Timer::Done).origin, Origin::BuiltIn);
        let gmail = providers.for_address("ann@gmail.com").expect("known");
        assert_eq!((gmail.max_connections, gmail.usual_connections()), (Some(15), Some(12)));
        assert_eq!(providers.for_account("h", "u").usual_connections(), Some(8));
    }

    #[test]
    fn the_login_name_is_what_the_provider_takes() {
        let providers = Providers::built_in();
        let login = |address: &str| providers.for_address(address).map(|provider| provider.login(address));
        assert_eq!(login(" ann@gmail.com ").as_deref(), Some("ann@gmail.com"));
        assert_eq!(login("ann@icloud.com").as_deref(), Some("ann"));
    }

    #[test]
    fn the_users_own_come_first_and_their_mistakes_are_pointed_at() {
        let text = "[[provider]]\nname = \"Corp\"\ndomains = [\"corp.example\", \"gmail.com\"]\nhost = \"mail.corp.example\"\n\
                    tls = \"starttls\"\nmax_connections = 4\ntimers = { reissue = \"2m\" }\n";
        let providers = Providers::with_own(text, Path::new("providers.toml")).expect("right");
        let corp = providers.for_address("ann@gmail.com").expect("known");
        assert_eq!((corp.name.as_str(), corp.port, corp.tls), ("Corp", 143, TlsMode::StartTls));
        assert_eq!(corp.auth, [Auth::Password]);
        assert_eq!(providers.for_host("mail.corp.example").map(Provider::usual_connections), Some(Some(3)));
        assert_eq!(providers.for_address("ann@yahoo.com").map(|known| known.name.as_str()), Some("Yahoo"));

        let wrong = "[[provider]]\nname = \"A\"\ndomains = [\"ann@a.example\", \"b.example\"]\nid_required = \"yes\"\n\
                     [[provider]]\nname = \"B\"\ndomain = [\"b.example\"]\ndomains = [\"b.example\"]\nhost = \"h\"\nauth = [\"plain\"]\n\
                     timers = { reissue = \"4\" }\nuser = \"me\"\nsource = { hots = \"x\" }\n";
        let error = Providers::with_own(wrong, Path::new("providers.toml")).expect_err("problems");
        insta::assert_snapshot!(error.render(100, false));
    }
}
