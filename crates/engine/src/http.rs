//! One HTTP request over a connection of its own, to an OAuth 2.0 issuer or for a provider's settings.
//!
//! Dials as the account dials its server, with its `ca_file` and its proxy; its pins and its client certificate are for the
//! server alone. HTTPS, or HTTP to this machine. Follows no redirect: a secret goes only to the configured address.

use std::error::Error;
use std::time::Duration;

use ::http::header::{CONNECTION, HOST, HeaderValue, USER_AGENT};
use ::http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::dial::Dial;
use mailwatch_proto::model::{Account, Fault, FaultClass, LINE_LIMIT, TlsMode, sanitise};

/// How long a whole exchange may take, from the name's look-up to the body's last byte.
const LIMIT: Duration = Duration::from_secs(30);

/// The largest body that is read, in bytes. The bodies are JSON or XML of a few kilobytes.
const BODY_LIMIT: usize = 256 * 1024;

const AGENT: &str = concat!("mailwatch-tui/", env!("CARGO_PKG_VERSION"));

/// Sends the request and reads the whole response, whatever its status. Host and port are the URL's; everything else about
/// the connection is as `via` connects.
///
/// # Errors
/// Where the URL cannot be used (class `config`), the server cannot be reached (as [`Dial::dial`]), or it does not
/// speak HTTP (`protocol`), says too much, or falls silent (`timeout`).
pub async fn send(dial: &dyn Dial, via: &Account, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Fault> {
    let target = Target::of(request.uri())?;
    let place = target.authority();
    match timeout(LIMIT, exchange(dial, via, &target, request)).await {
        Ok(done) => done,
        Err(_) => Err(Fault::retry_after(
            FaultClass::Timeout,
            format!("{place} did not answer an HTTP request within {} s", LIMIT.as_secs()),
        )),
    }
}

/// The host that a URL names.
struct Target {
    host: String,
    port: u16,
    tls: TlsMode,
}

impl Target {
    fn of(uri: &Uri) -> Result<Self, Fault> {
        let unusable = |why: &str| {
            let uri = sanitise(&uri.to_string(), LINE_LIMIT);
            Fault::needs_user(FaultClass::Config, format!("{uri} cannot be used: {why}"))
        };
        let (tls, usual) = match uri.scheme_str() {
            Some("https") => (TlsMode::Implicit, 443),
            Some("http") => (TlsMode::Off, 80),
            Some(_) | None => return Err(unusable("it must begin with https://")),
        };
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(unusable("it must not contain a user"));
        }
        let host = uri.host().ok_or_else(|| unusable("it names no host"))?;
        let host = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
        Ok(Self { host: host.to_owned(), port: uri.port_u16().unwrap_or(usual), tls })
    }

    fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

async fn exchange(
    dial: &dyn Dial,
    via: &Account,
    target: &Target,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, Fault> {
    let (host, network) = (target.host.clone(), via.network.elsewhere());
    let account = Account { host, port: target.port, tls: target.tls, network, ..via.clone() };
    let transport = dial.dial(&account).await?;
    let place = target.authority();
    let broken = |error: &dyn Error| broken(&place, error);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(transport.io)).await.map_err(|error| broken(&error))?;
    let exchange = async {
        let response = sender.send_request(prepared(request, target)?).await.map_err(|error| broken(&error))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, BODY_LIMIT).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                let message = format!("{place} answered with more than {} KiB", BODY_LIMIT / 1024);
                Fault::retry_after(FaultClass::Protocol, message)
            } else {
                broken(&*error)
            }
        })?;
        Ok(Response::from_parts(head, body.to_bytes().to_vec()))
    };
    // The request notices the connection's end by itself: data from before it may still be unread.
    let driving = async {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "an HTTP connection broke");
        }
        std::future::pending().await
    };
    tokio::select! {
        biased;
        done = exchange => done,
        never = driving => never,
    }
}

/// The request as sent to its server: the path alone, and HTTP/1.1's headers.
fn prepared(request: Request<Vec<u8>>, target: &Target) -> Result<Request<Full<Bytes>>, Fault> {
    let unusable = |why: &dyn Error| {
        Fault::needs_user(FaultClass::Config, format!("{} cannot be asked: {why}", target.authority()))
    };
    let (mut head, body) = request.into_parts();
    let host = head.uri.authority().map_or_else(|| target.authority(), ToString::to_string);
    head.headers.insert(HOST, HeaderValue::try_from(host).map_err(|error| unusable(&error))?);
    head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    head.headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = Uri::try_from(path).map_err(|error| unusable(&error))?;
    Ok(Request::from_parts(head, Full::new(Bytes::from(body))))
}

fn broken(place: &str, error: &dyn Error) -> Fault {
    let why = sanitise(&error.to_string(), LINE_LIMIT);
    Fault::retry_after(FaultClass::Protocol, format!("the HTTP exchange with {place} failed: {why}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::dial::{Dialling, Transport};
    use mailwatch_proto::model::{Auth, Ca, Hooks, Network, Quirks, SecretSource, Timers};

    /// Whom it was told to dial, and the other end of what it made.
    #[derive(Debug, Default)]
    struct Canned {
        dialled: Mutex<Vec<Account>>,
        answer: Vec<u8>,
        /// Keeps the connection open after the answer.
        hangs: bool,
    }

    impl Dial for Canned {
        fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a> {
            let (ours, theirs) = duplex(1 << 20);
            self.dialled.lock().expect("no panic here").push(account.clone());
            tokio::spawn(serve(theirs, self.answer.clone(), self.hangs));
            Box::pin(async {
                Ok(Transport {
                    io: Box::new(ours),
                    addr: None,
                    proxy: None,
                    tls: None,
                    greeted: false,
                    trace: Vec::new(),
                })
            })
        }
    }

    /// Answers one request; its own head and body are what `{}` becomes.
    async fn serve(mut stream: DuplexStream, answer: Vec<u8>, hangs: bool) {
        let mut asked = Vec::new();
        while !asked.ends_with(b"end") {
            if stream.read_buf(&mut asked).await.unwrap_or(0) == 0 {
                return;
            }
        }
        if answer.is_empty() {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", asked.len());
            let _ = stream.write_all(&[head.as_bytes(), &asked].concat()).await;
        } else {
            let _ = stream.write_all(&answer).await;
        }
        if hangs {
            std::future::pending::<()>().await;
        }
    }

    fn account() -> Account {
        Account {
            name: "work".to_owned(),
            host: "imap.example.org".to_owned(),
            port: 993,
            tls: TlsMode::StartTls,
            ca: Some(Ca::Pem("a certificate".to_owned())),
            network: Network::default(),
            user: "me".to_owned(),
            auth: Auth::OAuth2,
            secret: SecretSource::Keyring,
            mailboxes: vec!["INBOX".to_owned()],
            max_connections: 8,
            timers: Timers::default(),
            reissue_auto: false,
            quirks: Quirks::default(),
            hooks: Hooks::default(),
        }
    }

    async fn ask(dial: &Canned, url: &str) -> Result<Response<Vec<u8>>, Fault> {
        let request = Request::post(url).body(b"the end".to_vec()).expect("a request");
        send(dial, &account(), request).await
    }

    #[tokio::test]
    async fn a_request_goes_to_the_urls_host_as_the_account_dials() {
        let dial = Canned::default();
        let response = ask(&dial, "https://issuer.example:8443/token?a=b").await.expect("an answer");
        let text = String::from_utf8(response.into_body()).expect("text");
        assert!(text.starts_with("POST /token?a=b HTTP/1.1\r\n"), "{text}");
        for part in ["host: issuer.example:8443\r\n", "user-agent: mailwatch-tui/", "\r\n\r\nthe end"] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
        let dialled = dial.dialled.lock().expect("no panic here");
        let [dialled] = dialled.as_slice() else { panic!("{dialled:?}") };
        assert_eq!((dialled.host.as_str(), dialled.port, dialled.tls), ("issuer.example", 8443, TlsMode::Implicit));
        assert_eq!(dialled.ca, account().ca, "what the account trusts");
    }

    #[tokio::test]
    async fn a_url_that_must_not_be_used_is_refused_before_anything_is_dialled() {
        let dial = Canned::default();
        for url in ["ftp://issuer.example/", "/token", "https://me:secret@issuer.example/"] {
            let fault = ask(&dial, url).await.expect_err(url);
            assert_eq!((fault.class, fault.retry()), (FaultClass::Config, false), "{url}");
        }
        assert!(dial.dialled.lock().expect("no panic here").is_empty());
        // Plain HTTP is the dialler's to refuse, by the account's rule for loopback.
        ask(&dial, "http://[::1]:8080/").await.expect("an answer");
        let dialled = dial.dialled.lock().expect("no panic here");
        assert_eq!((dialled[0].host.as_str(), dialled[0].tls), ("::1", TlsMode::Off));
    }

    #[tokio::test]
    async fn an_answer_that_is_none_or_too_long_is_a_fault_and_a_redirect_is_not_followed() {
        let answered = |answer: &[u8]| Canned { answer: answer.to_vec(), ..Canned::default() };
        for garbage in [&b"* OK IMAP4rev1 ready\r\n"[..], b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"] {
            let fault = ask(&answered(garbage), "https://issuer.example/").await.expect_err("no HTTP");
            assert_eq!(fault.class, FaultClass::Protocol);
            assert!(fault.message.contains("issuer.example:443"), "{fault}");
        }
        let long = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b'x'; BODY_LIMIT + 1]].concat();
        let fault = ask(&answered(&long), "https://issuer.example/").await.expect_err("too long");
        assert!(fault.message.contains("256 KiB"), "{fault}");
        let moved = answered(b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\n\r\n");
        assert_eq!(ask(&moved, "https://issuer.example/").await.expect("an answer").status(), 302);
        assert_eq!(moved.dialled.lock().expect("no panic here").len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_falls_silent_is_given_up() {
        let dial = Canned {
            answer: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort".to_vec(),
            hangs: true,
            ..Canned::default()
        };
        let begun = tokio::time::Instant::now();
        let fault = ask(&dial, "https://issuer.example/").await.expect_err("it hangs");
        assert_eq!((fault.class, begun.elapsed()), (FaultClass::Timeout, LIMIT));
    }
}
