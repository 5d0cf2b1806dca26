//! The engine that runs already, for a command whose work it can do with what it has: the secrets that were typed for it, the
//! counts of its logins, a history that is whole.

use std::path::Path;

use mailwatch_engine::requests::{Reply, Request};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::cli::Global;

/// Replies that the command may be behind; the engine waits then.
const BEHIND: usize = 16;

/// What the engine answers, until dropped: it breaks off then.
#[derive(Debug)]
pub struct Replies {
    replies: mpsc::Receiver<Result<Reply<()>, String>>,
    _reading: JoinSet<()>,
}

impl Replies {
    /// The next reply, or why there is none. `None` once that was said. Cancel-safe.
    pub async fn next(&mut self) -> Option<Result<Reply<()>, String>> {
        self.replies.recv().await
    }
}

/// Why the engine does not do it, by an answer that is not what was asked for.
pub fn refusal(reply: Reply<()>) -> String {
    match reply {
        Reply::Failed(why) | Reply::NotKept(why) => why,
        Reply::Wrong(wrong) => wrong.message,
        Reply::Config(error) => error.to_string(),
        Reply::Done(_)
        | Reply::Read { .. }
        | Reply::Found(..)
        | Reply::Step(..)
        | Reply::Tried(..)
        | Reply::Mails(..)
        | Reply::MailText(..)
        | Reply::NotRead(..)
        | Reply::Marked(..)
        | Reply::Alert(_)
        | Reply::Notice(_)
        | Reply::Probing(_)
        | Reply::Probed
        | Reply::Pushing(_)
        | Reply::Pushed(_)
        | Reply::Report(_)
        | Reply::Part(_) => "the engine's answer does not fit the request".to_owned(),
    }
}

/// Requests something of the engine on this state directory that knows this feature. `None` where none runs, an older one
/// does, or one by another configuration, or where the command line wants what only this process can do: then the command
/// does it itself.
pub async fn ask(global: &Global, state: &Path, feature: &str, request: Request) -> Option<Replies> {
    use mailwatch_engine::link::socket::{Caller, NoEngine};

    use super::enter::{hello, same_config};

    if global.ask || global.keylog {
        return None;
    }
    let config = same_config(global);
    let engine = match Caller::connect(state, &hello(feature, config.as_deref())).await {
        Ok(engine) if engine.can(feature) => engine,
        Ok(_) | Err(NoEngine::NotRunning(_) | NoEngine::Older(_) | NoEngine::Refused(_) | NoEngine::Foreign(_)) => {
            return None;
        }
        Err(why @ (NoEngine::Hangs(_) | NoEngine::Broken(_))) => {
            tracing::warn!("{why}");
            return None;
        }
    };
    let (tx, replies) = mpsc::channel(BEHIND);
    let mut reading = JoinSet::new();
    reading.spawn(read(engine, request, tx));
    Some(Replies { replies, _reading: reading })
}

/// Hands on what the engine answers until it has ended, or nobody listens.
async fn read(
    mut engine: mailwatch_engine::link::socket::Caller,
    request: Request,
    replies: mpsc::Sender<Result<Reply<()>, String>>,
) {
    let id = match engine.begin(request.into()).await {
        Ok(Ok(id)) => id,
        Ok(Err(why)) => return drop(replies.send(Err(why)).await),
        Err(why) => return drop(replies.send(Err(why.to_string())).await),
    };
    loop {
        let reply = match engine.reply(id).await {
            Ok(reply) => match reply.reply(|| (), tokio::time::Instant::now().into_std()) {
                Some(reply) => Ok(reply),
                None => continue,
            },
            Err(why) => Err(why.to_string()),
        };
        let ends = reply.is_err();
        if replies.send(reply).await.is_err() || ends {
            return;
        }
    }
}
