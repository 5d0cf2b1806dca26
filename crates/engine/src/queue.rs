//! A queue to a watch that costs next to nothing while it is empty, as it nearly always is: tokio's keeps room for 32 at
//! each, and a watch has two.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Makes a queue for at most so many; none is dropped, and none waits for room.
#[must_use]
pub fn queue<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let queue = Queue { waiting: VecDeque::new(), capacity, reader: None, senders: 1, read: true };
    let shared = Arc::new(Mutex::new(queue));
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

#[derive(Debug)]
struct Queue<T> {
    waiting: VecDeque<T>,
    capacity: usize,
    /// Who waits for the next.
    reader: Option<Waker>,
    senders: usize,
    /// Whether there is a receiver.
    read: bool,
}

type Shared<T> = Arc<Mutex<Queue<T>>>;

fn lock<T>(shared: &Shared<T>) -> MutexGuard<'_, Queue<T>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was not taken, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused<T> {
    /// There is no room.
    Full(T),
    /// Nobody reads any more.
    Closed(T),
}

/// The end that sends.
#[derive(Debug)]
pub struct Sender<T>(Shared<T>);

/// The end that reads.
#[derive(Debug)]
pub struct Receiver<T>(Shared<T>);

impl<T> Sender<T> {
    /// Sends without waiting.
    ///
    /// # Errors
    /// Gives it back where there is no room, or nobody reads any more.
    pub fn send(&self, value: T) -> Result<(), Refused<T>> {
        let reader = {
            let mut queue = lock(&self.0);
            if !queue.read {
                return Err(Refused::Closed(value));
            }
            if queue.waiting.len() >= queue.capacity {
                return Err(Refused::Full(value));
            }
            queue.waiting.push_back(value);
            queue.reader.take()
        };
        // Outside the lock: it may run the reader.
        if let Some(reader) = reader {
            reader.wake();
        }
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        lock(&self.0).senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let reader = {
            let mut queue = lock(&self.0);
            queue.senders -= 1;
            if queue.senders > 0 {
                return;
            }
            queue.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl<T> Receiver<T> {
    /// The next, if it is there.
    pub fn try_recv(&mut self) -> Option<T> {
        let mut queue = lock(&self.0);
        let next = queue.waiting.pop_front();
        if queue.waiting.is_empty() {
            queue.waiting.shrink_to(0);
        }
        next
    }

    /// The next; `None` where all senders are gone.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if let Some(next) = self.try_recv() {
            return Poll::Ready(Some(next));
        }
        let mut queue = lock(&self.0);
        // One may have come in between.
        if let Some(next) = queue.waiting.pop_front() {
            return Poll::Ready(Some(next));
        }
        if queue.senders == 0 {
            return Poll::Ready(None);
        }
        if !queue.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
            queue.reader = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// The same. Cancel-safe.
    pub async fn recv(&mut self) -> Option<T> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let waiting = {
            let mut queue = lock(&self.0);
            queue.read = false;
            queue.reader = None;
            std::mem::take(&mut queue.waiting)
        };
        drop(waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_come_in_order_and_the_end_after_them() {
        let (sender, mut receiver) = queue(usize::MAX);
        let other = sender.clone();
        let reader = tokio::spawn(async move {
            let mut came = Vec::new();
            while let Some(next) = receiver.recv().await {
                came.push(next);
            }
            came
        });
        for n in 0..1000 {
            if n % 100 == 0 {
                tokio::task::yield_now().await;
            }
            let sender = if n % 2 == 0 { &sender } else { &other };
            assert_eq!(sender.send(n), Ok(()));
        }
        drop((sender, other));
        assert_eq!(reader.await.expect("it reads"), (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn beyond_its_room_and_after_the_reader_it_gives_back() {
        let (sender, mut receiver) = queue(2);
        assert_eq!([sender.send(1), sender.send(2), sender.send(3)], [Ok(()), Ok(()), Err(Refused::Full(3))]);
        assert_eq!(receiver.try_recv(), Some(1));
        assert_eq!(sender.send(4), Ok(()));
        drop(receiver);
        assert_eq!(sender.send(5), Err(Refused::Closed(5)));
    }

    #[tokio::test]
    async fn who_waits_is_woken_by_the_last_senders_end() {
        let (sender, mut receiver) = queue::<()>(1);
        let (woken, ()) = tokio::join!(receiver.recv(), async move {
            tokio::task::yield_now().await;
            drop(sender);
        });
        assert_eq!(woken, None);
    }

    #[test]
    fn empty_it_takes_little() {
        let (sender, mut receiver) = queue(usize::MAX);
        for n in 0..100 {
            assert_eq!(sender.send(n), Ok(()));
        }
        while receiver.try_recv().is_some() {}
        assert_eq!(lock(&sender.0).waiting.capacity(), 0);
        assert!(size_of::<Mutex<Queue<u64>>>() <= 96);
    }
}
