//! A service takes requests from its queue, one after the other.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;

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

/// Requests that wait beside the queue while one is executed.
const WAITING: usize = 16;

/// Serves until all front ends have ended. A front end that leaves in the middle of its request changes nothing: what was begun
/// is done. Once all have left, what is under way is given up: nobody waits for a keyring to be unlocked then.
pub async fn serve<S>(service: &mut impl Service<S>, mut queue: RequestQueue<S>) {
    let mut waiting = VecDeque::new();
    loop {
        let next = match waiting.pop_front() {
            Some(next) => Some(next),
            None => queue.recv().await,
        };
        let Some(Asked { request, replies }) = next else { return };
        let mut answer = pin!(service.answer(request, &replies));
        let reply = loop {
            tokio::select! {
                biased;
                reply = &mut answer => break reply,
                more = queue.recv(), if waiting.len() < WAITING => match more {
                    Some(more) => waiting.push_back(more),
                    None => return,
                },
            }
        };
        if let Some(reply) = reply {
            // A front end that reads no replies keeps no other waiting, and one that has ended needs none.
            let _ = replies.try_send(reply);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::*;
    use crate::requests::request_channel;

    /// Takes as long as it is made to.
    struct Slow {
        go: Arc<Notify>,
        begun: Arc<Notify>,
        done: mpsc::UnboundedSender<Request>,
    }

    impl Service<()> for Slow {
        async fn answer(&mut self, request: Request, _: &mpsc::Sender<Reply<()>>) -> Option<Reply<()>> {
            self.begun.notify_one();
            self.go.notified().await;
            let _ = self.done.send(request);
            Some(Reply::Done(String::new()))
        }
    }

    fn slow() -> (Slow, Arc<Notify>, Arc<Notify>, mpsc::UnboundedReceiver<Request>) {
        let (done, seen) = mpsc::unbounded_channel();
        let (go, begun) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        (Slow { go: Arc::clone(&go), begun: Arc::clone(&begun), done }, go, begun, seen)
    }

    #[tokio::test]
    async fn what_was_begun_is_done_though_its_front_end_leaves() {
        let (mut service, go, begun, mut seen) = slow();
        let (mut stays, queue) = request_channel();
        let serving = tokio::spawn(async move { serve(&mut service, queue).await });
        let leaves = stays.another();
        assert!(leaves.request(Request::Reload));
        begun.notified().await;
        drop(leaves);
        assert!(stays.request(Request::Evidence));
        tokio::task::yield_now().await;
        go.notify_one();
        begun.notified().await;
        go.notify_one();
        assert!(matches!(stays.reply().await, Reply::Done(_)));
        assert_eq!((seen.recv().await, seen.recv().await), (Some(Request::Reload), Some(Request::Evidence)));
        drop(stays);
        serving.await.expect("it ends with the last front end");
    }

    #[tokio::test]
    async fn what_is_under_way_is_given_up_once_all_have_left() {
        let (mut service, _go, begun, mut seen) = slow();
        let (client, queue) = request_channel();
        let serving = tokio::spawn(async move { serve(&mut service, queue).await });
        assert!(client.request(Request::Reload) && client.request(Request::Sample));
        begun.notified().await;
        drop(client);
        serving.await.expect("it waits for nobody");
        assert_eq!(seen.recv().await, None);
    }
}
