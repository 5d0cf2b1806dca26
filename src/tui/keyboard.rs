//! The process's keyboard, for all screens that a run has one after the other. It does not know what keys mean.
//!
//! One stream is read until the last screen ends, or a command has the terminal: dropping a stream wakes crossterm's
//! reader, the next stream sees that wake-up first, and a key that came together with it is only seen with the next one
//! (the poll below is edge-triggered).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crossterm::event::{Event, EventStream, poll};
use futures_util::{Stream, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::background::{Answers, Ground, Owed};

/// How many keys wait for a screen, typed while one gives way to another. More stay in the terminal.
const AHEAD: usize = 64;

/// How long crossterm's own thread may take to let the terminal go, once its stream was dropped.
const LETTING_GO: Duration = Duration::from_millis(50);

/// The terminal's events: keys, mouse, sizes. Reads nothing before the first screen.
#[derive(Debug, Default)]
pub struct Keyboard(Option<Reading>);

impl Keyboard {
    /// Begins to read, unless it does already; an answer that the terminal owes is no key.
    pub(super) fn listen(&mut self) {
        self.0.get_or_insert_with(Reading::start);
    }

    /// What the terminal answers to the question for its background, and what counts those that it owes.
    pub(super) fn answers(&self) -> Option<(Owed, watch::Receiver<Answered>)> {
        self.0.as_ref().map(|reading| (reading.owed.clone(), reading.answered.clone()))
    }

    /// Ends reading: what is typed from now on is for the terminal's next owner.
    pub fn let_go(&mut self) {
        self.0 = None;
    }

    /// What keeps it from reading for a while.
    pub(super) fn pause(&self) -> KeyboardPause {
        KeyboardPause(self.0.as_ref().map(|reading| (reading.wanted.clone(), reading.reads.clone())))
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

/// Keeps a keyboard from reading.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyboardPause(Option<(watch::Sender<bool>, watch::Receiver<bool>)>);

impl KeyboardPause {
    /// Returns once nothing of what is typed is taken.
    pub(super) async fn begin(&mut self) {
        if let Some((wanted, reads)) = &mut self.0 {
            wanted.send_replace(false);
            // A keyboard that was let go of reads nothing.
            let _ = reads.wait_for(|reads| !reads).await;
        }
    }

    /// Reads again.
    pub(super) fn end(&self) {
        if let Some((wanted, _)) = &self.0 {
            wanted.send_replace(true);
        }
    }
}

/// What the terminal has answered so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answered {
    /// How often.
    pub(super) count: u64,
    /// Its background, as it said last.
    pub(super) ground: Option<Ground>,
}

/// The task that reads: crossterm wakes only the task that first polled it.
#[derive(Debug)]
struct Reading {
    events: mpsc::Receiver<io::Result<Event>>,
    /// Whether it shall read.
    wanted: watch::Sender<bool>,
    /// Whether it does.
    reads: watch::Receiver<bool>,
    owed: Owed,
    answered: watch::Receiver<Answered>,
    task: AbortHandle,
}

impl Reading {
    fn start() -> Self {
        let (to, events) = mpsc::channel(AHEAD);
        let (wanted, mut is_wanted) = watch::channel(true);
        let (is_read, reads) = watch::channel(true);
        let (tell, answered) = watch::channel(Answered::default());
        let owed = Owed::default();
        let mut answers = Answers::of(owed.clone());
        let task = tokio::spawn(async move {
            loop {
                let reading = read(&to, &mut answers, &tell);
                tokio::select! {
                    biased;
                    stop = is_wanted.wait_for(|wanted| !wanted) => if stop.is_err() { return },
                    () = reading => return,
                }
                // What is there by now is kept for the next stream.
                let _ = tokio::task::spawn_blocking(|| poll(LETTING_GO)).await;
                is_read.send_replace(false);
                if is_wanted.wait_for(|wanted| *wanted).await.is_err() {
                    return;
                }
                is_read.send_replace(true);
            }
        });
        Self { events, wanted, reads, owed, answered, task: task.abort_handle() }
    }
}

/// Reads until the terminal fails, or nobody takes what is read.
async fn read(to: &mpsc::Sender<io::Result<Event>>, answers: &mut Answers, tell: &watch::Sender<Answered>) {
    let mut from = EventStream::new();
    loop {
        let read = match answers.hold() {
            Some(hold) => timeout(hold, from.next()).await.ok(),
            None => Some(from.next().await),
        };
        let events = match read {
            Some(None) => return,
            // After one failure every read fails.
            Some(Some(Err(error))) => {
                let _ = to.send(Err(error)).await;
                return;
            }
            Some(Some(Ok(event))) => {
                let taken = answers.take(event);
                if taken.answered {
                    tell.send_modify(|answered| {
                        answered.count += 1;
                        answered.ground = taken.ground.or(answered.ground);
                    });
                }
                taken.events
            }
            None => answers.release(),
        };
        for event in events {
            if to.send(Ok(event)).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}
