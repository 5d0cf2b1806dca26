//! The link to one host: made, kept, lost, and made again for as long as the front end is there.

use std::io;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::between::Between;
use super::heard::{LastHeard, Noticed};
use super::links::Begun;
use super::part::Part;
use super::reach::{Carrier, Reach};
use super::route::ToPart;
use super::tries::{Tries, Try};
use super::unreached::Unreached;
use super::{Greeting, HostSetting};
use crate::link::FrontEnd;
use crate::link::protocol::{Attach, EngineHello, Resume};
use crate::link::socket::{Attached, attach_over};
use crate::link::way::Wish;
use crate::requests::{Reply, RequestClient, WeakRequestClient};
use mailwatch_proto::model::{Command, HostEngine, HostLink, sanitise};

/// How long a try in the foreground may take: the user looks for a passphrase.
const PERSON: Duration = Duration::from_mins(5);

/// A link that has said nothing for so long is asked for a sign of life,
const ASK: Duration = Duration::from_secs(2);

/// after so long what it has shown is not shown as true any more, and others are tried beside it,
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
    tries: Tries<Standing<S>>,
    /// Where the last link left off.
    left: Resume,
    /// Whether the trace's lines are wanted.
    wire: bool,
}

/// Why there is no link to wait for.
enum Ends<S> {
    /// The front end has ended.
    All,
    /// The link has, and why.
    Link(String),
    /// It was silent, and this one stands.
    Another(Box<Standing<S>>),
}

impl<S, R, U, N> Upstream<S, R, U, N>
where
    S: Send + 'static,
    R: Reach,
    U: Fn() -> S + Clone + Send + Sync + 'static,
    N: Fn(&mut FrontEnd, mpsc::Sender<Reply<S>>, WeakRequestClient<S>) + Clone + Send + Sync + 'static,
{
    pub(super) fn new(
        host: HostSetting,
        part: Part,
        inbox: mpsc::UnboundedReceiver<ToPart<S>>,
        (reach, greeting, reply_to): (R, Greeting<U, N>, mpsc::Sender<Reply<S>>),
        network: watch::Receiver<()>,
    ) -> Self {
        let left = Resume { engine: String::new(), after: 0 };
        Self { host, part, inbox, reach, greeting, reply_to, network, tries: Tries::new(), left, wire: true }
    }

    /// Keeps it until the front end has ended.
    pub(super) async fn keep(mut self) {
        let mut another = None;
        loop {
            let link = match another.take() {
                Some(link) => link,
                None => match self.link().await {
                    Some(link) => link,
                    None => return,
                },
            };
            self.tries.give_up();
            let began = Instant::now();
            match self.show(link).await {
                Ends::All => return,
                Ends::Another(link) => another = Some(*link),
                Ends::Link(why) => {
                    let now = Instant::now();
                    if self.part.link().is_up() {
                        self.tries.lost(now, began.elapsed());
                    }
                    self.part.unheard(HostLink::Lost, now, Unreached::Failed(why));
                }
            }
        }
    }

    /// Tries until one link stands; `None` where the front end ends first.
    async fn link(&mut self) -> Option<Standing<S>> {
        loop {
            tokio::select! {
                biased;
                message = self.inbox.recv() => self.without_link(message?),
                Ok(()) = self.network.changed() => self.tries.hurry(),
                next = self.tries.next() => match next {
                    Ok(Ok(link)) => return Some(link),
                    // What was known before is still so.
                    Ok(Err(Unreached::GivenUp)) => {}
                    Ok(Err(why)) => self.part.unheard(self.without(), Instant::now(), why),
                    Err(patience) => self.begin(patience),
                }
            }
        }
    }

    /// One more try, which may take so long.
    fn begin(&mut self, patience: Duration) {
        let one = self.attempt(self.reach.reach(&self.host), patience);
        self.tries.push(one);
    }

    /// How the link stands that does not stand.
    fn without(&self) -> HostLink {
        match self.part.link() {
            HostLink::Connecting => HostLink::Connecting,
            HostLink::Up | HostLink::Silent | HostLink::Lost => HostLink::Lost,
        }
    }

    /// Takes what comes while there is no link.
    fn without_link(&mut self, message: ToPart<S>) {
        match message {
            ToPart::Again => self.tries.hurry(),
            // It can only mean this.
            ToPart::Order(order) if order.command == Command::Reconnect => self.tries.hurry(),
            ToPart::Begun(begun) => {
                let one = self.answered(begun);
                self.tries.push(one);
            }
            ToPart::Asked(asked) => {
                let why = format!("{}: no link to it now", self.host.name);
                // Who reads no replies needs none.
                let _ = asked.replies.try_send(Reply::Failed(why));
            }
            ToPart::Wish(Wish::Wire(on)) => self.wire = on,
            ToPart::Order(_) | ToPart::Wish(Wish::Past(_) | Wish::Confirm(_) | Wish::Ping) => {}
        }
    }

    fn attempt(&self, reached: io::Result<Carrier>, patience: Duration) -> Try<Standing<S>> {
        let Greeting { hello, accounts, ui, linked: _ } = self.greeting.clone();
        let resume = Some(self.left.clone());
        // No reader's name: who has been told of a mail is a matter of that host's own readers and hooks.
        let wants = Attach { events: true, wire: self.wire, accounts, resume, ..Attach::default() };
        Box::pin(async move {
            let Carrier { read, write, said, ended } =
                reached.map_err(|error| Unreached::Failed(format!("ssh cannot be started: {error}")))?;
            let mut between = Between { said, ended };
            let heard = LastHeard::now();
            let streams = (Noticed::new(read, heard.clone()), write);
            match timeout(patience, attach_over(streams, &hello, &wants, ui)).await {
                Ok(Ok(attached)) => {
                    between.stands();
                    Ok(Standing { attached, heard, between })
                }
                Ok(Err(why)) => Err(between.why_none(why).await),
                Err(_) => Err(Unreached::Failed(format!("no answer within {} s", patience.as_secs()))),
            }
        })
    }

    /// A try in the foreground. It ends when the user leaves it.
    fn answered(&self, Begun { carrier, mut outcome }: Begun) -> Try<Standing<S>> {
        let attempt = self.attempt(Ok(carrier), PERSON);
        Box::pin(async move {
            tokio::select! {
                biased;
                () = outcome.closed() => Err(Unreached::GivenUp),
                reached = attempt => {
                    // The user may have left this moment.
                    let _ = outcome.send(reached.as_ref().map(drop).map_err(Clone::clone));
                    reached
                }
            }
        })
    }

    /// Shows what comes over a link until it ends.
    async fn show(&mut self, link: Standing<S>) -> Ends<S> {
        let Standing { attached, heard, between } = link;
        let Attached { mut front_end, requests, engine, ended: _ended } = attached;
        (self.greeting.linked)(&mut front_end, self.reply_to.clone(), requests.weak());
        front_end.want_wire(self.wire);
        let mut board = front_end.board.clone();
        self.part.linked(Some(about(&engine)), board.borrow_and_update().clone());
        self.left.engine = engine.engine;
        let ends = self.follow((&mut front_end, &requests, &mut board), &heard).await;
        if let Ends::Another(link) = ends {
            // What this one has not handed over yet that one brings again.
            return Ends::Another(link);
        }
        while let Some(event) = front_end.try_event() {
            self.part.tell(event);
        }
        self.left.after = front_end.last();
        match ends {
            Ends::All | Ends::Another(_) => Ends::All,
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
    ) -> Ends<S> {
        let stands = Instant::now();
        self.left.after = front_end.last();
        let mut look = Instant::now() + ASK;
        loop {
            tokio::select! {
                biased;
                message = self.inbox.recv() => match message {
                    Some(ToPart::Begun(begun)) if self.part.link() == HostLink::Silent => {
                        let one = self.answered(begun);
                        self.tries.push(one);
                    }
                    Some(message) => {
                        if let ToPart::Wish(Wish::Wire(on)) = &message {
                            self.wire = *on;
                        }
                        if matches!(message, ToPart::Again) {
                            self.tries.hurry();
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
                        if self.part.link().is_up() {
                            self.left.after = front_end.last();
                            self.tries.lost(heard.at(), stands.elapsed());
                        }
                        self.part.unheard(HostLink::Silent, heard.at(), Unreached::Failed("no answer".to_owned()));
                    } else if self.part.link() == HostLink::Silent {
                        self.tries.give_up();
                        self.part.answers(board.borrow_and_update().clone());
                    }
                    if age >= ASK {
                        front_end.ping();
                    }
                    look = now + if age >= ASK { ASK / 4 } else { ASK.saturating_sub(age) };
                }
                Ok(()) = self.network.changed(), if self.part.link() == HostLink::Silent => self.tries.hurry(),
                next = self.tries.next(), if self.part.link() == HostLink::Silent => match next {
                    // One that speaks again is the better one: it has what nobody has taken yet.
                    Ok(Ok(link)) if heard.at().elapsed() >= SILENT => return Ends::Another(Box::new(link)),
                    Ok(Ok(_) | Err(_)) => {}
                    Err(patience) => self.begin(patience),
                },
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
        // The link stands: another try is not needed.
        ToPart::Wish(Wish::Ping) | ToPart::Again | ToPart::Begun(_) => {}
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
