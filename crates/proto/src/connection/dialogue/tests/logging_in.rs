//! Every way that a password or a token goes, and every way that it is refused.

use super::*;

fn plan(auth: Auth) -> LoginPlan {
    LoginPlan::new(auth, LoginChoice::Auto)
}

#[test]
fn a_password_goes_with_the_command_or_after_it() {
    let login = || Login::new(plan(Auth::Password));
    play(
        login(),
        facts("AUTH=PLAIN SASL-IR"),
        "
        A1 AUTHENTICATE PLAIN ***
        S: A1 OK [CAPABILITY IMAP4rev1 IDLE] in
        trust
        END Plain
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
        END Plain
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
        END Login
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
        END Login
    ",
    );
}

#[test]
fn a_refused_password_is_a_refusal() {
    let login = || Login::new(plan(Auth::Password));
    play(
        login(),
        facts("AUTH=PLAIN SASL-IR"),
        "
        A1 AUTHENTICATE PLAIN ***
        S: + eyJzdGF0dXMiOiI0MDAifQ==
        resign \"\"
        S: A1 NO [AUTHENTICATIONFAILED] wrong
        END failed auth: imap.example.org:993 refused the login: [AUTHENTICATIONFAILED] wrong. Check user and password; some providers want a password made for the program
    ",
    );
    play(
        Login::new(LoginPlan { known: Some(LoginWay::Plain), ..plan(Auth::Password) }),
        facts("AUTH=PLAIN SASL-IR"),
        "
        A1 AUTHENTICATE PLAIN ***
        S: A1 NO wrong
        END failed auth: imap.example.org:993 refused the login: wrong
    ",
    );
    play(
        login(),
        facts("AUTH=PLAIN SASL-IR LOGINDISABLED"),
        "
        A1 AUTHENTICATE PLAIN ***
        S: A1 BAD what is that
        END failed auth: imap.example.org:993 refused the login: what is that
    ",
    );
    play(login(), facts("IMAP4rev1 LOGINDISABLED"), "
        END failed auth: imap.example.org:993 takes no password here (LOGINDISABLED, no AUTH=PLAIN); it offers: IMAP4rev1 LOGINDISABLED
    ");
}

#[test]
fn a_way_that_is_refused_before_it_judged_the_password_gives_way_once() {
    let login = || Login::new(plan(Auth::Password));
    for refusal in ["NO", "BAD"] {
        let before_the_password = format!(
            "
            A1 AUTHENTICATE PLAIN
            S: A1 {refusal} not that
            A2 LOGIN ***
            S: A2 BAD nor that
            END failed auth: imap.example.org:993 refused the login: nor that
        "
        );
        play(login(), facts("AUTH=PLAIN"), &before_the_password);
        let with_it = format!(
            "
            A1 AUTHENTICATE PLAIN ***
            S: A1 {refusal} not that
            ? another way
            A: another yes
            A2 LOGIN ***
            S: A2 OK [CAPABILITY IMAP4rev1] in
            trust
            END Login
        "
        );
        play(login(), facts("AUTH=PLAIN SASL-IR"), &with_it);
        let not_again = format!(
            "
            A1 AUTHENTICATE PLAIN ***
            S: A1 {refusal} not that
            ? another way
            A: another no
            END failed auth: imap.example.org:993 refused the login: not that
        "
        );
        play(login(), facts("AUTH=PLAIN SASL-IR"), &not_again);
    }
}

#[test]
fn the_servers_own_trouble_gives_way_to_nothing() {
    play(
        Login::new(plan(Auth::Password)),
        facts("AUTH=PLAIN SASL-IR"),
        "
        A1 AUTHENTICATE PLAIN ***
        S: A1 NO System error
        END failed auth: imap.example.org:993 refused the login: System error. The problem is the server's own
    ",
    );
}

#[test]
fn a_token_goes_by_what_the_server_offers_and_its_details_are_kept_for_the_host() {
    let login = || Login::new(plan(Auth::OAuth2));
    play(
        login(),
        facts("AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR"),
        "
        A1 AUTHENTICATE OAUTHBEARER ***
        S: A1 OK [CAPABILITY IMAP4rev1] in
        trust
        END OAuthBearer
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
        END failed auth: imap.example.org:993 said BYE: not you
    ",
    );
    play(login(), facts("IMAP4rev1"), "
        END failed auth: imap.example.org:993 takes no OAuth 2.0 token (neither OAUTHBEARER nor XOAUTH2); it offers: IMAP4rev1
    ");
}

#[test]
fn a_server_that_sends_challenges_without_end_gets_a_few_answers_and_no_more() {
    play(
        Login::new(plan(Auth::Password)),
        facts("AUTH=PLAIN"),
        "
        A1 AUTHENTICATE PLAIN
        S: +
        *** PLAIN
        S: +
        resign \"\"
        S: +
        resign \"\"
        S: +
        resign \"\"
        S: +
        END failed protocol: imap.example.org:993 answers AUTHENTICATE PLAIN with one challenge after another and never says OK or NO: its login is broken
    ",
    );
}

#[test]
fn details_are_of_a_refusal_and_of_no_other_end() {
    let challenge = |end: &str| {
        let now = Instant::now();
        let mut exchange = Exchange::start(Login::new(plan(Auth::OAuth2)), facts("AUTH=XOAUTH2 SASL-IR"), REPLY, now);
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
        Login::new(plan(Auth::Password)),
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
