//! The two ends between front ends and what serves them: one queue, and for each front end its own replies.

use tokio::sync::mpsc;

use super::message::{Reply, Request};

/// How many requests may wait: they are key presses.
const CAPACITY: usize = 16;

/// A request, and where it is answered.
#[derive(Debug)]
pub struct Asked<S> {
    /// What is wanted.
    pub request: Request,
    /// Who wants it.
    pub replies: mpsc::Sender<Reply<S>>,
}

/// A front end's end.
#[derive(Debug)]
pub struct RequestClient<S> {
    requests: mpsc::Sender<Asked<S>>,
    replies: mpsc::Receiver<Reply<S>>,
    reply_to: mpsc::Sender<Reply<S>>,
}

/// A client that keeps no service running, of what asks seldom.
#[derive(Debug)]
pub struct WeakRequestClient<S>(mpsc::WeakSender<Asked<S>>);

/// The service's end: what front ends want; `None` once they have all ended.
pub type RequestQueue<S> = mpsc::Receiver<Asked<S>>;

/// Both ends.
#[must_use]
pub fn request_channel<S>() -> (RequestClient<S>, RequestQueue<S>) {
    let (requests, queue) = mpsc::channel(CAPACITY);
    (RequestClient::of(requests), queue)
}

impl<S> RequestClient<S> {
    fn of(requests: mpsc::Sender<Asked<S>>) -> Self {
        let (reply_to, replies) = mpsc::channel(CAPACITY);
        Self { requests, replies, reply_to }
    }

    /// A client without a service: no request is taken.
    #[must_use]
    pub fn absent() -> Self {
        request_channel().0
    }

    /// Another client of the same service.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::of(self.requests.clone())
    }

    /// Where this client is told what it has not asked for.
    #[must_use]
    pub fn reply_to(&self) -> mpsc::Sender<Reply<S>> {
        self.reply_to.clone()
    }

    /// Another client of the same service, which does not keep it running.
    #[must_use]
    pub fn weak(&self) -> WeakRequestClient<S> {
        WeakRequestClient(self.requests.downgrade())
    }

    /// Requests something. Never waits; false where no service takes it.
    #[must_use]
    pub fn request(&self, request: Request) -> bool {
        self.requests.try_send(Asked { request, replies: self.reply_to.clone() }).is_ok()
    }

    /// Hands on what another front end wants; its replies go there. Never waits.
    ///
    /// # Errors
    /// What was wanted, where no service takes it.
    pub fn hand_on(&self, asked: Asked<S>) -> Result<(), Asked<S>> {
        self.requests.try_send(asked).map_err(|error| match error {
            mpsc::error::TrySendError::Full(asked) | mpsc::error::TrySendError::Closed(asked) => asked,
        })
    }

    /// Requests something whose replies come alone; they end once it is done with. `None` where no service takes it.
    #[must_use]
    pub fn ask(&self, request: Request) -> Option<mpsc::Receiver<Reply<S>>> {
        ask(&self.requests, request)
    }

    /// The next answer; never ends, so that it can stand in a `select!` for as long as the front end does. Cancel-safe.
    pub async fn reply(&mut self) -> Reply<S> {
        match self.replies.recv().await {
            Some(reply) => reply,
            None => std::future::pending().await,
        }
    }
}

impl<S> Clone for WeakRequestClient<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> WeakRequestClient<S> {
    /// Requests something whose replies come alone; they end once it is done with. `None` where no service takes it.
    #[must_use]
    pub fn ask(&self, request: Request) -> Option<mpsc::Receiver<Reply<S>>> {
        ask(&self.0.upgrade()?, request)
    }
}

fn ask<S>(requests: &mpsc::Sender<Asked<S>>, request: Request) -> Option<mpsc::Receiver<Reply<S>>> {
    let (reply_to, replies) = mpsc::channel(CAPACITY);
    requests.try_send(Asked { request, replies: reply_to }).ok().map(|()| replies)
}
