//! Authorization code with PKCE over a loopback redirect (RFC 8252, RFC 7636): a browser on this machine goes to the
//! issuer, which redirects it to a port that listens for this one request.

use std::borrow::Cow;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, REFERRER_POLICY};
use ::http::{Method, Request, Response, StatusCode};
use futures_util::future::{Either, select};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};
use secrecy::SecretString;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

use super::endpoints::Endpoints;
use super::issuer::{IssuerClient, Tokens};
use super::login_step::LoginStep;
use mailwatch_proto::model::{Fault, FaultClass, LINE_LIMIT, sanitise};

/// How long a person may take: a password, a second factor, a telephone to find. Then an abandoned port closes.
const PATIENCE: Duration = Duration::from_mins(10);

/// Bytes of a request's head; codes are long.
const HEAD_SIZE: usize = 16 * 1024;

/// How long a request's head may take to arrive, and as long again for the answer: browsers open connections that they
/// never use.
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// Asks a person for their consent, and gets the tokens.
pub async fn agree(
    issuer: &IssuerClient<'_>,
    endpoints: &Endpoints,
    secret: Option<&SecretString>,
    show: &mut dyn FnMut(LoginStep),
) -> Result<Tokens, Fault> {
    let Some(authorization) = endpoints.authorization.clone() else {
        let message = format!("{} has no authorization endpoint: use flow = \"device\"", issuer.issuer());
        return Err(Fault::needs_user(FaultClass::Config, message));
    };
    let port = Port::open(endpoints.loopback).await.map_err(|error| {
        Fault::needs_user(
            FaultClass::Connect,
            format!("no free port on this machine for the browser to come back to: {error}"),
        )
    })?;
    let redirect = RedirectUrl::new(port.url()).map_err(|error| issuer.unusable(&error))?;
    let client = issuer.client(endpoints, secret).set_auth_uri(authorization).set_redirect_uri(redirect);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = client
        .authorize_url(CsrfToken::new_random)
        .add_scopes(issuer.client.scopes.iter().cloned().map(Scope::new))
        .add_extra_param("login_hint", issuer.account.user.as_str())
        .set_pkce_challenge(challenge);
    for (name, value) in endpoints.extra {
        request = request.add_extra_param(*name, *value);
    }
    let (url, state) = request.url();
    show(LoginStep::Browser { url: url.into() });
    let expected = Expected { state, iss: endpoints.iss.clone() };
    let code = match timeout(PATIENCE, port.redirected(expected)).await {
        Ok(Redirect::Code(code)) => code,
        Ok(Redirect::Refused { error, description }) => return Err(issuer.refused(&error, &description)),
        Err(_) => {
            let message = format!("nobody came back from the browser within {} minutes", PATIENCE.as_secs() / 60);
            return Err(Fault::needs_user(FaultClass::Timeout, message));
        }
    };
    let response = client.exchange_code(code).set_pkce_verifier(verifier).request_async(issuer).await;
    response.map(Tokens::from).map_err(|error| issuer.fault(error))
}

/// What the redirect must carry.
#[derive(Debug)]
struct Expected {
    state: CsrfToken,
    iss: Option<String>,
}

/// What the redirect carried.
#[derive(Debug)]
enum Redirect {
    Code(AuthorizationCode),
    Refused { error: String, description: String },
}

/// A port on loopback, out of reach from other machines.
struct Port {
    v4: TcpListener,
    /// The same port on `::1`, where `localhost` may lead there.
    v6: Option<TcpListener>,
    host: &'static str,
    number: u16,
}

impl Port {
    async fn open(host: &'static str) -> io::Result<Self> {
        let v4 = TcpListener::bind(("127.0.0.1", 0)).await?;
        let number = v4.local_addr()?.port();
        // A machine without IPv6 has no second address.
        let v6 = if host == "localhost" { TcpListener::bind(("::1", number)).await.ok() } else { None };
        Ok(Self { v4, v6, host, number })
    }

    fn url(&self) -> String {
        format!("http://{}:{}", self.host, self.number)
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        let Some(v6) = &self.v6 else { return Ok(self.v4.accept().await?.0) };
        let (v4, v6) = (Box::pin(self.v4.accept()), Box::pin(v6.accept()));
        let (Either::Left((accepted, _)) | Either::Right((accepted, _))) = select(v4, v6).await;
        Ok(accepted?.0)
    }

    /// Waits for the redirect. Answers every other request, and forgets it.
    async fn redirected(&self, expected: Expected) -> Redirect {
        let expected = Arc::new(expected);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.accept() => match accepted {
                    Ok(stream) => {
                        connections.spawn(serve(stream, Arc::clone(&expected)));
                    }
                    // The browser has closed the connection, or the system has no descriptor left for a moment.
                    Err(error) => {
                        tracing::warn!(%error, "a browser's connection failed");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(served) = connections.join_next() => {
                    if let Ok(Some(redirect)) = served {
                        return redirect;
                    }
                }
            }
        }
    }
}

/// Serves one request of a connection; gives the redirect where it was that.
async fn serve(stream: TcpStream, expected: Arc<Expected>) -> Option<Redirect> {
    let redirect = OnceLock::new();
    let service = service_fn(|request: Request<Incoming>| {
        let read = (request.method() == Method::GET).then(|| read(&request.uri().to_string(), &expected)).flatten();
        let response = page(read.as_ref());
        if let Some(read) = read {
            // One request a connection: nothing was there before.
            let _ = redirect.set(read);
        }
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIME)
        .max_buf_size(HEAD_SIZE)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // The answer is for the person's comfort: a browser that is gone has done its part.
    if !matches!(timeout(2 * REQUEST_TIME, connection).await, Ok(Ok(()))) {
        tracing::debug!("a browser's connection broke");
    }
    redirect.into_inner()
}

/// The page that the browser shows.
fn page(redirect: Option<&Redirect>) -> Response<Full<Bytes>> {
    let (status, words) = match redirect {
        Some(Redirect::Code(_)) => (StatusCode::OK, "You are logged in. You can close this window."),
        Some(Redirect::Refused { .. }) => {
            (StatusCode::OK, "You are not logged in; the terminal says why. You can close this window.")
        }
        None => (StatusCode::NOT_FOUND, "There is nothing here."),
    };
    let page = format!("<!doctype html><meta charset=utf-8><title>mailwatch-tui</title><p>{words}</p>\n");
    let mut response = Response::new(Full::new(Bytes::from(page)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Reads a request's target; `None` where it is not the expected redirect.
fn read(target: &str, expected: &Expected) -> Option<Redirect> {
    let url = Url::parse("http://127.0.0.1").ok()?.join(target).ok()?;
    if url.path() != "/" {
        return None;
    }
    let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
    if parameter("state")? != expected.state.secret().as_str() {
        return None;
    }
    // RFC 9207 §2.4: another issuer's answer must not be used.
    if let Some(iss) = &expected.iss
        && parameter("iss").as_deref() != Some(iss)
    {
        return None;
    }
    if let Some(error) = parameter("error") {
        let description = parameter("error_description").unwrap_or(Cow::Borrowed(""));
        let (error, description) = (sanitise(&error, LINE_LIMIT), sanitise(&description, LINE_LIMIT));
        return Some(Redirect::Refused { error, description });
    }
    Some(Redirect::Code(AuthorizationCode::new(parameter("code")?.into_owned())))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn expected(iss: Option<&str>) -> Expected {
        Expected { state: CsrfToken::new("st".to_owned()), iss: iss.map(str::to_owned) }
    }

    #[test]
    fn only_the_expected_redirect_counts() {
        let none = ["/", "/favicon.ico?state=st&code=c", "/?state=other&code=c", "/?code=c", "/?state=st"];
        for target in none {
            assert!(read(target, &expected(None)).is_none(), "{target}");
        }
        let code = read("/?code=a%2Fb+c&state=st", &expected(None));
        assert!(matches!(code, Some(Redirect::Code(code)) if code.secret() == "a/b c"));
        let refused = read("/?state=st&error=access_denied&error_description=No%1b", &expected(None));
        assert!(
            matches!(refused, Some(Redirect::Refused { error, description }) if error == "access_denied" && !description.contains('\x1b'))
        );
    }

    #[test]
    fn an_answer_of_another_issuer_is_not_used() {
        let target = "/?code=c&state=st&iss=https%3A%2F%2Fauth.example.org";
        assert!(read(target, &expected(Some("https://auth.example.org"))).is_some());
        assert!(read(target, &expected(Some("https://evil.example"))).is_none());
        assert!(read("/?code=c&state=st", &expected(Some("https://auth.example.org"))).is_none());
    }

    #[tokio::test]
    async fn connections_that_are_never_used_do_not_keep_the_redirect_waiting() {
        let port = Port::open("127.0.0.1").await.expect("a port");
        let number = port.number;
        let visits = async {
            let _idle = TcpStream::connect(("127.0.0.1", number)).await.expect("it listens");
            let mut pages = Vec::new();
            for target in ["/favicon.ico", "/?state=st&code=c"] {
                let mut stream = TcpStream::connect(("127.0.0.1", number)).await.expect("it listens");
                let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
                stream.write_all(request.as_bytes()).await.expect("it reads");
                let mut page = String::new();
                stream.read_to_string(&mut page).await.expect("an answer");
                pages.push(page);
            }
            pages
        };
        let (redirect, pages) = tokio::join!(port.redirected(expected(None)), visits);
        assert!(matches!(redirect, Redirect::Code(code) if code.secret() == "c"));
        assert!(pages[0].starts_with("HTTP/1.1 404") && pages[1].contains("You are logged in"), "{pages:?}");
    }
    #[tokio::test]
    async fn only_a_get_is_the_redirect_and_an_endless_head_is_refused() {
        let port = Port::open("127.0.0.1").await.expect("a port");
        let number = port.number;
        let visits = async {
            let mut statuses = Vec::new();
            let long = format!("GET /?state=st&code=c HTTP/1.1\r\nX: {}", "x".repeat(2 * HEAD_SIZE));
            for request in
                ["POST /?state=st&code=c HTTP/1.1\r\nHost: x\r\n\r\n", &long, "GET /?state=st&code=c HTTP/1.1\r\n\r\n"]
            {
                let mut stream = TcpStream::connect(("127.0.0.1", number)).await.expect("it listens");
                // It may answer before it has read everything.
                let _ = stream.write_all(request.as_bytes()).await;
                let mut page = Vec::new();
                let _ = stream.read_to_end(&mut page).await;
                statuses.push(String::from_utf8_lossy(&page).split(' ').nth(1).map(str::to_owned));
            }
            statuses
        };
        let (_, statuses) = tokio::join!(port.redirected(expected(None)), visits);
        assert_eq!(statuses, ["404", "431", "200"].map(|status| Some(status.to_owned())));
    }
}
