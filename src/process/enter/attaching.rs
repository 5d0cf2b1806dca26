//! The lock first, then the socket, until one of them answers.

use std::io;
use std::path::Path;
use std::time::Duration;

use mailwatch_engine::engine_lock::EngineLock;
use mailwatch_engine::link::protocol::{Attach, FrontEndHello, VERSION};
use mailwatch_engine::link::socket;
pub use mailwatch_engine::link::socket::NoEngine;
use tokio::time::{Instant, sleep};

use super::Entered;
use crate::tui::settings::Ui;

/// An engine in another process, with the screen's settings of this one.
pub type Attached = socket::Attached<Ui>;

/// An engine that has the lock and no socket yet is about to make it, or about to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks, doubling.
const AGAIN: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(250));

/// What this process says of itself. `config` is what it would work by.
pub fn hello(role: &str, config: Option<&Path>) -> FrontEndHello {
    FrontEndHello {
        version: VERSION,
        program: socket::program(),
        role: role.to_owned(),
        config: config.map(socket::config_name),
        pid: Some(std::process::id()),
    }
}

/// Takes the lock, or attaches to who has it.
///
/// # Errors
/// Why there is no engine to attach to, though one has the lock.
pub async fn enter(
    state: &Path,
    hello: &FrontEndHello,
    wants: &Attach,
    ui: impl Fn() -> Ui + Clone + Send + 'static,
) -> io::Result<Result<Entered<Attached>, NoEngine>> {
    let (by, mut pause) = (Instant::now() + PATIENCE, AGAIN.0);
    loop {
        if let Some(lock) = EngineLock::try_acquire(state)? {
            return Ok(Ok(Entered::Own(lock)));
        }
        match socket::attach(state, hello, wants, ui.clone()).await {
            Ok(attached) => return Ok(Ok(Entered::Attached(Box::new(attached)))),
            Err(NoEngine::NotRunning(_)) if Instant::now() < by => {}
            Err(why) => return Ok(Err(why)),
        }
        sleep(pause).await;
        pause = (pause * 2).min(AGAIN.1);
    }
}
