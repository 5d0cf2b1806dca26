//! SRV records for IMAP (RFC 6186): which server a domain names.

use std::cmp::Reverse;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::host_name::is_host;
use mailwatch_proto::model::{LINE_LIMIT, TlsMode, sanitise};

/// What [`LookUp::srv`] returns: the records, or why they are not known. A name without records has an empty list.
pub type LookingUp<'a> = Pin<Box<dyn Future<Output = Result<Vec<Record>, String>> + Send + 'a>>;

/// Looks up SRV records. Injected, so that tests ask no network.
pub trait LookUp: Send + Sync + fmt::Debug {
    /// Looks up the SRV records of a name. `tls` is how the name's service is encrypted.
    fn srv<'a>(&'a self, name: &'a str, tls: TlsMode) -> LookingUp<'a>;
}

/// An SRV record (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The lowest is to be used first.
    pub priority: u16,
    /// Among equal priorities the share of a server.
    pub weight: u16,
    /// The server's name, without a full stop at its end; empty where the domain says that there is no such service.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How its service is encrypted.
    pub tls: TlsMode,
}

/// The services: implicit TLS goes first among equals (RFC 8314 §4).
const SERVICES: [(&str, TlsMode); 2] = [("_imaps._tcp", TlsMode::Implicit), ("_imap._tcp", TlsMode::StartTls)];

/// The server in the domain's records, with the record's name; else why there is none.
pub(super) async fn server(domain: &str, dns: &dyn LookUp) -> Result<(String, Record), String> {
    let names = SERVICES.map(|(service, tls)| (format!("{service}.{domain}"), tls));
    let [(imaps, implicit), (imap, starttls)] = &names;
    let (one, other) = tokio::join!(dns.srv(imaps, *implicit), dns.srv(imap, *starttls));
    let failed = one.as_ref().err().or(other.as_ref().err()).cloned();
    let records = one.unwrap_or_default().into_iter().chain(other.unwrap_or_default());
    let mut usable: Vec<_> = records.filter(|record| is_host(&record.host) && record.port > 0).collect();
    // The heaviest, not a random one: what is shown is what is used, and the same each time.
    usable.sort_by_key(|record| (record.priority, record.tls != TlsMode::Implicit, Reverse(record.weight)));
    match (usable.into_iter().next(), failed) {
        (Some(record), _) => {
            let name = names.into_iter().find(|(_, tls)| *tls == record.tls).map(|(name, _)| name).unwrap_or_default();
            Ok((name, record))
        }
        (None, Some(why)) => Err(format!("SRV records of {domain}: {}", sanitise(&why, LINE_LIMIT))),
        (None, None) => Err(format!("{domain} has no SRV record for IMAP")),
    }
}

/// The system's DNS servers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDns;

#[cfg(feature = "discover")]
impl LookUp for SystemDns {
    fn srv<'a>(&'a self, name: &'a str, tls: TlsMode) -> LookingUp<'a> {
        use hickory_resolver::TokioResolver;
        Box::pin(async move {
            let resolver = TokioResolver::builder_tokio().and_then(hickory_resolver::ResolverBuilder::build);
            resolved(&resolver.map_err(|error| error.to_string())?, name, tls).await
        })
    }
}

#[cfg(not(feature = "discover"))]
impl LookUp for SystemDns {
    fn srv<'a>(&'a self, _: &'a str, _: TlsMode) -> LookingUp<'a> {
        Box::pin(std::future::ready(Err("this program was built without look-ups (feature discover)".to_owned())))
    }
}

#[cfg(feature = "discover")]
async fn resolved(resolver: &hickory_resolver::TokioResolver, name: &str, tls: TlsMode) -> Result<Vec<Record>, String> {
    use hickory_resolver::proto::rr::RData;
    // With its full stop, so that the system's search list does not apply.
    let answer = match resolver.srv_lookup(format!("{name}.")).await {
        Ok(answer) => answer,
        Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    let record = |data: &RData| match data {
        RData::SRV(srv) => {
            let host = srv.target.to_ascii().trim_end_matches('.').to_ascii_lowercase();
            Some(Record { priority: srv.priority, weight: srv.weight, host, port: srv.port, tls })
        }
        // Aliases on the way to it, and anything else that a server adds.
        _ => None,
    };
    Ok(answer.answers().iter().filter_map(|answer| record(&answer.data)).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Answers from a table.
    #[derive(Debug, Default)]
    struct Canned(BTreeMap<&'static str, Result<Vec<Record>, String>>);

    impl LookUp for Canned {
        fn srv<'a>(&'a self, name: &'a str, _: TlsMode) -> LookingUp<'a> {
            Box::pin(std::future::ready(self.0.get(name).cloned().unwrap_or_else(|| Ok(Vec::new()))))
        }
    }

    fn record(priority: u16, weight: u16, host: &str, tls: TlsMode) -> Record {
        Record { priority, weight, host: host.to_owned(), port: 993, tls }
    }

    async fn host(imaps: Result<Vec<Record>, String>, imap: Result<Vec<Record>, String>) -> Result<String, String> {
        let dns = Canned(BTreeMap::from([("_imaps._tcp.example.org", imaps), ("_imap._tcp.example.org", imap)]));
        server("example.org", &dns).await.map(|(name, record)| format!("{name} {}", record.host))
    }

    #[tokio::test]
    async fn the_domains_own_preference_counts_then_implicit_tls_then_weight() {
        use TlsMode::{Implicit, StartTls};
        let both = host(
            Ok(vec![record(0, 1, "light.example.org", Implicit), record(0, 9, "heavy.example.org", Implicit)]),
            Ok(vec![record(0, 99, "plain.example.org", StartTls)]),
        );
        assert_eq!(both.await.as_deref(), Ok("_imaps._tcp.example.org heavy.example.org"));
        let preferred = host(
            Ok(vec![record(10, 0, "tls.example.org", Implicit)]),
            Ok(vec![record(5, 0, "starttls.example.org", StartTls)]),
        );
        assert_eq!(preferred.await.as_deref(), Ok("_imap._tcp.example.org starttls.example.org"));
    }

    #[tokio::test]
    async fn what_is_not_offered_and_what_is_no_name_is_passed_over() {
        let odd = ["", "127.0.0.1", "localhost", "a b.example", "x\u{1b}[2J.example"];
        let records = odd.map(|host| record(0, 0, host, TlsMode::Implicit)).to_vec();
        assert_eq!(host(Ok(records), Ok(vec![])).await, Err("example.org has no SRV record for IMAP".to_owned()));
        let half = host(Err("SERVFAIL".to_owned()), Ok(vec![record(0, 0, "i.example.org", TlsMode::StartTls)]));
        assert_eq!(half.await.as_deref(), Ok("_imap._tcp.example.org i.example.org"));
        let none = host(Err("SERVFAIL".to_owned()), Ok(vec![])).await;
        assert_eq!(none, Err("SRV records of example.org: SERVFAIL".to_owned()));
    }

    #[cfg(feature = "discover")]
    mod on_the_wire {
        use std::net::Ipv4Addr;

        use hickory_resolver::TokioResolver;
        use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
        use hickory_resolver::net::runtime::TokioRuntimeProvider;
        use hickory_resolver::proto::op::{Message, ResponseCode};
        use hickory_resolver::proto::rr::rdata::SRV;
        use hickory_resolver::proto::rr::{Name, RData, Record as Answer};
        use tokio::net::UdpSocket;

        use super::*;

        /// A DNS server on loopback: one name has a record, one has none, one fails.
        async fn serve(socket: UdpSocket) {
            let mut buffer = [0; 1500];
            while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
                let Ok(query) = Message::from_vec(&buffer[..count]) else { continue };
                let mut reply = query.into_response();
                let name = reply.queries[0].name().clone();
                match name.to_ascii().as_str() {
                    "_imaps._tcp.example.org." => {
                        let target = Name::from_ascii("IMAP.example.org.").expect("a name");
                        reply.add_answer(Answer::from_rdata(name, 60, RData::SRV(SRV::new(1, 2, 1993, target))));
                    }
                    "_imap._tcp.example.org." => reply.metadata.response_code = ResponseCode::NXDomain,
                    _ => reply.metadata.response_code = ResponseCode::ServFail,
                }
                let bytes = reply.to_vec().expect("a message");
                if socket.send_to(&bytes, from).await.is_err() {
                    return;
                }
            }
        }

        #[tokio::test]
        async fn a_dns_server_is_asked_and_its_answer_read() {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a socket");
            let port = socket.local_addr().expect("bound").port();
            tokio::spawn(serve(socket));
            let mut connection = ConnectionConfig::udp();
            connection.port = port;
            let server = NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![connection]);
            let config = ResolverConfig::from_parts(None, vec![], vec![server]);
            let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build();
            let resolver = resolver.expect("a resolver");
            let ask = |name| resolved(&resolver, name, TlsMode::Implicit);
            let record = Record { port: 1993, ..record(1, 2, "imap.example.org", TlsMode::Implicit) };
            assert_eq!(ask("_imaps._tcp.example.org").await, Ok(vec![record]));
            assert_eq!(ask("_imap._tcp.example.org").await, Ok(vec![]));
            assert!(ask("_imaps._tcp.broken.example").await.is_err());
        }
    }
}
