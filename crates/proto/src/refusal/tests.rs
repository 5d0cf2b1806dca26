use super::*;

#[test]
fn too_many_connections_is_known_in_every_servers_words() {
    let cases = [
        (At::Login, "[ALERT] Too many simultaneous connections. (Failure)"),
        (At::Login, "[AUTHENTICATIONFAILED] Too many simultaneous connections. (Failure)"),
        (
            At::Login,
            "[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
        ),
        (At::Greeting, "Maximum number of connections from user+IP exceeded"),
        (At::Mailbox, "User is authenticated but not connected."),
        (At::Session, "User is authenticated but not connected."),
        (At::Login, "[LIMIT] LOGIN Rate limit hit."),
        (At::Login, "[limit] whatever"),
        (At::Greeting, "Maximum connection limit reached for ::ffff:192.0.2.1"),
        (At::Login, "Too many open connections (5 of 5 from 192.0.2.1)"),
        (At::Session, "[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)"),
        (At::Mailbox, "Request is throttled. Suggested Backoff Time: 92415 milliseconds"),
        (At::Mailbox, "[THROTTLED]"),
    ];
    for (at, text) in cases {
        let refusal = classify(text, at);
        assert_eq!((refusal.class, refusal.next), (FaultClass::Limit, Next::RetryLater), "{text}");
        assert!(refusal.advice.is_some(), "{text}");
    }
}

#[test]
fn only_codes_say_that_the_user_is_needed_and_a_refused_login_is_judged_by_proof() {
    let cases = [
        (At::Login, "[AUTHENTICATIONFAILED] Invalid credentials (Failure)", FaultClass::Auth, Login::ByProof),
        (At::Login, "LOGIN failed.", FaultClass::Auth, Login::ByProof),
        (At::Login, "", FaultClass::Auth, Login::ByProof),
        (At::Login, "[AUTHORIZATIONFAILED] no", FaultClass::Auth, Login::ByProof),
        (At::Login, "[NONEXISTENT] no such user", FaultClass::Auth, Login::ByProof),
        (At::Login, "[ALERT] Application-specific password required", FaultClass::Auth, Login::ByProof),
        (At::Login, "[ALERT] Your account is not enabled for IMAP use. (Failure)", FaultClass::Auth, Login::ByProof),
        (At::Login, "[EXPIRED] change it", FaultClass::Auth, Login::NeedsUser),
        (At::Login, "[WEBALERT https://accounts.example/a?B=c] Web login", FaultClass::Auth, Login::NeedsUser),
        (At::Login, "[PRIVACYREQUIRED] no plaintext", FaultClass::Tls, Login::NeedsUser),
        (At::Login, "[CONTACTADMIN] blocked", FaultClass::Auth, Login::NeedsUser),
        (At::Mailbox, "[CONTACTADMIN] blocked", FaultClass::Mailbox, Login::NeedsUser),
        (At::Mailbox, "[NONEXISTENT] Mailbox doesn't exist: x", FaultClass::Mailbox, Login::NeedsUser),
        (At::Mailbox, "[NOPERM] no", FaultClass::Mailbox, Login::NeedsUser),
        (At::Mailbox, "[CANNOT] no", FaultClass::Mailbox, Login::NeedsUser),
    ];
    for (at, text, class, login) in cases {
        let refusal = classify(text, at);
        assert_eq!((refusal.class, refusal.next, refusal.login), (class, Next::User, login), "{text}");
    }
}

#[test]
fn everything_else_passes() {
    let cases = [
        (At::Login, "[UNAVAILABLE] Temporary authentication failure. [mx1:2026-01-01]", FaultClass::Auth),
        (At::Login, "Temporary authentication failure.", FaultClass::Auth),
        (At::Login, "[TEMPFAIL] LOGIN", FaultClass::Auth),
        (At::Login, "System error", FaultClass::Auth),
        (At::Login, "Internal server error", FaultClass::Auth),
        (At::Login, "[AUTHENTICATIONFAILED] Temporary system problem. Please try again later.", FaultClass::Auth),
        (At::Login, "Server error - Please try again later", FaultClass::Auth),
        (At::Mailbox, "Server Unavailable. 15", FaultClass::Mailbox),
        (At::Mailbox, "[TEMPFAIL] no", FaultClass::Mailbox),
        (At::Mailbox, "no such mailbox", FaultClass::Mailbox),
        (At::Mailbox, "[AUTHENTICATIONFAILED] log in again", FaultClass::Auth),
        (At::Mailbox, "SELECT Unsafe Login. Please contact kefu@188.com for help", FaultClass::Auth),
        (At::Mailbox, "", FaultClass::Mailbox),
        (At::Mailbox, "[INUSE] Mailbox is locked", FaultClass::Mailbox),
        (At::Mailbox, "[SERVERBUG] Internal error occurred. Refer to server log.", FaultClass::Mailbox),
        (At::Session, "timeout", FaultClass::Closed),
        (At::Session, "[EXPIRED] you are", FaultClass::Auth),
        (At::Greeting, "Server shutting down", FaultClass::Closed),
        (At::Greeting, "[CONTACTADMIN]", FaultClass::Closed),
        (At::Greeting, "", FaultClass::Closed),
        (At::StartTls, "not here", FaultClass::Tls),
    ];
    for (at, text, class) in cases {
        let refusal = classify(text, at);
        assert_eq!((refusal.class, refusal.next), (class, Next::Retry), "{text}");
    }
}

#[test]
fn a_mechanism_gives_way_unless_the_secret_was_judged_or_the_server_asks_for_patience() {
    for text in ["", "AUTHENTICATE not supported", "[CANNOT] disabled", "Authentication failed."] {
        assert!(!is_judged(text), "{text}");
    }
    for text in ["[AUTHENTICATIONFAILED] no", "[EXPIRED] no", "System error", "[LIMIT] too many"] {
        assert!(is_judged(text), "{text}");
    }
}

#[test]
fn a_session_at_its_end_is_no_fault() {
    let refusal = classify("Session expired, please login again.", At::Session);
    assert_eq!((refusal.class, refusal.next), (FaultClass::Closed, Next::AtOnce));
}

#[test]
fn every_row_can_match_and_none_hides_another() {
    for row in ROWS {
        let text = match row.mark {
            Mark::Code(name) => {
                assert_eq!(name, name.to_uppercase());
                format!("[{name}] x")
            }
            Mark::Words(words) => {
                assert_eq!(words, words.to_lowercase());
                words.to_uppercase()
            }
        };
        assert_eq!(classify(&text, At::Session).advice, row.advice, "{text}");
    }
}

#[test]
fn the_message_holds_the_servers_words_tamed_and_then_the_advice() {
    let fault = fault("[EXPIRED] your\u{1b}[2J password", At::Login, "imap.example.org:993 refuses the login");
    assert_eq!(
        fault.message,
        "imap.example.org:993 refuses the login: [EXPIRED] your\u{fffd}[2J password. The password or token has \
         expired: set a new one"
    );
    assert!(super::fault(&"x".repeat(100_000), At::Greeting, "there").message.len() < 2000);
}
