//! The engine's program started anew: what must be so before it is.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::message::Reply;
use super::source::{ConfigSource, NextProgram, NotLoaded, UiSettings};
use crate::config::beside_runtime;
use mailwatch_proto::model::{LINE_LIMIT, sanitise};

/// Looks at the program and the configuration. Where both can be used, says so, and then has whoever waits for it start that
/// program; else says why not, and the engine goes on.
pub(super) fn restart<C>(
    source: C,
    wanted: watch::Sender<Option<NextProgram>>,
    replies: mpsc::Sender<Reply<UiSettings<C>>>,
) where
    C: ConfigSource + Send + Sync + 'static,
    C::Error: Send + 'static,
    UiSettings<C>: Send + 'static,
{
    tokio::spawn(async move {
        let looked = beside_runtime(move || {
            let _usable = source.load().map_err(|error| match error.into() {
                NotLoaded::Config(error) => Reply::Config(Arc::new(error)),
                NotLoaded::Other(message) => Reply::Failed(message),
            })?;
            source.next_program().map_err(Reply::Failed)
        });
        let program = match looked.await {
            // Nobody waits for it in a program that has its screen on the terminal.
            Ok(Ok(_)) if wanted.is_closed() => Err(Reply::Failed(
                "this engine belongs to a screen and cannot be restarted: leave the screen and open it again"
                    .to_owned(),
            )),
            Ok(looked) => looked,
            Err(error) => Err(Reply::Failed(error.to_string())),
        };
        match program {
            Ok(program) => {
                let said = format!("{} starts in place of this one", program.version);
                // Before the end begins, which the front end hears too.
                let _ = replies.send(Reply::Done(sanitise(&said, LINE_LIMIT))).await;
                wanted.send_replace(Some(program));
            }
            Err(why) => drop(replies.send(why).await),
        }
    });
}
