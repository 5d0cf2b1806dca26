//! HTTP CONNECT (RFC 9110 §9.3.6) with Basic authentication (RFC 7617).
//!
//! Reads no byte beyond the response's head: the next is the server's.

use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::error::ProxyError;
use super::login::Login;
use crate::dial::server::Server;
use mailwatch_proto::model::{LINE_LIMIT, Proxy, sanitise};

/// The longest head that is read, in bytes. A proxy's is a few hundred.
const HEAD_LIMIT: usize = 16 << 10;

pub(super) async fn connect(
    tcp: &mut TcpStream,
    proxy: &Proxy,
    server: &Server,
    login: Option<&Login<'_>>,
) -> Result<(), ProxyError> {
    let broken = |error: io::Error| ProxyError::broken(proxy, &error);
    let asked = request(server, login);
    tcp.write_all(asked.as_bytes()).await.map_err(broken)?;
    tcp.flush().await.map_err(broken)?;
    let head = head(tcp).await.map_err(broken)?;
    match status(&head) {
        Some((200..=299, _)) => Ok(()),
        // Some answer an unknown login with 401, a server's code: tinyproxy 1.11.
        Some((407, _)) => Err(ProxyError::login(proxy)),
        Some((401, _)) if login.is_some() => Err(ProxyError::login(proxy)),
        Some((403 | 405, _)) => Err(ProxyError::forbidden(proxy, server)),
        Some((code @ 500..=599, said)) => Err(ProxyError::beyond(proxy, server, &format!("{code} {said}"))),
        Some((code, said)) => Err(ProxyError::user(format!(
            "{proxy} refused to connect to {server}: {code} {said}. Check that it is a proxy, and not a web server"
        ))),
        None => Err(ProxyError::user(format!(
            "{proxy} does not speak HTTP: check its port, or write proxy = \"socks5://…\""
        ))),
    }
}

fn request(server: &Server, login: Option<&Login<'_>>) -> Zeroizing<String> {
    let mut asked = Zeroizing::new(format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n"));
    if let Some(Login { user, password }) = login {
        let plain = Zeroizing::new(format!("{user}:{}", password.expose_secret()));
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(plain.as_bytes()));
        asked.push_str("Proxy-Authorization: Basic ");
        asked.push_str(&encoded);
        asked.push_str("\r\n");
    }
    asked.push_str("\r\n");
    asked
}

/// The response's head with its empty line; less where it is no HTTP.
async fn head(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    /// The beginning of every response; anything else is not read further.
    const BEGIN: &[u8] = b"HTTP/";
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") && head.len() < HEAD_LIMIT {
        head.push(from.read_u8().await?);
        let begun = head.len().min(BEGIN.len());
        if head[..begun] != BEGIN[..begun] {
            break;
        }
    }
    Ok(head)
}

/// The code of a response and its reason.
fn status(head: &[u8]) -> Option<(u16, String)> {
    let line = head.split(|&byte| byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let (version, rest) = line.split_once(' ')?;
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let code = code.parse().ok().filter(|code| (100..600).contains(code))?;
    version.starts_with("HTTP/").then(|| (code, sanitise(reason, LINE_LIMIT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_is_read_as_it_comes_and_nothing_else_is_taken_for_one() {
        type Read<'a> = Option<(u16, &'a str)>;
        let cases: [(&[u8], Read<'_>); 7] = [
            (b"HTTP/1.1 200 Connection established\r\n\r\n", Some((200, "Connection established"))),
            (b"HTTP/1.0 200\r\n\r\n", Some((200, ""))),
            (b"HTTP/1.1 403 \x1b[2JFiltered\r\nServer: x\r\n\r\n", Some((403, "\u{fffd}[2JFiltered"))),
            (b"HTTP/1.1 999 odd\r\n\r\n", None),
            (b"* OK IMAP4rev1 ready\r\n", None),
            (b"HTTP/1.1 \xff\r\n\r\n", None),
            (b"", None),
        ];
        for (head, wanted) in cases {
            assert_eq!(status(head), wanted.map(|(code, text)| (code, text.to_owned())), "{head:?}");
        }
    }

    #[tokio::test]
    async fn what_follows_the_head_is_left_to_the_server() {
        let mut stream: &[u8] = b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n* OK hello\r\n";
        head(&mut stream).await.expect("a head");
        assert_eq!(stream, b"* OK hello\r\n");
        let mut endless = tokio::io::repeat(b'x');
        assert_eq!(head(&mut endless).await.expect("not read on"), b"x");
        let mut long = (&b"HTTP/1.1 200 "[..]).chain(tokio::io::repeat(b'x'));
        assert_eq!(head(&mut long).await.expect("bounded").len(), HEAD_LIMIT);
    }

    #[test]
    fn an_ipv6_server_stands_in_brackets_and_a_login_in_its_header_alone() {
        let server = Server { host: "2001:db8::1".to_owned(), port: 993 };
        let plain = request(&server, None);
        assert_eq!(plain.as_str(), "CONNECT [2001:db8::1]:993 HTTP/1.1\r\nHost: [2001:db8::1]:993\r\n\r\n");
        let login = Login { user: "me", password: "secret".into() };
        assert!(request(&server, Some(&login)).contains("\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n"));
    }
}
