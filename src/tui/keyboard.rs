//! The process's keyboard, for as many screens as a run has one after the other. Knows nothing of what a key means.
//!
//! crossterm wakes its reader when a stream of keys is dropped, and tells the next stream of that wake-up before any key:
//! a key that came together with it was told of only with the next one, as the poll below is edge-triggered. So one
//! stream is read until the last screen is left.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use crossterm::event::{Event, EventStream};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Keys that wait for a screen: typed ahead while one is left for another. More stay in the terminal.
const AHEAD: usize = 64;

/// The keys, the mouse and the sizes that the terminal tells of. Reads nothing until the first screen is there.
#[derive(Debug, Default)]
pub struct Keyboard(Option<Reading>);

impl Keyboard {
    /// Reads from now on.
    pub(super) fn listen(&mut self) -> &mut Self {
        self.0.get_or_insert_with(Reading::start);
        self
    }

    /// Reads no more: what is typed from now on is for whoever has the terminal next.
    pub fn let_go(&mut self) {
        self.0 = None;
    }
}

impl Stream for Keyboard {
    type Item = io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            Some(reading) => reading.events.poll_recv(context),
            None => Poll::Ready(None),
        }
    }
}

/// A task that reads: crossterm wakes the task that first asked it and no other.
#[derive(Debug)]
struct Reading {
    events: mpsc::Receiver<io::Result<Event>>,
    task: AbortHandle,
}

impl Reading {
    fn start() -> Self {
        let (to, events) = mpsc::channel(AHEAD);
        let mut from = EventStream::new();
        let task = tokio::spawn(async move {
            while let Some(event) = from.next().await {
                // A terminal that fails fails for good, and without end.
                let last = event.is_err();
                if to.send(event).await.is_err() || last {
                    return;
                }
            }
        });
        Self { events, task: task.abort_handle() }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}
