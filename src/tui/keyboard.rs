//! The process's keyboard, for all screens that a run has one after the other. It does not know what keys mean.
//!
//! One stream is read until the last screen ends: dropping a stream wakes crossterm's reader, the next stream sees that
//! wake-up first, and a key that came together with it is only seen with the next one (the poll below is
//! edge-triggered).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use crossterm::event::{Event, EventStream};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// How many keys wait for a screen, typed while one gives way to another. More stay in the terminal.
const AHEAD: usize = 64;

/// The terminal's events: keys, mouse, sizes. Reads nothing before the first screen.
#[derive(Debug, Default)]
pub struct Keyboard(Option<Reading>);

impl Keyboard {
    /// Begins to read, unless it does already.
    pub(super) fn listen(&mut self) -> &mut Self {
        self.0.get_or_insert_with(Reading::start);
        self
    }

    /// Ends reading: what is typed from now on is for the terminal's next owner.
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

/// The task that reads: crossterm wakes only the task that first polled it.
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
                // After one failure every read fails.
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
