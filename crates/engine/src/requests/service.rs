//! A service takes requests from its queue, one after the other.

use std::future::Future;

use tokio::sync::mpsc;

use super::channel::{Asked, RequestQueue};
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

/// Serves until all front ends have ended.
pub async fn serve<S>(service: &mut impl Service<S>, mut queue: RequestQueue<S>) {
    while let Some(Asked { request, replies }) = queue.recv().await {
        let reply = tokio::select! {
            biased;
            reply = service.answer(request, &replies) => reply,
            // The front end has ended: it does not wait for the last watch to log out, or for a keyring to be unlocked.
            () = replies.closed() => None,
        };
        if let Some(reply) = reply {
            // A front end that reads no replies keeps no other waiting, and one that has ended needs none.
            let _ = replies.try_send(reply);
        }
    }
}
