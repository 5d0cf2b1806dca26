//! From a mail address to its server: the table of providers, then the domain's SRV records, then its autoconfig file.
//!
//! Sends only the domain, to the system's DNS servers and to the domain's own web servers. What is found is shown before it
//! is used, and checked as if it had been typed.

mod autoconfig;
mod found;
mod host_name;
mod srv;

use std::time::Duration;

pub use self::found::{Found, Way};
use self::host_name::is_host;
pub use self::srv::{LookUp, LookingUp, Record, SystemDns};
use crate::config::providers::{Provider, Providers};
use crate::dial::Dial;
use mailwatch_proto::model::{Auth, LINE_LIMIT, sanitise};

/// How long the SRV records may take. A resolver asks again after 5 s (RFC 1035 §4.2.1 advises 2 to 5): once is enough.
const SRV_WITHIN: Duration = Duration::from_secs(6);

/// How long each web server may take.
const WEB_WITHIN: Duration = Duration::from_secs(10);

/// No server was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no server was found for {domain}. Ask your provider, or look for its IMAP settings")]
pub struct NotFound {
    /// The domain that was asked for.
    pub domain: String,
    /// What was tried, and what came of it: a sentence each.
    pub tried: Vec<String>,
}

/// What to ask.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The known providers.
    pub providers: &'a Providers,
    /// DNS.
    pub dns: &'a dyn LookUp,
    /// Connections to web servers.
    pub dial: &'a dyn Dial,
    /// Whether Thunderbird's database may be asked as well, which tells Mozilla the domain.
    pub ispdb: bool,
}

/// Finds the server of a mail address. Takes half a minute at the most.
///
/// # Errors
/// Where no way led to one; the error tells each.
pub async fn discover(address: &str, sources: Sources<'_>) -> Result<Found, NotFound> {
    let address = address.trim();
    if let Some(provider) = sources.providers.for_address(address) {
        return Ok(of_table(provider, address));
    }
    let domain = domain(address)?;
    let mut tried = Vec::new();
    match tokio::time::timeout(SRV_WITHIN, srv::server(&domain, sources.dns)).await {
        Ok(Ok((name, record))) => return Ok(of_record(name, record, address, &domain, sources.providers)),
        Ok(Err(why)) => tried.push(why),
        Err(_) => tried.push(format!("the SRV records of {domain} did not come within {} s", SRV_WITHIN.as_secs())),
    }
    for url in autoconfig::urls(&domain, sources.ispdb) {
        let asked = tokio::time::timeout(WEB_WITHIN, autoconfig::settings(&url, address, sources.dial)).await;
        match asked.unwrap_or_else(|_| Err(format!("no answer within {} s", WEB_WITHIN.as_secs()))) {
            Ok(found) => return Ok(with_provider(found, sources.providers)),
            Err(why) => tried.push(format!("{url}: {why}")),
        }
    }
    Err(NotFound { domain, tried })
}

/// The address's domain as DNS writes it.
fn domain(address: &str) -> Result<String, NotFound> {
    let refused =
        |what: &str, why: &str| Err(NotFound { domain: sanitise(what, LINE_LIMIT), tried: vec![why.to_owned()] });
    let Some((_, domain)) = address.rsplit_once('@') else {
        return refused(address, "it has no @, so it is not a mail address");
    };
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    if !domain.is_ascii() {
        return refused(&domain, "write an international domain in its ASCII form, xn--…");
    }
    if !is_host(&domain) {
        return refused(&domain, "what follows the @ is not a domain");
    }
    Ok(domain)
}

fn of_table(provider: &Provider, address: &str) -> Found {
    Found {
        way: Way::Table(provider.name.clone()),
        host: provider.host.clone(),
        port: provider.port,
        tls: provider.tls,
        auth: provider.auth.clone(),
        user: provider.login(address),
        caution: None,
        note: provider.note.clone(),
    }
}

fn of_record(name: String, record: Record, address: &str, domain: &str, providers: &Providers) -> Found {
    let Record { host, port, tls, .. } = record;
    let own = host == domain || host.ends_with(&format!(".{domain}"));
    // RFC 6186 §6: DNS without DNSSEC may have been forged, and the certificate is then right for the wrong server.
    let caution = (!own && providers.for_host(&host).is_none()).then(|| {
        format!("{host} does not belong to {domain}, and only DNS names it: make sure that your mail is there")
    });
    let user = address.to_owned();
    let found = Found { way: Way::Srv(name), host, port, tls, auth: vec![Auth::Password], user, caution, note: None };
    with_provider(found, providers)
}

/// Completes a server at a known provider: the table knows the provider's logins better than the domain's owner.
fn with_provider(mut found: Found, providers: &Providers) -> Found {
    if let Some(provider) = providers.for_host(&found.host) {
        found.auth.clone_from(&provider.auth);
        found.note.clone_from(&provider.note);
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::dial::Dialling;
    use mailwatch_proto::model::{Account, Fault, FaultClass, TlsMode};

    /// DNS and web of a test: one record, no web server, and a list of the names that were asked for.
    #[derive(Debug, Default)]
    struct Net {
        record: Option<Record>,
        asked: Mutex<Vec<String>>,
    }

    impl LookUp for Net {
        fn srv<'a>(&'a self, name: &'a str, tls: TlsMode) -> LookingUp<'a> {
            self.asked.lock().expect("no panic here").push(name.to_owned());
            let record = self.record.clone().filter(|record| record.tls == tls);
            Box::pin(std::future::ready(Ok(record.into_iter().collect())))
        }
    }

    impl Dial for Net {
        fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a> {
            self.asked.lock().expect("no panic here").push(account.host.clone());
            Box::pin(std::future::ready(Err(Fault::retry_after(FaultClass::Connect, "nobody there"))))
        }
    }

    async fn of(address: &str, net: &Net, ispdb: bool) -> Result<Found, NotFound> {
        let providers = crate::config::testing::providers();
        discover(address, Sources { providers: &providers, dns: net, dial: net, ispdb }).await
    }

    fn leading_to(host: &str) -> Net {
        let record = Record { priority: 0, weight: 0, host: host.to_owned(), port: 993, tls: TlsMode::Implicit };
        Net { record: Some(record), ..Net::default() }
    }

    #[tokio::test]
    async fn what_the_table_knows_asks_nobody() {
        let net = Net::default();
        let found = of(" ann@icloud.com", &net, true).await.expect("known");
        assert_eq!((found.host.as_str(), found.user.as_str()), ("imap.mail.me.com", "ann"));
        assert_eq!(found.way.to_string(), "the table of providers: iCloud");
        assert_eq!(*net.asked.lock().expect("no panic here"), [""; 0]);
    }

    #[tokio::test]
    async fn a_record_that_leads_elsewhere_is_to_be_looked_at_unless_the_provider_is_known() {
        let own = of("ann@example.org", &leading_to("imap.example.org"), false).await.expect("a record");
        assert_eq!((own.caution, own.user.as_str()), (None, "ann@example.org"));
        assert_eq!(own.way.to_string(), "the DNS record _imaps._tcp.example.org");
        let elsewhere = of("ann@example.org", &leading_to("notexample.org"), false).await.expect("a record");
        assert!(elsewhere.caution.is_some_and(|caution| caution.contains("does not belong to example.org")));
        let known = of("ann@example.org", &leading_to("outlook.office365.com"), false).await.expect("a record");
        assert_eq!((known.caution, known.auth.as_slice()), (None, &[Auth::OAuth2][..]));
        assert!(known.note.is_some());
    }

    #[tokio::test]
    async fn mozillas_database_is_asked_only_when_told_to() {
        for (ispdb, wanted) in [(false, 4), (true, 5)] {
            let net = Net::default();
            let error = of("ann@example.org", &net, ispdb).await.expect_err("nothing there");
            let asked = net.asked.lock().expect("no panic here").clone();
            assert_eq!(asked.len(), wanted, "{asked:?}");
            assert_eq!(asked.contains(&"autoconfig.thunderbird.net".to_owned()), ispdb);
            assert_eq!(error.tried.len(), wanted - 1, "{error:?}");
        }
    }

    #[test]
    fn a_host_is_a_name_and_nothing_else() {
        for host in ["imap.example.org", "a-b.xn--e1afmkfd.example", "x.co"] {
            assert!(is_host(host), "{host}");
        }
        let long = "a.".repeat(127) + "com";
        for host in [
            "",
            ".",
            "localhost",
            "127.0.0.1",
            "a..b",
            "-a.example",
            "a b.example",
            "a.example/x",
            "a.example:1",
            "ж.example",
            &long,
        ] {
            assert!(!is_host(host), "{host}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_so_and_asks_nobody() {
        for address in ["ann", "ann@", "ann@host", "ann@ex ample.org", "ann@пример.example", "ann@a/../b.example"]
        {
            let error = domain(address).expect_err(address);
            assert_eq!(error.tried.len(), 1, "{address}");
        }
        assert_eq!(domain("a@b@Example.ORG."), Ok("example.org".to_owned()));
    }
}
