//! The demo's six accounts, and the server for other clients.

use std::time::Duration;

use imap_misbehave::{Encryption, PASSWORD, Scenario, ServeOptions, Served};
use mailwatch_proto::model::{Origin, Timer};
use mailwatch_tui::commands::demo::servers::DemoServers;
use mailwatch_tui::commands::serve::configuration;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::client::Client;

#[tokio::test]
async fn the_show_has_six_accounts_whose_first_ignored_done_comes_within_a_minute() {
    let show = DemoServers::start().await.expect("sockets");
    let accounts = show.accounts();
    let names: Vec<&str> = accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["work", "gmail", "home", "old", "lists", "office"]);
    for account in &accounts {
        TcpStream::connect(("127.0.0.1", account.port)).await.expect("it listens");
        for timer in [Timer::Done, Timer::Reissue] {
            assert_eq!(account.timers.tuned(timer).origin, Origin::Config);
        }
    }
    let gmail = accounts[1].timers;
    assert!(gmail.limit(Timer::Reissue) + gmail.limit(Timer::Done) < Duration::from_mins(1));
}

#[tokio::test]
async fn what_is_served_says_how_to_get_there_and_ends_when_asked() {
    let directory = tempfile::tempdir().expect("a directory");
    let ca_file = directory.path().join("ca.pem");
    let options = ServeOptions {
        scenario: Scenario::by_name("late-plus=10ms").expect("a scenario"),
        encryption: Encryption::Off,
        mailboxes: 3,
        every: Some(Duration::from_millis(20)),
        ca_file: Some(ca_file.clone()),
        ..ServeOptions::default()
    };
    let served = Served::start(options).await.expect("a socket");
    let (port, text) = (served.port(), served.greeting() + &configuration(&served));
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(served.run(async { drop(stopped.await) }));
    assert!(text.contains(&format!("\nport = {port}\n")), "{text}");
    assert!(text.contains("late-plus=10ms") && text.contains(PASSWORD) && text.contains("\"box/3\""), "{text}");
    assert!(std::fs::read_to_string(&ca_file).expect("the file").starts_with("-----BEGIN CERTIFICATE-----"));
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    let mut client = Client::within(stream, "EXAMINE box/2").await;
    client.idle().await;
    assert!(client.line().await.ends_with("EXISTS"));
    stop.send(()).expect("it still serves");
    serving.await.expect("no panic");
}
