//! Every way that a password or a token goes, and every way that it is refused.

use super::*;

#[test]
fn a_password_goes_with_the_command_or_after_it() {
    let login = || Login::new(Auth::Password);
    play(
        login(),
        facts("AUTH=PLAIN SASL-IR"),
        "
        A1 AUTHENTICATE PLAIN ***
        S: A1 OK [CAPABILITY IMAP4rev1 IDLE] in
        trust
        END ()
    ",
    );
    play(
        login(),
        facts("auth=plain"),
        "
        A1 AUTHENTICATE PLAIN
        S: + go on
        *** PLAIN
        S: A1 OK in
        trust
        A2 CAPABILITY
        S: * CAPABILITY IMAP4rev1 IDLE
        - response Capability([\"IMAP4rev1\", \"IDLE\"])
        S: A2 OK
        END ()
    ",
    );
    let known = play(
        login(),
        facts("IMAP4rev1"),
        "
        A1 LOGIN ***
        S: + more
        *** rest
        S: + more
        *** rest
        S: + more than two literals are in no LOGIN
        S: A1 OK [CAPABILITY IMAP4rev1 ID] in
        trust
        END ()
    ",
    );
    assert!(known.can("id") && !known.can("IDLE"));
    play(
        login(),
        facts("LITERAL+"),
        "
        A1 LOGIN *** +
        S: A1 OK [CAPABILITY IMAP4rev1] in
        trust
        END ()
    ",
    );
}

#[test]
fn a_refused_password_is_a_refusal_and_a_plain_that_is_not_understood_goes_as_login() {
    let login = || Login::new(Auth::Password);
    play(
        login(),
        facts("AUTH=PLAIN SASL-IR"),
        "
        A1 AUTHENTICATE PLAIN ***
        S: + eyJzdGF0dXMiOiI0MDAifQ==
        resign \"\"
        S: A1 NO wrong
        END failed auth: imap.example.org:993 refused the login: wrong
    ",
    );
    play(
        login(),
        facts("AUTH=PLAIN SASL-IR"),
        "
        A1 AUTHENTICATE PLAIN ***
        S: A1 BAD what is that
        A2 LOGIN ***
        S: A2 BAD nor that
        END failed closed: imap.example.org:993 refused LOGIN: nor that
    ",
    );
    play(
        login(),
        facts("AUTH=PLAIN SASL-IR LOGINDISABLED"),
        "
        A1 AUTHENTICATE PLAIN ***
        S: A1 BAD what is that
        END failed closed: imap.example.org:993 refused the login: what is that
    ",
    );
    play(login(), facts("IMAP4rev1 LOGINDISABLED"), "
        END failed auth: imap.example.org:993 takes no password here (LOGINDISABLED, no AUTH=PLAIN); it offers: IMAP4rev1 LOGINDISABLED
    ");
}

#[test]
fn a_token_goes_by_what_the_server_offers_and_its_details_are_kept_for_the_host() {
    let login = || Login::new(Auth::OAuth2);
    play(
        login(),
        facts("AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR"),
        "
        A1 AUTHENTICATE OAUTHBEARER ***
        S: A1 OK [CAPABILITY IMAP4rev1] in
        trust
        END ()
    ",
    );
    play(
        login(),
        facts("AUTH=XOAUTH2"),
        "
        A1 AUTHENTICATE XOAUTH2
        S: +
        *** XOAUTH2
        S: + ZGV0YWlscw==
        resign \"\"
        S: A1 NO no
        END failed auth: imap.example.org:993 refused the token: no
    ",
    );
    play(
        login(),
        facts("AUTH=OAUTHBEARER SASL-IR"),
        "
        A1 AUTHENTICATE OAUTHBEARER ***
        S: + ZGV0YWlscw==
        resign \"AQ==\"
        S: * BYE not you
        - response Bye(StatusText { code: None, text: \"not you\" })
        END failed closed: imap.example.org:993 said BYE: not you
    ",
    );
    play(login(), facts("IMAP4rev1"), "
        END failed auth: imap.example.org:993 takes no OAuth 2.0 token (neither OAUTHBEARER nor XOAUTH2); it offers: IMAP4rev1
    ");
}

#[test]
fn details_are_of_a_refusal_and_of_no_other_end() {
    let challenge = |end: &str| {
        let now = Instant::now();
        let mut exchange = Exchange::start(Login::new(Auth::OAuth2), facts("AUTH=XOAUTH2 SASL-IR"), REPLY, now);
        for line in ["+ ZGV0YWlscw==", end] {
            exchange.handle(now, Input::Response(response(line)));
        }
        exchange.challenge().map(str::to_owned)
    };
    assert_eq!(challenge("A1 NO no").as_deref(), Some("ZGV0YWlscw=="));
    assert_eq!(challenge("* BYE no"), None);
}

#[test]
fn every_reply_of_a_login_has_the_same_deadline() {
    play(
        Login::new(Auth::Password),
        facts("AUTH=PLAIN"),
        "
        A1 AUTHENTICATE PLAIN
        T: 20
        S: +
        *** PLAIN
        T: 9
        S: A1 OK in
        trust
        A2 CAPABILITY
        T: 1
        END failed timeout: imap.example.org:993 did not answer CAPABILITY in time
    ",
    );
}
