//! The metrics over HTTP/1.1: one path, one request a connection, each bounded in size and time. No response repeats
//! anything of its request.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use ::http::uri::Authority;
use ::http::{Method, Request, Response, StatusCode, Version};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::{Source, exposition};

/// The path of the metrics.
pub const PATH: &str = "/metrics";

/// How long a request's head may take to arrive.
const HEAD_LIMIT: Duration = Duration::from_secs(5);

/// How long a connection may take in all, a slow reader included. Prometheus gives up after 10 s.
const LIMIT: Duration = Duration::from_secs(10);

/// Bytes of a request's head, the least that hyper takes. A scraper's is under 1 KiB.
const HEAD_SIZE: usize = 8 * 1024;

/// Headers of a request. A scraper sends some ten.
const HEADERS: usize = 32;

/// Connections at once. One more closes the oldest that has sent no request yet: silent connections delay nobody.
const AT_ONCE: usize = 32;

/// The pause after the system refused a connection, usually because there are no file descriptors left.
const PAUSE: Duration = Duration::from_secs(1);

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens on this address.
    ///
    /// # Errors
    /// Where it is taken, not this machine's, or not allowed.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// The metrics' URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Serves until dropped; every connection ends with it.
    pub async fn serve(&self, source: Source) -> Infallible {
        let local = self.address.ip().is_loopback();
        let mut connections = JoinSet::new();
        let mut open = VecDeque::new();
        loop {
            let stream = match self.socket.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection for the metrics was not taken");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            while connections.try_join_next().is_some() {}
            make_room(&mut open);
            let source = source.clone();
            let asked = Arc::new(AtomicBool::new(false));
            let task = {
                let asked = Arc::clone(&asked);
                connections.spawn(async move { serve_connection(stream, &source, local, &asked).await })
            };
            open.push_back(Connection { task, asked });
        }
    }
}

/// A connection that is served.
struct Connection {
    task: AbortHandle,
    /// Whether its request has come.
    asked: Arc<AtomicBool>,
}

/// Makes room for one more, the oldest first: those that have asked are the last to go.
fn make_room(open: &mut VecDeque<Connection>) {
    open.retain(|connection| !connection.task.is_finished());
    if open.len() < AT_ONCE {
        return;
    }
    let silent = open.iter().position(|connection| !connection.asked.load(Ordering::Relaxed));
    if let Some(oldest) = open.remove(silent.unwrap_or(0)) {
        oldest.task.abort();
    }
}

/// Serves one request of a connection.
async fn serve_connection(stream: TcpStream, source: &Source, local: bool, asked: &AtomicBool) {
    let service = service_fn(|request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let response = answer(&request, source, local);
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(HEAD_SIZE)
        .max_headers(HEADERS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(LIMIT, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection for the metrics broke"),
        Err(_) => tracing::debug!("a connection for the metrics took too long"),
    }
}

/// The response to a request; `local`: the listener is for this machine alone.
fn answer<B>(request: &Request<B>, source: &Source, local: bool) -> Response<Full<Bytes>> {
    let Ok(host) = host(request.version(), request.headers()) else {
        return refusal(StatusCode::BAD_REQUEST, "a request has one Host header\n");
    };
    if local && !host.is_none_or(|host| is_this_machine(&host)) {
        return refusal(StatusCode::MISDIRECTED_REQUEST, "ask for localhost or a loopback address\n");
    }
    if request.uri().path() != PATH {
        return refusal(StatusCode::NOT_FOUND, "the metrics are at /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    respond(StatusCode::OK, exposition::CONTENT_TYPE, source.text())
}

/// A request whose Host header is missing, doubled or no host.
struct BadHost;

/// Whom the request is addressed to: one Host header, which HTTP/1.0 alone may leave out (RFC 9112 §3.2).
fn host(version: Version, headers: &HeaderMap) -> Result<Option<Authority>, BadHost> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok().and_then(|host| host.parse().ok()).map(Some).ok_or(BadHost),
        // No browser speaks HTTP/1.0.
        (None, _) if version < Version::HTTP_11 => Ok(None),
        (None | Some(_), _) => Err(BadHost),
    }
}

/// Whether this host is this machine. A page in a browser can have its own name resolved to 127.0.0.1 and read what is
/// served there, but its requests name its own host.
fn is_this_machine(host: &Authority) -> bool {
    let host = host.host().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn refusal(status: StatusCode, why: &'static str) -> Response<Full<Bytes>> {
    respond(status, "text/plain; charset=utf-8", why)
}

fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::link::link;

    struct Served(SocketAddr, JoinHandle<()>);

    impl Served {
        async fn start() -> Self {
            let front_end = link([], 1, false).front_end;
            let source = Source::of(&front_end, SystemTime::UNIX_EPOCH);
            let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
            let address = listener.address;
            Self(address, tokio::spawn(async move { match listener.serve(source).await {} }))
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.0).await.expect("it listens")
        }

        /// What comes back until the connection ends.
        async fn say(&self, words: &str) -> String {
            let mut stream = self.connect().await;
            // It may be done with us before it has read everything.
            let _ = stream.write_all(words.as_bytes()).await;
            let mut text = Vec::new();
            let _ = timeout(2 * LIMIT, stream.read_to_end(&mut text)).await.expect("the connection ends");
            String::from_utf8(text).expect("text")
        }

        async fn get(&self, path: &str, host: &str) -> String {
            self.say(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await
        }
    }

    fn status(response: &str) -> &str {
        response.split(' ').nth(1).unwrap_or_default()
    }

    #[tokio::test]
    async fn the_metrics_come_with_their_content_type_and_whole() {
        let served = Served::start().await;
        let response = served.get("/metrics", "localhost:1").await;
        let (head, body) = response.split_once("\r\n\r\n").expect("a head and a body");
        assert_eq!(status(head), "200");
        assert!(
            head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"),
            "{head}"
        );
        assert!(head.contains("connection: close\r\n"), "{head}");
        assert!(body.starts_with("# TYPE ") && body.ends_with("\n# EOF\n"), "{body}");
        let head_alone = served.say("HEAD /metrics HTTP/1.1\r\nHost: [::1]\r\n\r\n").await;
        assert!(status(&head_alone) == "200" && head_alone.ends_with("\r\n\r\n"), "{head_alone}");
    }

    #[tokio::test]
    async fn nothing_else_is_served_and_nothing_of_a_request_comes_back() {
        let served = Served::start().await;
        assert_eq!(status(&served.get("/", "127.0.0.1").await), "404");
        assert_eq!(status(&served.get("/metrics/../etc", "127.0.0.1").await), "404");
        assert_eq!(status(&served.get("/metrics?name=x", "127.0.0.1").await), "200");
        let posted = served.say("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(status(&posted), "405");
        assert!(posted.contains("allow: GET, HEAD\r\n"), "{posted}");
        let named = served.get("/<script>", "localhost").await;
        assert!(!named.contains("script"), "{named}");
    }

    #[tokio::test]
    async fn a_page_that_had_its_name_lead_here_reads_nothing() {
        let served = Served::start().await;
        for host in
            ["evil.example", "evil.example:9853", "127.0.0.1.evil.example", "192.0.2.1", "localhost.evil.example"]
        {
            assert_eq!(status(&served.get("/metrics", host).await), "421", "{host}");
        }
        for host in ["LOCALHOST:9853", "127.0.0.2", "[::1]:9853"] {
            assert_eq!(status(&served.get("/metrics", host).await), "200", "{host}");
        }
        assert_eq!(status(&served.say("GET /metrics HTTP/1.0\r\n\r\n").await), "200");
    }

    #[tokio::test]
    async fn a_head_without_end_is_refused() {
        let served = Served::start().await;
        let long = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: {}", "x".repeat(2 * HEAD_SIZE));
        assert_eq!(status(&served.say(&long).await), "431");
        let many = "X: y\r\n".repeat(HEADERS + 1);
        assert_eq!(status(&served.say(&format!("GET /metrics HTTP/1.1\r\n{many}\r\n")).await), "431");
        assert_eq!(status(&served.say("* OK IMAP4rev1 ready\r\n\r\n").await), "400");
    }

    #[tokio::test]
    async fn a_crowd_that_says_nothing_keeps_nobody_waiting() {
        let served = Served::start().await;
        let mut crowd = Vec::new();
        for number in 0..200 {
            let mut silent = served.connect().await;
            if number % 2 == 0 {
                silent.write_all(b"GET /metr").await.expect("it is taken");
            }
            crowd.push(silent);
        }
        let response = timeout(Duration::from_secs(1), served.get("/metrics", "localhost")).await;
        assert_eq!(response.as_deref().map(status), Ok("200"));
        drop(crowd);
    }

    #[tokio::test]
    async fn a_request_has_exactly_one_host() {
        let served = Served::start().await;
        for (head, expected) in [
            ("HTTP/1.1", "400"),
            ("HTTP/1.1\r\nHost: localhost\r\nHost: localhost", "400"),
            ("HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", "400"),
            ("HTTP/1.0\r\nHost: localhost\r\nHost: localhost", "400"),
            ("HTTP/1.1\r\nHost:", "400"),
            ("HTTP/1.1\r\nHost: local host", "400"),
            ("HTTP/1.1\r\nHost: localhost", "200"),
            ("HTTP/1.0", "200"),
        ] {
            assert_eq!(status(&served.say(&format!("GET /metrics {head}\r\n\r\n")).await), expected, "{head}");
        }
    }

    #[tokio::test]
    async fn it_ends_with_every_connection() {
        let served = Served::start().await;
        let mut held = served.connect().await;
        held.write_all(b"GET /metrics").await.expect("it is taken");
        served.1.abort();
        let mut rest = Vec::new();
        let ended = timeout(LIMIT / 2, held.read_to_end(&mut rest)).await;
        assert!(matches!(ended, Ok(Ok(0) | Err(_))), "{ended:?}");
        assert!(TcpStream::connect(served.0).await.is_err(), "the port is free again");
    }
}
