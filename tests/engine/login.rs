//! Passwords of every kind, by every way that a server takes them.

use imap_misbehave::{Scenario, Server};
use mailwatch_engine::dial::Transport;
use mailwatch_engine::session::{Incoming, LoginWith, Session, Sink};
use mailwatch_proto::connection::dialogue::{Greeting, LoginPlan};
use mailwatch_proto::model::{Auth, Fault, FaultClass, LoginChoice};
use secrecy::SecretString;

use crate::harness::{S, now};

/// Remembers the trace.
#[derive(Default)]
struct Trace(std::sync::Mutex<String>);

impl Sink for Trace {
    async fn give(&self, incoming: Incoming) {
        if let Incoming::Line(line) = incoming {
            let mut trace = self.0.lock().expect("nobody panics here");
            trace.push_str(&line.text);
            trace.push('\n');
        }
    }
}

async fn log_in(scenario: Scenario, server: (&str, &str), given: (&str, &str)) -> (Result<(), Fault>, String) {
    log_in_by(Auth::Password, scenario, server, given).await
}

async fn log_in_by(
    auth: Auth,
    scenario: Scenario,
    server: (&str, &str),
    given: (&str, &str),
) -> (Result<(), Fault>, String) {
    let server = Server::with_credentials(scenario, server.0, server.1);
    let io = Box::new(server.connect());
    let transport = Transport { io, addr: None, proxy: None, tls: None, greeted: false, trace: Vec::new() };
    let mut session = Session::new(transport, "localhost:143".to_owned(), true);
    let trace = Trace::default();
    let greeting = session.greeting(now() + S, &trace).await.expect("a greeting");
    assert_eq!(greeting, Greeting::Ok);
    session.ask_capabilities(now() + S, &trace).await.expect("capabilities");
    let secret = SecretString::from(given.1);
    let plan = LoginPlan::new(auth, LoginChoice::Auto);
    let with = LoginWith { plan, user: given.0, secret: &secret, at: ("localhost", 143) };
    let done = session.log_in(with, None, now() + S, &trace).await;
    let done = done.map(|_| ()).map_err(|failure| failure.fault);
    (done, trace.0.into_inner().expect("nobody panics here"))
}

#[tokio::test(start_paused = true)]
async fn any_password_goes_by_any_way() {
    let ways = [
        ("authenticate with initial response", Scenario::healthy()),
        ("authenticate", Scenario::of(imap_misbehave::Fault::Without("SASL-IR"))),
        ("login with non-synchronising literals", Scenario::of(imap_misbehave::Fault::Without("AUTH=PLAIN"))),
        (
            "login with literals",
            Scenario::of(imap_misbehave::Fault::Without("AUTH=PLAIN")).with(imap_misbehave::Fault::Without("LITERAL+")),
        ),
    ];
    let credentials = [
        ("me@example.org", "simple-Pa55"),
        ("me", r#"with "quotes" and \\back\\slashes"#),
        ("m\u{fc}ller", "gr\u{fc}\u{df}e-\u{6771}\u{4eac}"),
        ("me", " spaces {5} "),
        ("me", "line\r\nbreak-Pa55"),
    ];
    for (way, scenario) in ways {
        for (user, password) in credentials {
            let (done, trace) = log_in(scenario.clone(), (user, password), (user, password)).await;
            assert_eq!(done, Ok(()), "{way}: {password:?}\n{trace}");
            assert!(!trace.contains(password) && !trace.contains("Pa55"), "{way}: the trace has the password");
            let (refused, trace) = log_in(scenario.clone(), (user, password), (user, "wrong-Pa55")).await;
            assert_eq!(refused.map_err(|fault| fault.class), Err(FaultClass::Auth), "{way}");
            assert!(!trace.contains("Pa55"), "{way}: the trace has the password");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_nul_is_refused_before_anything_is_sent() {
    let (done, trace) = log_in(Scenario::healthy(), ("me", "x"), ("me", "a\0b")).await;
    assert_eq!(done.map_err(|fault| fault.class), Err(FaultClass::Secret));
    assert!(!trace.contains("AUTHENTICATE") && !trace.contains("LOGIN"));
}

#[tokio::test(start_paused = true)]
async fn a_token_goes_by_either_mechanism_and_a_refused_one_is_told_in_words() {
    let without = |names: &[&'static str]| {
        names.iter().fold(Scenario::healthy(), |all, name| all.with(imap_misbehave::Fault::Without(name)))
    };
    let (user, token) = ("m=e,@example.org", "ya29.t0ken-Pa55");
    for (way, scenario) in [
        ("OAUTHBEARER", without(&[])),
        ("OAUTHBEARER", without(&["SASL-IR"])),
        ("XOAUTH2", without(&["AUTH=OAUTHBEARER"])),
        ("XOAUTH2", without(&["AUTH=OAUTHBEARER", "SASL-IR"])),
    ] {
        let (done, trace) = log_in_by(Auth::OAuth2, scenario.clone(), (user, token), (user, token)).await;
        assert_eq!(done, Ok(()), "{way}\n{trace}");
        assert!(trace.contains(&format!("AUTHENTICATE {way}")) && !trace.contains("Pa55"), "{way}\n{trace}");
        let (refused, trace) = log_in_by(Auth::OAuth2, scenario, (user, token), (user, "old-Pa55")).await;
        let fault = refused.expect_err("another token");
        assert_eq!(fault.class, FaultClass::Auth, "{way}");
        for part in ["expired", "status 401", "scope https://mail.example.org/"] {
            assert!(fault.message.contains(part), "{way}: {}", fault.message);
        }
        assert!(!trace.contains("Pa55") && !fault.message.contains("Pa55"), "{way}\n{trace}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_none_or_has_no_way_to_go_is_refused_before_anything_is_sent() {
    let scenario = Scenario::of(imap_misbehave::Fault::Without("AUTH=OAUTHBEARER"))
        .with(imap_misbehave::Fault::Without("AUTH=XOAUTH2"));
    let (done, trace) = log_in_by(Auth::OAuth2, scenario, ("me", "t"), ("me", "t")).await;
    assert!(done.is_err_and(|fault| fault.class == FaultClass::Auth && fault.message.contains("AUTH=PLAIN")));
    assert!(!trace.contains("AUTHENTICATE"), "{trace}");
    let (done, trace) = log_in_by(Auth::OAuth2, Scenario::healthy(), ("me", "t"), ("me", "not a token")).await;
    assert_eq!(done.map_err(|fault| fault.class), Err(FaultClass::Secret));
    assert!(!trace.contains("AUTHENTICATE"), "{trace}");
}
