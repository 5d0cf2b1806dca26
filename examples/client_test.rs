//! How the author of an IMAP client tests it against `imap-misbehave`: the client here is async-imap with a function that
//! waits for mail, the server ignores DONE, and no time passes.
//!
//!     cargo test --example client_test
//!     cargo run --example client_test

use std::time::Duration;

use async_imap::Client;
use imap_misbehave::{NewMessage, PASSWORD, Scenario, Server, USER};
use tokio::time::timeout;

/// The client's connection to whatever speaks IMAP.
type Session = async_imap::Session<tokio::io::DuplexStream>;

/// What the client waits for a DONE's answer.
const PATIENCE: Duration = Duration::from_secs(10);

async fn log_in(server: &Server) -> Session {
    let mut client = Client::new(server.connect());
    client.read_response().await.expect("a stream").expect("a greeting");
    let mut session = client.login(USER, PASSWORD).await.map_err(|(error, _)| error).expect("a login");
    session.examine("INBOX").await.expect("a mailbox");
    session
}

/// Idles for a while; the session again, or nothing where the server does not let go of it.
async fn idle_for(session: Session, time: Duration) -> Option<Session> {
    let mut idle = session.idle();
    idle.init().await.expect("IDLE is taken");
    tokio::time::sleep(time).await;
    timeout(PATIENCE, idle.done()).await.ok()?.ok()
}

/// How many mails there are, found without IDLE. NOOP lets the server tell of those that came since.
async fn count(session: &mut Session) -> usize {
    session.noop().await.expect("an answer");
    session.search("ALL").await.expect("an answer").len()
}

fn server(scenario: &str) -> Server {
    Server::new(Scenario::by_name(scenario).expect("it is on the list"))
}

/// The client against every way in which an IDLE's end can go wrong.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    for scenario in ["healthy", "late-done=3s@1", "ignores-done-forever@1", "silent-idle@1", "close@1"] {
        let server = server(scenario);
        let kept = idle_for(log_in(&server).await, Duration::from_mins(5)).await.is_some();
        server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "Friday?"));
        let found = count(&mut log_in(&server).await).await;
        println!("{scenario:<24} the session is kept: {kept:<5}  mails found by the next: {found}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_healthy_server_gives_the_session_back() {
        let server = server("healthy");
        let mut session = idle_for(log_in(&server).await, Duration::from_mins(5)).await.expect("the session");
        server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "Friday?"));
        assert_eq!(count(&mut session).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn where_done_is_ignored_a_second_connection_finds_the_mail() {
        // Only the first connection is struck: a client that connects again must get through.
        let server = server("ignores-done-forever=4m@1");
        let session = log_in(&server).await;
        let stuck = idle_for(session, Duration::from_mins(5)).await;
        assert!(stuck.is_none(), "it does not wait for ever");
        assert_eq!((server.dones(), server.ignored_dones()), (1, 1), "DONE was sent, once");

        server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "Friday?"));
        assert_eq!(count(&mut log_in(&server).await).await, 1);
        let logins = server.log().iter().filter(|logged| logged.line.contains("LOGIN")).count();
        assert_eq!(logins, 2);
    }
}
