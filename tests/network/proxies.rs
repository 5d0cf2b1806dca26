//! Through real proxies: what is watched there, what is concluded there, and what a proxy's no looks like.

use imap_misbehave::{Encryption, Listening, Scenario, Server};

use crate::PROXIES;
use crate::needs::tests;
use crate::program::{Home, Watching};
use crate::proxy::Running;

tests! {
    [&PROXIES] =>
        behind_socks5_an_ignored_done_is_laid_to_nobody_and_the_proxy_is_named.await,
        behind_an_http_proxy_an_ignored_done_is_laid_to_nobody_and_the_proxy_is_named.await,
        a_real_proxys_no_is_a_step_that_fails_with_its_reason.await;
}

async fn listen(scenario: &str) -> (Server, Listening) {
    let server = Server::new(Scenario::by_name(scenario).expect("there is one"));
    let listening = server.listen(Encryption::Implicit).await.expect("loopback");
    (server, listening)
}

/// A DONE that is ignored: the proxy acknowledges it, and is named.
fn ignored_behind(proxy: &str, login: &str, listening: &Listening) {
    let lines = format!("ca_file = \"ca.pem\"\nproxy = \"{proxy}\"\n{login}");
    let home = Home::new(listening.address().port(), listening.ca_pem(), &lines, "done = \"1s\"\nreissue = \"2s\"");
    let mut watching = Watching::start(&home);
    watching.until("phase", |event| event["to"] == "idling");
    let stalled = watching.until("stalled", |_| true);
    assert_eq!(stalled["verdict"], "not-known", "{stalled}");
    assert_eq!((&stalled["evidence"]["proxy"], &stalled["evidence"]["acked"]), (&true.into(), &true.into()));
    let verdict = watching.until("verdict", |event| event["verdict"] == "not-known");
    let text = verdict["text"].as_str().expect("a sentence");
    let named = proxy.split_once('@').map_or_else(|| proxy.to_owned(), |(_, place)| format!("://{place}"));
    assert!(text.contains(&named) && text.contains("cannot be seen"), "{text}");
    assert!(!text.contains("hunter2") && !text.contains("me@"), "{text}");
}

async fn behind_socks5_an_ignored_done_is_laid_to_nobody_and_the_proxy_is_named() {
    let (_server, listening) = listen("ignores-done=1s").await;
    for login in [None, Some(("me", "hunter2"))] {
        let proxy = Running::microsocks(login);
        match login {
            None => ignored_behind(&format!("socks5://127.0.0.1:{}", proxy.port), "", &listening),
            Some(_) => ignored_behind(
                &format!("socks5://me@127.0.0.1:{}", proxy.port),
                "proxy_password_command = [\"echo\", \"hunter2\"]",
                &listening,
            ),
        }
    }
}

async fn behind_an_http_proxy_an_ignored_done_is_laid_to_nobody_and_the_proxy_is_named() {
    let (_server, listening) = listen("ignores-done=1s").await;
    let proxy = Running::tinyproxy(listening.address().port(), Some(("me", "hunter2")));
    let login = "proxy_password_command = [\"echo\", \"hunter2\"]";
    ignored_behind(&format!("http://me@127.0.0.1:{}", proxy.port), login, &listening);
}

async fn a_real_proxys_no_is_a_step_that_fails_with_its_reason() {
    let (_server, listening) = listen("healthy").await;
    let port = listening.address().port();
    let closed = Running::tinyproxy(1, None);
    let locked = Running::tinyproxy(port, Some(("me", "hunter2")));
    let socks = Running::microsocks(Some(("me", "hunter2")));
    let wrong = "proxy_password_command = [\"echo\", \"wrong\"]";
    let cases = [
        (format!("http://127.0.0.1:{}", closed.port), "", "does not allow connections"),
        (format!("http://127.0.0.1:{}", locked.port), "", "wants a login"),
        (format!("http://me@127.0.0.1:{}", locked.port), wrong, "refused the login"),
        (format!("socks5://127.0.0.1:{}", socks.port), "", "wants a login"),
        (format!("socks5://me@127.0.0.1:{}", socks.port), wrong, "refused the login"),
        (format!("http://127.0.0.1:{}", socks.port), "", "does not speak HTTP"),
    ];
    for (proxy, login, words) in cases {
        let lines = format!("ca_file = \"ca.pem\"\nproxy = \"{proxy}\"\n{login}");
        let (steps, output) = Home::new(port, listening.ca_pem(), &lines, "").check();
        let last = steps.last().expect("steps");
        assert_eq!((&last["step"], &last["class"]), (&"proxy".into(), &"proxy".into()), "{proxy}: {last}");
        assert!(last["text"].as_str().is_some_and(|text| text.contains(words)), "{proxy}: {last}");
        assert_eq!(output.status.code(), Some(1));
    }
}
