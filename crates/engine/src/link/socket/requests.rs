//! A front end's requests, each with the replies that come to it.

use std::time::Instant;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;

use crate::link::protocol::{Answer, ReplyState, RequestState, ToFrontEnd};
use crate::requests::{Reply, RequestClient};

/// A request's next reply, none once it is done with, and where the others come.
type Replied<S> = (u64, Option<Reply<S>>, mpsc::Receiver<Reply<S>>);

/// The requests of one front end that are not done with.
pub(super) struct Awaited<S> {
    client: RequestClient<S>,
    replies: FuturesUnordered<BoxFuture<'static, Replied<S>>>,
}

impl<S: Send + 'static> Awaited<S> {
    pub(super) fn new(client: RequestClient<S>) -> Self {
        Self { client, replies: FuturesUnordered::new() }
    }

    /// Hands a request on; its answer says whether it was taken.
    pub(super) fn request(&mut self, id: u64, request: RequestState) -> ToFrontEnd {
        let (ok, text) = match self.client.ask(request.into()) {
            Some(replies) => {
                self.replies.push(next(id, replies));
                (true, "")
            }
            None => (false, "the engine has too many requests waiting: ask again"),
        };
        ToFrontEnd::Answer(Answer { id, ok, text: text.to_owned(), taken: 0 })
    }

    /// The next reply to any of them; waits for ever where there is none. Cancel-safe.
    pub(super) async fn reply(&mut self) -> Option<ToFrontEnd> {
        let Some((id, replied, others)) = self.replies.next().await else { return std::future::pending().await };
        let reply = Box::new(ReplyState::of(&replied?, Instant::now())?);
        self.replies.push(next(id, others));
        Some(ToFrontEnd::Reply { id: Some(id), reply })
    }

    /// The replies that are there.
    pub(super) fn rest(&mut self) -> Vec<ToFrontEnd> {
        let mut rest = Vec::new();
        while !self.replies.is_empty()
            && let Some(reply) = self.reply().now_or_never()
        {
            rest.extend(reply);
        }
        rest
    }
}

fn next<S: Send + 'static>(id: u64, mut replies: mpsc::Receiver<Reply<S>>) -> BoxFuture<'static, Replied<S>> {
    Box::pin(async move {
        let next = replies.recv().await;
        (id, next, replies)
    })
}
