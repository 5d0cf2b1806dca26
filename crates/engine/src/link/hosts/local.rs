//! This machine's engines, one after the other, as one part of the board.

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::Local;
use super::part::Part;
use super::route::ToPart;
use super::unreached::Unreached;
use super::upstream::{NO_ENGINE, serve};
use crate::link::FrontEnd;
use crate::requests::{Reply, RequestClient};
use mailwatch_proto::model::{Board, HostLink};

/// One of them.
struct Link<S> {
    front_end: FrontEnd,
    requests: RequestClient<S>,
    board: watch::Receiver<Board>,
}

/// Shows them until the board ends.
pub(super) async fn keep<S: Send + 'static>(
    mut part: Part,
    mut links: Local<S>,
    mut inbox: mpsc::UnboundedReceiver<ToPart<S>>,
    reply_to: mpsc::Sender<Reply<S>>,
) {
    let mut link: Option<Link<S>> = None;
    let mut links_open = true;
    loop {
        tokio::select! {
            biased;
            next = links.recv(), if links_open => match next {
                Some((front_end, requests, engine)) => {
                    if let Some(mut before) = link.take() {
                        while let Some(event) = before.front_end.try_event() {
                            part.tell(event);
                        }
                    }
                    let mut board = front_end.board.clone();
                    part.linked(engine, board.borrow_and_update().clone());
                    link = Some(Link { front_end, requests, board });
                }
                None => links_open = false,
            },
            message = inbox.recv() => match message {
                Some(message) => match &link {
                    Some(link) => serve(message, &link.front_end, &link.requests),
                    None => refuse(message),
                },
                None => return,
            },
            went_on = step(&mut link, &mut part, &reply_to) => if !went_on {
                link = None;
                part.unheard(HostLink::Lost, Instant::now(), Unreached::Failed("the engine has ended".to_owned()));
            },
        }
    }
}

/// Takes over what comes next; whether the link goes on. Cancel-safe.
async fn step<S>(link: &mut Option<Link<S>>, part: &mut Part, reply_to: &mpsc::Sender<Reply<S>>) -> bool {
    let Some(link) = link else { return std::future::pending().await };
    tokio::select! {
        biased;
        // What the engine says unasked. A full queue has other news.
        reply = link.requests.reply() => drop(reply_to.try_send(reply)),
        changed = link.board.changed() => {
            if changed.is_err() {
                while let Some(event) = link.front_end.try_event() {
                    part.tell(event);
                }
                return false;
            }
            part.show(link.board.borrow_and_update().clone());
        }
        event = link.front_end.event() => match event {
            Some(event) => part.tell(event),
            None => return false,
        },
    }
    true
}

/// Answers for an engine that is not running.
fn refuse<S>(message: ToPart<S>) {
    match message {
        // Who reads no replies needs none.
        ToPart::Asked(asked) => drop(asked.replies.try_send(Reply::Failed(NO_ENGINE.to_owned()))),
        ToPart::Order(_) | ToPart::Wish(_) | ToPart::Again | ToPart::Begun(_) => {}
    }
}
