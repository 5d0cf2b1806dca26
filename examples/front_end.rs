//! A front end of one's own, in the engine's process: it watches a mailbox, prints what happens, ends an IDLE on demand and
//! leaves after the first mail. The server is the embedded one; a real account comes from `mailwatch_engine::config`.
//!
//!     cargo run --example front_end

use std::sync::Arc;
use std::time::Duration;

use imap_misbehave::{Encryption, NewMessage, Scenario, Server};
use mailwatch_engine::dial::Dialler;
use mailwatch_engine::history::History;
use mailwatch_engine::link::{event_capacity, link};
use mailwatch_engine::secret::{AccountSecrets, TypedPasswords};
use mailwatch_engine::{Engine, Parts, watch_ids};
use mailwatch_proto::model::{Command, EventKind, Phase, words};
use mailwatch_tui::commands::demo::servers::account;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    // DONE is answered three seconds late: there is something to see.
    let server = Server::new(Scenario::by_name("late-done=3s").expect("it is on the list"));
    let listening = server.listen(Encryption::Implicit).await?;
    let accounts = vec![account(&listening, "work", &["INBOX"])];

    // The link is all that an engine and a front end share: a board of what is true, events, commands.
    let link = link(watch_ids(&accounts), event_capacity(accounts.len()), false);
    let (mut front, dialler, state) = (link.front_end, Arc::new(Dialler::new()), tempfile::tempdir()?);
    let mut engine = Engine::start(Parts {
        accounts,
        secrets: Arc::new(AccountSecrets::new(dialler.clone(), TypedPasswords::default())),
        dial: dialler,
        governor: mailwatch_engine::login_governor::LoginGovernor::in_process(),
        history: History::open(state.path()).0,
        publisher: link.publisher,
        commands: link.commands,
        confirmed: link.confirmed,
    })
    .await;

    let mut asked = false;
    while let Some(event) = front.event().await {
        let watch = event.watch.as_ref().map(ToString::to_string).unwrap_or_default();
        println!("{watch:<12} {}", words(&event.kind));
        match &event.kind {
            EventKind::Phase { to: Phase::Idling, .. } if !asked => {
                // A command, as the key `d` gives it; and a mail that comes while DONE is not answered.
                asked = true;
                assert_eq!(front.commander().send_all(Command::Done), 1);
                tokio::time::sleep(Duration::from_secs(1)).await;
                server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "Friday?"));
            }
            // Confirmed, a mail is not told again after a restart.
            EventKind::NewMail(_) => break,
            _ => {}
        }
    }
    println!("the board: {:?}", front.board.borrow().watches.values().map(|watch| watch.phase).collect::<Vec<_>>());
    engine.stop().await;
    Ok(())
}
