//! The two ends between a front end and what serves it.

use tokio::sync::mpsc;

use super::message::{Reply, Request};

/// How many requests may wait: they are key presses.
const CAPACITY: usize = 16;

/// The front end's end.
#[derive(Debug)]
pub struct RequestClient<S> {
    requests: mpsc::Sender<Request>,
    replies: mpsc::Receiver<Reply<S>>,
}

/// The service's end.
#[derive(Debug)]
pub struct RequestQueue<S> {
    /// What the front end wants; `None` once it has ended.
    pub requests: mpsc::Receiver<Request>,
    /// Where it is answered.
    pub replies: mpsc::Sender<Reply<S>>,
}

/// Both ends.
#[must_use]
pub fn request_channel<S>() -> (RequestClient<S>, RequestQueue<S>) {
    let (requests, queue) = mpsc::channel(CAPACITY);
    let (answers, replies) = mpsc::channel(CAPACITY);
    (RequestClient { requests, replies }, RequestQueue { requests: queue, replies: answers })
}

impl<S> RequestClient<S> {
    /// A client without a service: no request is taken.
    #[must_use]
    pub fn absent() -> Self {
        request_channel().0
    }

    /// Requests something. Never waits; false where no service takes it.
    #[must_use]
    pub fn request(&self, request: Request) -> bool {
        self.requests.try_send(request).is_ok()
    }

    /// The next answer; never ends, so that it can stand in a `select!` for as long as the front end does. Cancel-safe.
    pub async fn reply(&mut self) -> Reply<S> {
        match self.replies.recv().await {
            Some(reply) => reply,
            None => std::future::pending().await,
        }
    }
}
