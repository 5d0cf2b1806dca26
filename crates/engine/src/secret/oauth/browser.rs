//! Authorization code with PKCE over a loopback redirect (RFC 8252, RFC 7636): a browser on this machine is sent to the
//! issuer, and comes back to a port that listens for it alone.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use futures_util::future::{Either, select};
use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

use super::Task;
use super::asking::{Asking, Given};
use super::endpoints::Endpoints;
use mailwatch_proto::model::{Fault, FaultClass, LINE_LIMIT, sanitise};

/// How long a person may take: a password, a second factor, a telephone to be found. Then an abandoned port closes.
const PATIENCE: Duration = Duration::from_mins(10);

/// What a browser's request may hold, in bytes, and how long it may take: codes are long, and browsers open
/// connections that they never use.
const REQUEST_LIMIT: usize = 16 * 1024;
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// Has a person agree.
pub async fn agree(
    asking: &Asking<'_>,
    endpoints: &Endpoints,
    secret: Option<&SecretString>,
    tell: &mut dyn FnMut(Task),
) -> Result<Given, Fault> {
    let Some(authorization) = endpoints.authorization.clone() else {
        let message = format!("{} has no authorization endpoint: use flow = \"device\"", asking.issuer());
        return Err(Fault::needs_user(FaultClass::Config, message));
    };
    let port = Port::open(endpoints.loopback).await.map_err(|error| {
        Fault::needs_user(FaultClass::Connect, format!("no port on this machine to come back to: {error}"))
    })?;
    let redirect = RedirectUrl::new(port.url()).map_err(|error| asking.unusable(&error))?;
    let client = asking.client(endpoints, secret).set_auth_uri(authorization).set_redirect_uri(redirect);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = client
        .authorize_url(CsrfToken::new_random)
        .add_scopes(asking.client.scopes.iter().cloned().map(Scope::new))
        .add_extra_param("login_hint", asking.account.user.as_str())
        .set_pkce_challenge(challenge);
    for (name, value) in endpoints.extra {
        request = request.add_extra_param(*name, *value);
    }
    let (url, state) = request.url();
    tell(Task::Browser { url: url.into() });
    let expected = Expected { state, iss: endpoints.iss.clone() };
    let code = match timeout(PATIENCE, port.redirected(&expected)).await {
        Ok(Return::Code(code)) => code,
        Ok(Return::Refused { error, description }) => return Err(asking.refused(&error, &description)),
        Err(_) => {
            let message = format!("nobody came back from the browser within {} minutes", PATIENCE.as_secs() / 60);
            return Err(Fault::needs_user(FaultClass::Timeout, message));
        }
    };
    let response = client.exchange_code(code).set_pkce_verifier(verifier).request_async(asking).await;
    response.map(Given::from).map_err(|error| asking.fault(error))
}

/// What the browser must bring back.
struct Expected {
    state: CsrfToken,
    iss: Option<String>,
}

/// What the browser brought back.
#[derive(Debug)]
enum Return {
    Code(AuthorizationCode),
    Refused { error: String, description: String },
}

/// A port on loopback that nobody outside this machine can reach.
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
        // A machine without IPv6 has no second way to be come back to.
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

    /// Waits for the redirect. Whatever else comes is answered and forgotten.
    async fn redirected(&self, expected: &Expected) -> Return {
        let mut visits = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.accept() => match accepted {
                    Ok(stream) => {
                        visits.spawn(timeout(REQUEST_TIME, asked(stream)));
                    }
                    // A connection that was gone again, or no descriptor left for a moment.
                    Err(error) => {
                        tracing::warn!(%error, "a browser's connection failed");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(visit) = visits.join_next() => {
                    let Ok(Ok(Some((mut stream, target)))) = visit else { continue };
                    let returned = read(&target, expected);
                    let (status, words) = match &returned {
                        Some(Return::Code(_)) => ("200 OK", "You are logged in. You can close this window."),
                        Some(Return::Refused { .. }) => {
                            ("200 OK", "You are not logged in; the terminal says why. You can close this window.")
                        }
                        None => ("404 Not Found", "There is nothing here."),
                    };
                    // The answer is for the person's comfort: a browser that is gone has done its part.
                    let _ = timeout(REQUEST_TIME, answer(&mut stream, status, words)).await;
                    if let Some(returned) = returned {
                        return returned;
                    }
                }
            }
        }
    }
}

/// Reads a request as far as its first line.
async fn asked(mut stream: TcpStream) -> Option<(TcpStream, String)> {
    let mut request = Vec::with_capacity(1024);
    // The whole head, though its first line is all that counts: a connection closed with bytes unread is reset, and
    // the browser would show that instead of the answer.
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if request.len() > REQUEST_LIMIT || stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let line = request.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let target = line.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
    Some((stream, target.to_owned()))
}

/// What the request's target brings; `None` where it is not the redirect that is waited for.
fn read(target: &str, expected: &Expected) -> Option<Return> {
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
        return Some(Return::Refused { error, description });
    }
    Some(Return::Code(AuthorizationCode::new(parameter("code")?.into_owned())))
}

async fn answer(stream: &mut TcpStream, status: &str, words: &str) -> io::Result<()> {
    let page = format!("<!doctype html><meta charset=utf-8><title>mailwatch-tui</title><p>{words}</p>\n");
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        page.len()
    );
    stream.write_all(format!("{head}{page}").as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(iss: Option<&str>) -> Expected {
        Expected { state: CsrfToken::new("st".to_owned()), iss: iss.map(str::to_owned) }
    }

    #[test]
    fn only_the_redirect_that_is_waited_for_counts() {
        let none = ["/", "/favicon.ico?state=st&code=c", "/?state=other&code=c", "/?code=c", "/?state=st"];
        for target in none {
            assert!(read(target, &expected(None)).is_none(), "{target}");
        }
        let code = read("/?code=a%2Fb+c&state=st", &expected(None));
        assert!(matches!(code, Some(Return::Code(code)) if code.secret() == "a/b c"));
        let refused = read("/?state=st&error=access_denied&error_description=No%1b", &expected(None));
        assert!(
            matches!(refused, Some(Return::Refused { error, description }) if error == "access_denied" && !description.contains('\x1b'))
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
        let expected = expected(None);
        let (returned, pages) = tokio::join!(port.redirected(&expected), visits);
        assert!(matches!(returned, Return::Code(code) if code.secret() == "c"));
        assert!(pages[0].starts_with("HTTP/1.1 404") && pages[1].contains("You are logged in"), "{pages:?}");
    }
}
