//! The link to one host: made, kept, lost, and made again for as long as the front end is there.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::between::Between;
use super::heard::{LastHeard, Noticed};
use super::part::Part;
use super::reach::{Carrier, Reach};
use super::route::ToPart;
use super::{Greeting, HostSetting};
use crate::link::FrontEnd;
use crate::link::front_end::Wish;
use crate::link::protocol::{Attach, EngineHello, Resume};
use crate::link::socket::{Attached, attach_over};
use crate::requests::{Reply, RequestClient};
use mailwatch_proto::model::{Command, HostEngine, HostLink, sanitise};

/// Between two tries, doubling.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// The longest pause for as long after a link was lost: a network, or an engine, that comes back is seen within 5 s.
const SOON: (Duration, Duration) = (Duration::from_secs(4), Duration::from_mins(10));

/// A link that has stood for so long begins with the shortest pause again.
const SURVIVED: Duration = Duration::from_mins(1);

/// How long a try may take: a login over two jumps that are far away, and a big board.
const PATIENCE: Duration = Duration::from_secs(30);

/// Tries that run at once. One that hangs (its first packet is lost) must not delay the next.
const AT_ONCE: usize = 4;

/// A link that has said nothing for so long is asked for a sign of life,
const ASK: Duration = Duration::from_secs(2);

/// after so long what it has shown is not shown as true any more,
const SILENT: Duration = Duration::from_secs(5);

/// and after so long it is given up.
const GIVEN_UP: Duration = Duration::from_secs(15);

/// What a request is answered without an engine.
pub(super) const NO_ENGINE: &str = "no engine runs";

/// A link that stands.
struct Standing<S> {
    attached: Attached<S>,
    heard: LastHeard,
    between: Between,
}

/// A try, and what became of it.
type Try<S> = BoxFuture<'static, Result<Standing<S>, String>>;

/// One host, for as long as the front end is there.
pub(super) struct Upstream<S, R, U, N> {
    host: HostSetting,
    part: Part,
    inbox: mpsc::UnboundedReceiver<ToPart<S>>,
    reach: R,
    greeting: Greeting<U, N>,
    /// Where the front end is told what it has not asked for.
    reply_to: mpsc::Sender<Reply<S>>,
    network: watch::Receiver<()>,
    /// Before the next try.
    pause: Duration,
    /// When the last link was lost.
    lost: Option<Instant>,
    /// Where the last link left off.
    left: Resume,
    /// Whether the trace's lines are wanted.
    wire: bool,
}

/// Why there is no link to wait for.
enum Ends {
    /// The front end has ended.
    All,
    /// The link has, and why.
    Link(String),
}

impl<S, R, U, N> Upstream<S, R, U, N>
where
    S: Send + 'static,
    R: Reach,
    U: Fn() -> S + Clone + Send + Sync + 'static,
    N: Fn(&mut FrontEnd, mpsc::Sender<Reply<S>>) + Clone + Send + Sync + 'static,
{
    pub(super) fn new(
        host: HostSetting,
        part: Part,
        inbox: mpsc::UnboundedReceiver<ToPart<S>>,
        (reach, greeting, reply_to): (R, Greeting<U, N>, mpsc::Sender<Reply<S>>),
        network: watch::Receiver<()>,
    ) -> Self {
        let left = Resume { engine: String::new(), after: 0 };
        Self { host, part, inbox, reach, greeting, reply_to, network, pause: PAUSE.0, lost: None, left, wire: true }
    }

    /// Keeps it until the front end has ended.
    pub(super) async fn keep(mut self) {
        let mut next = Instant::now();
        loop {
            let Some(link) = self.link(next).await else { return };
            let began = Instant::now();
            let why = match self.show(link).await {
                Ends::All => return,
                Ends::Link(why) => why,
            };
            if began.elapsed() >= SURVIVED {
                self.pause = PAUSE.0;
            }
            let now = Instant::now();
            self.lost = Some(now);
            next = now + self.pause();
            self.part.unheard(HostLink::Lost, now, why);
        }
    }

    /// The pause before the next try; the one after is longer.
    fn pause(&mut self) -> Duration {
        let (longest, within) = SOON;
        let is_soon = self.lost.is_some_and(|lost| lost.elapsed() < within);
        let pause = if is_soon { self.pause.min(longest) } else { self.pause };
        self.pause = (pause * 2).min(PAUSE.1);
        pause
    }

    /// Tries until one link stands; `None` where the front end ends first.
    async fn link(&mut self, first: Instant) -> Option<Standing<S>> {
        let mut tries: FuturesUnordered<Try<S>> = FuturesUnordered::new();
        let mut at = first;
        loop {
            tokio::select! {
                biased;
                message = self.inbox.recv() => if self.wants_again(message?) {
                    at = Instant::now();
                },
                Ok(()) = self.network.changed() => at = Instant::now(),
                Some(outcome) = tries.next(), if !tries.is_empty() => match outcome {
                    Ok(link) => return Some(link),
                    Err(why) => self.part.unheard(self.without(), Instant::now(), why),
                },
                () = sleep_until(at) => {
                    if tries.len() < AT_ONCE {
                        tries.push(self.attempt());
                    }
                    at = Instant::now() + self.pause();
                }
            }
        }
    }

    /// How the link stands that does not stand.
    fn without(&self) -> HostLink {
        match self.part.link() {
            HostLink::Connecting => HostLink::Connecting,
            HostLink::Up | HostLink::Silent | HostLink::Lost => HostLink::Lost,
        }
    }

    /// Takes what comes while there is no link; whether it asks for one at once.
    fn wants_again(&mut self, message: ToPart<S>) -> bool {
        match message {
            ToPart::Again => return true,
            // It can only mean this.
            ToPart::Order(order) => return order.command == Command::Reconnect,
            ToPart::Asked(asked) => {
                let why = format!("{}: no link to it now", self.host.name);
                // Who reads no replies needs none.
                let _ = asked.replies.try_send(Reply::Failed(why));
            }
            ToPart::Wish(Wish::Wire(on)) => self.wire = on,
            ToPart::Wish(Wish::Past(_) | Wish::Confirm(_) | Wish::Ping) => {}
        }
        false
    }

    fn attempt(&self) -> Try<S> {
        let reached = self.reach.reach(&self.host);
        let Greeting { hello, accounts, ui, linked: _ } = self.greeting.clone();
        let resume = Some(self.left.clone());
        let wants = Attach { events: true, wire: self.wire, accounts, resume, ..Attach::default() };
        Box::pin(async move {
            let Carrier { read, write, said, ended } =
                reached.map_err(|error| format!("ssh cannot be started: {error}"))?;
            let mut between = Between { said, ended };
            let heard = LastHeard::now();
            let streams = (Noticed::new(read, heard.clone()), write);
            match timeout(PATIENCE, attach_over(streams, &hello, &wants, ui)).await {
                Ok(Ok(attached)) => {
                    between.stands();
                    Ok(Standing { attached, heard, between })
                }
                Ok(Err(why)) => Err(between.why_none(why).await),
                Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
            }
        })
    }

    /// Shows what comes over a link until it ends.
    async fn show(&mut self, link: Standing<S>) -> Ends {
        let Standing { attached, heard, between } = link;
        let Attached { mut front_end, requests, engine, ended: _ended } = attached;
        (self.greeting.linked)(&mut front_end, self.reply_to.clone());
        front_end.want_wire(self.wire);
        let mut board = front_end.board.clone();
        self.part.linked(Some(about(&engine)), board.borrow_and_update().clone());
        let ends = self.follow((&mut front_end, &requests, &mut board), &heard).await;
        while let Some(event) = front_end.try_event() {
            self.part.tell(event);
        }
        self.left = Resume { engine: engine.engine, after: front_end.last() };
        match ends {
            Ends::All => Ends::All,
            Ends::Link(why) if why.is_empty() => Ends::Link(between.why_over(front_end.ending()).await),
            Ends::Link(why) => Ends::Link(why),
        }
    }

    async fn follow(
        &mut self,
        (front_end, requests, board): (
            &mut FrontEnd,
            &RequestClient<S>,
            &mut watch::Receiver<mailwatch_proto::model::Board>,
        ),
        heard: &LastHeard,
    ) -> Ends {
        let mut look = Instant::now() + ASK;
        loop {
            tokio::select! {
                biased;
                message = self.inbox.recv() => match message {
                    Some(message) => {
                        if let ToPart::Wish(Wish::Wire(on)) = &message {
                            self.wire = *on;
                        }
                        serve(message, front_end, requests);
                    }
                    None => return Ends::All,
                },
                () = sleep_until(look) => {
                    let now = Instant::now();
                    if now.duration_since(look) > ASK {
                        // This process stood still itself: what came meanwhile is about to be read.
                        heard.set(now);
                    }
                    let age = now.duration_since(heard.at());
                    if age >= GIVEN_UP {
                        return Ends::Link(format!("no answer for {} s", GIVEN_UP.as_secs()));
                    }
                    if age >= SILENT {
                        self.part.unheard(HostLink::Silent, heard.at(), "no answer".to_owned());
                    } else if self.part.link() == HostLink::Silent {
                        self.part.answers(board.borrow_and_update().clone());
                    }
                    if age >= ASK {
                        front_end.ping();
                    }
                    look = now + if age >= ASK { ASK / 4 } else { ASK.saturating_sub(age) };
                }
                changed = board.changed() => match changed {
                    Ok(()) => self.part.show(board.borrow_and_update().clone()),
                    Err(_) => return Ends::Link(String::new()),
                },
                event = front_end.event() => match event {
                    Some(event) => self.part.tell(event),
                    None => return Ends::Link(String::new()),
                },
            }
        }
    }
}

/// Hands on what comes to a part with a link.
pub(super) fn serve<S>(message: ToPart<S>, front_end: &FrontEnd, requests: &RequestClient<S>) {
    match message {
        ToPart::Order(order) if order.watches.is_empty() => {
            let _ = front_end.commander().send_all(order.command);
        }
        ToPart::Order(order) => {
            for watch in &order.watches {
                // A watch that has just gone, or is busy: the board shows what became of it.
                let _ = front_end.commander().send(watch, order.command);
            }
        }
        ToPart::Wish(Wish::Wire(on)) => front_end.want_wire(on),
        ToPart::Wish(Wish::Past(watch)) => front_end.look_at(&watch),
        ToPart::Wish(Wish::Confirm(mail)) => front_end.confirm(mail),
        ToPart::Asked(asked) => {
            if let Err(asked) = requests.hand_on(asked) {
                let _ = asked.replies.try_send(Reply::Failed("too many requests wait: ask again".to_owned()));
            }
        }
        ToPart::Wish(Wish::Ping) | ToPart::Again => {}
    }
}

/// Who the engine is. Its words are a stranger's.
fn about(engine: &EngineHello) -> HostEngine {
    const WORD: usize = 24;
    HostEngine {
        role: sanitise(&engine.role, WORD),
        since: engine.since.0,
        pid: engine.pid,
        // Of `mailwatch-tui 0.1.0` the last word.
        version: sanitise(engine.program.rsplit(' ').next().unwrap_or_default(), WORD),
    }
}
