//! An issuer that answers as it is told, on in-process streams: what each of its refusals becomes.

use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::*;
use crate::dial::{Dialling, Transport};
use mailwatch_proto::model::{Auth, Hooks, Issuer, Network, Next, Quirks, SecretSource, Timers, TlsMode};

const METADATA: &str = r#"{"issuer":"https://auth.example.org","token_endpoint":"https://auth.example.org/t",
    "authorization_endpoint":"https://auth.example.org/a","device_authorization_endpoint":"https://auth.example.org/d"}"#;

/// A status and a body.
type Answer<'a> = (u16, &'a str);

/// Gives its answers one after the other, and remembers what was asked.
#[derive(Debug, Default)]
struct Fake {
    answers: Mutex<VecDeque<String>>,
    asked: std::sync::Arc<Mutex<Vec<String>>>,
}

impl Fake {
    fn answering(answers: &[(u16, &str)]) -> Self {
        let answer = |(status, body): &(u16, &str)| {
            format!(
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        Self { answers: Mutex::new(answers.iter().map(answer).collect()), ..Self::default() }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panics here").clone()
    }
}

impl Dial for Fake {
    fn dial<'a>(&'a self, _: &'a Account) -> Dialling<'a> {
        let (ours, mut theirs) = duplex(1 << 16);
        let answer = self.answers.lock().expect("nobody panics here").pop_front().expect("asked once too often");
        let asked = self.asked.clone();
        tokio::spawn(async move {
            let mut request = Vec::new();
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                if theirs.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            let head = String::from_utf8_lossy(&request).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            let whole = head.find("\r\n\r\n").unwrap_or_default() + 4 + length.unwrap_or_default();
            while request.len() < whole && theirs.read_buf(&mut request).await.unwrap_or(0) > 0 {}
            asked.lock().expect("nobody panics here").push(String::from_utf8_lossy(&request).into_owned());
            let _ = theirs.write_all(answer.as_bytes()).await;
        });
        Box::pin(async {
            Ok(Transport { io: Box::new(ours), addr: None, proxy: None, tls: None, greeted: false, trace: Vec::new() })
        })
    }
}

fn client() -> OAuthClient {
    OAuthClient {
        issuer: Issuer::Url("https://auth.example.org".to_owned()),
        client_id: "mailwatch".to_owned(),
        client_secret: ClientSecret::None,
        scopes: vec!["openid".to_owned(), "offline_access".to_owned()],
        flow: Flow::Browser,
    }
}

fn account() -> Account {
    Account {
        name: "work".to_owned(),
        host: "imap.example.org".to_owned(),
        port: 993,
        tls: TlsMode::Implicit,
        ca: None,
        network: Network::default(),
        user: "me".to_owned(),
        auth: Auth::OAuth2,
        secret: SecretSource::OAuth(Box::new(client())),
        mailboxes: vec!["INBOX".to_owned()],
        max_connections: 8,
        timers: Timers::default(),
        reissue_auto: false,
        quirks: Quirks::default(),
        hooks: Hooks::default(),
    }
}

/// A renewal that is answered so.
async fn renewed(status: u16, body: &str) -> (Result<Tokens, Fault>, Vec<String>) {
    let fake = Fake::answering(&[(200, METADATA), (status, body)]);
    let (account, client) = (account(), client());
    let issuer = IssuerClient { account: &account, client: &client, dial: &fake };
    let endpoints = Endpoints::of(&client.issuer, &account, &fake).await.expect("metadata");
    let given = exchange(&issuer, &endpoints, None, &SecretString::from("old-refresh")).await;
    (given, fake.asked())
}

#[tokio::test]
async fn a_renewal_brings_both_tokens_and_how_long_the_access_token_lives() {
    let body = r#"{"access_token":"at","token_type":"Bearer","expires_in":3600,"refresh_token":"new-refresh"}"#;
    let (given, asked) = renewed(200, body).await;
    let given = given.expect("tokens");
    assert_eq!(given.access.expose_secret(), "at");
    assert_eq!(given.lives.map(|lives| lives.as_secs()), Some(3600));
    assert_eq!(given.refresh.map(|token| token.expose_secret().to_owned()).as_deref(), Some("new-refresh"));
    assert!(asked[0].starts_with("GET /.well-known/openid-configuration "), "{asked:?}");
    for part in ["POST /t ", "grant_type=refresh_token", "refresh_token=old-refresh", "client_id=mailwatch"] {
        assert!(asked[1].contains(part), "{part}: {asked:?}");
    }
}

#[tokio::test]
async fn each_refusal_says_what_to_do_and_who_must_do_it() {
    let cases = [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Token has been revoked."}"#,
            FaultClass::Auth,
            Next::User,
            "account login work",
        ),
        (401, r#"{"error":"invalid_client"}"#, FaultClass::Config, Next::User, "client_id"),
        (400, r#"{"error":"invalid_scope"}"#, FaultClass::Config, Next::User, "scopes"),
        (400, r#"{"error":"temporarily_unavailable"}"#, FaultClass::Protocol, Next::Retry, "problem of its own"),
        (400, r#"{"error":"something_new"}"#, FaultClass::Auth, Next::User, "something_new"),
        (503, "down", FaultClass::Protocol, Next::Retry, "503"),
        (429, "slow down", FaultClass::Limit, Next::RetryLater, "429"),
        (302, "", FaultClass::Config, Next::User, "not followed"),
        (200, "<html>", FaultClass::Protocol, Next::Retry, "does not follow OAuth 2.0"),
        (200, "", FaultClass::Protocol, Next::Retry, "does not follow OAuth 2.0"),
        (404, "nothing here", FaultClass::Protocol, Next::Retry, "does not follow OAuth 2.0"),
    ];
    for (status, body, class, next, words) in cases {
        let (given, _) = renewed(status, body).await;
        let fault = given.expect_err(body);
        assert_eq!((fault.class, fault.next), (class, next), "{body}: {fault}");
        assert!(fault.message.contains(words) && fault.message.contains("auth.example.org"), "{body}: {fault}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_repeated_and_control_characters_are_tamed() {
    let (given, _) = renewed(200, r#"{"access_token":"s3cret-token","token_type":7}"#).await;
    let fault = given.expect_err("no token type");
    assert!(!format!("{fault:?}").contains("s3cret"), "{fault:?}");
    let (given, _) = renewed(400, "{\"error\":\"invalid_grant\",\"error_description\":\"a\\u001b[2Jb\"}").await;
    assert!(!given.expect_err("refused").message.contains('\u{1b}'));
}

#[tokio::test]
async fn discovery_tries_both_places_and_believes_only_the_issuer_itself() {
    let (account, issuer) = (account(), client().issuer);
    let second = Fake::answering(&[(404, ""), (200, METADATA)]);
    Endpoints::of(&issuer, &account, &second).await.expect("RFC 8414's place");
    assert!(second.asked()[1].starts_with("GET /.well-known/oauth-authorization-server "));
    let cases: [(&[Answer<'_>], bool, &str); 4] = [
        (&[(404, ""), (404, "")], false, "check issuer"),
        (&[(503, "")], true, "problem of its own"),
        (&[(200, "<html>")], false, "cannot be read"),
        (
            &[(200, r#"{"issuer":"https://evil.example","token_endpoint":"https://evil.example/t"}"#)],
            false,
            "evil.example",
        ),
    ];
    for (answers, retry, words) in cases {
        let fault = Endpoints::of(&issuer, &account, &Fake::answering(answers)).await.expect_err(words);
        assert_eq!(fault.retry(), retry, "{fault}");
        assert!(fault.message.contains(words), "{fault}");
    }
}

/// A device login whose token requests are answered so, after the code was told.
async fn with_device(answers: &[(u16, &str)]) -> (Result<Tokens, Fault>, Vec<LoginStep>, Fake) {
    const CODE: &str = r#"{"device_code":"dc","user_code":"ABCD-EFGH","verification_uri":"https://auth.example.org/device",
        "expires_in":600,"interval":5}"#;
    let all: Vec<_> = [(200, METADATA), (200, CODE)].into_iter().chain(answers.iter().copied()).collect();
    let fake = Fake::answering(&all);
    let (account, client) = (account(), client());
    let mut steps = Vec::new();
    let given = {
        let issuer = IssuerClient { account: &account, client: &client, dial: &fake };
        let endpoints = Endpoints::of(&client.issuer, &account, &fake).await.expect("metadata");
        device::agree(&issuer, &endpoints, None, &mut |task| steps.push(task)).await
    };
    (given, steps, fake)
}

#[tokio::test(start_paused = true)]
async fn a_device_login_waits_as_it_is_told_to_and_survives_an_issuer_that_is_away() {
    const PENDING: (u16, &str) = (400, r#"{"error":"authorization_pending"}"#);
    const TOKENS: (u16, &str) = (200, r#"{"access_token":"at","token_type":"Bearer","refresh_token":"rt"}"#);
    let begun = tokio::time::Instant::now();
    let answers = [PENDING, (400, r#"{"error":"slow_down"}"#), (503, ""), TOKENS];
    let (given, steps, fake) = with_device(&answers).await;
    assert!(given.expect("tokens").refresh.is_some());
    assert!(matches!(&steps[..], [LoginStep::Device { code, .. }] if code == "ABCD-EFGH"), "{steps:?}");
    assert_eq!(fake.asked().len(), 6);
    // 5 s, then 5 more for slow_down (RFC 8628 §3.5), then longer for the trouble.
    assert!(begun.elapsed().as_secs() >= 25, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_person_who_refuses_or_is_too_late_is_told_so() {
    for (error, words) in [("access_denied", "denied"), ("expired_token", "expired")] {
        let (given, ..) = with_device(&[(400, &format!("{{\"error\":\"{error}\"}}"))]).await;
        let fault = given.expect_err(error);
        assert_eq!((fault.class, fault.next), (FaultClass::Auth, Next::User), "{fault}");
        assert!(fault.message.contains(words), "{fault}");
    }
}
