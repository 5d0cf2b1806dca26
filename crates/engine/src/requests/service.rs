//! A service takes requests from its queue, one after the other.

use std::future::Future;

use tokio::sync::mpsc;

use super::channel::RequestQueue;
use super::message::{Reply, Request};

/// Executes what a front end requests. `S` is what `[ui]` says for that front end.
pub trait Service<S> {
    /// Executes one request. Without a reply here, replies come later on `replies`.
    fn answer(
        &mut self,
        request: Request,
        replies: &mpsc::Sender<Reply<S>>,
    ) -> impl Future<Output = Option<Reply<S>>> + Send;
}

/// Serves until the front end has ended.
pub async fn serve<S>(service: &mut impl Service<S>, mut queue: RequestQueue<S>) {
    while let Some(request) = queue.requests.recv().await {
        let reply = tokio::select! {
            biased;
            reply = service.answer(request, &queue.replies) => reply,
            // The front end has ended: it does not wait for the last watch to log out, or for a keyring to be unlocked.
            () = queue.replies.closed() => break,
        };
        if let Some(reply) = reply
            && queue.replies.send(reply).await.is_err()
        {
            break;
        }
    }
}
