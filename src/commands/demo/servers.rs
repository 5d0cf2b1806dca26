//! What `mailwatch-tui demo` watches: six accounts on six servers, each with a fate of its own, and mail by itself.

use std::io;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use tokio::task::JoinSet;
use tokio::time::sleep;

use mailwatch_proto::model::{
    Account, Auth, Ca, FixedSecret, Hooks, Network, Origin, Quirks, SecretSource, Timer, Timers, TlsMode,
};

use imap_misbehave::{
    Act, Answer, Dialect, Encryption, Fault, Letters, Listening, Payload, Scenario, Server, Step, Until, When,
};

use super::mail;

/// Six servers that run until this is dropped.
#[derive(Debug)]
pub struct DemoServers {
    accounts: Vec<Account>,
    fates: Vec<(&'static str, &'static str)>,
    // Dropped with the show: the servers' listeners, and the tasks that bring mail and misfortune.
    listening: Vec<Listening>,
    tasks: JoinSet<()>,
}

/// An account of the show.
struct Part {
    name: &'static str,
    /// What happens to it, for people.
    fate: &'static str,
    mailboxes: &'static [&'static str],
    scenario: Scenario,
    timers: &'static [(Timer, u64)],
    mail: Coming,
    /// Mails that are there at the start, in each mailbox.
    stock: usize,
}

/// When mail comes to each of a part's mailboxes.
enum Coming {
    /// So many seconds between two mails.
    Every(Range<u64>),
    /// Two mails in each IDLE, that show whether the server announces them.
    InPairs,
}

/// The scenario of a server that announces nothing.
const NEVER_ANNOUNCES: &str = "never-announces";

/// The timers of every part that does not say otherwise: the hours of real life in a minute.
const TIMERS: [(Timer, u64); 4] = [(Timer::Done, 5), (Timer::Reissue, 40), (Timer::Poll, 15), (Timer::RetryMax, 20)];

/// How long the server that comes and goes stays, and is full.
const OLD_STAYS: Duration = Duration::from_secs(50);
const OLD_IS_FULL: Duration = Duration::from_secs(20);

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn parts(never_announces: Scenario) -> [Part; 6] {
    let heartbeat = Fault::Timed { when: When::EveryIdling(secs(12)), act: Act::Send(Payload::StillHere(1)) };
    let ignores = Fault::IgnoreDone { from: secs(20), until: Until::NewMail };
    let silent = Fault::Timed { when: When::Connected(secs(70)), act: Act::Silence };
    [
        Part {
            name: "work",
            fate: "well, with a heartbeat every 12 s",
            mailboxes: &["INBOX", "lists/rust"],
            scenario: Scenario::of(heartbeat).named("work"),
            timers: &[],
            mail: Coming::Every(6..30),
            stock: 12,
        },
        Part {
            name: "gmail",
            fate: "ignores DONE once an IDLE is 20 s old, until mail comes",
            mailboxes: &["INBOX"],
            scenario: Scenario::of(ignores).named("gmail").speaking(Dialect::Gmail),
            timers: &[(Timer::Reissue, 25)],
            // Rare: so that a DONE is ignored before the next comes, and answered late when it does.
            mail: Coming::Every(50..80),
            stock: 7,
        },
        Part {
            name: "home",
            fate: "falls silent 70 s after a connection is made",
            mailboxes: &["INBOX"],
            scenario: Scenario::of(silent).named("home"),
            timers: &[(Timer::Reissue, 30)],
            mail: Coming::Every(15..45),
            stock: 4,
        },
        Part {
            name: "old",
            fate: "says BYE after 50 s, then has too many connections for 20 s",
            mailboxes: &["INBOX"],
            scenario: Scenario::healthy().named("old"),
            timers: &[],
            mail: Coming::Every(20..60),
            stock: 3,
        },
        Part {
            name: "lists",
            fate: "has no IDLE, and is polled",
            mailboxes: &["INBOX"],
            scenario: Scenario::of(Fault::Without("IDLE"))
                .with(Fault::NoUidNext)
                .with(Fault::NoopShowsNothing)
                .named("lists"),
            timers: &[(Timer::Poll, 10)],
            mail: Coming::Every(8..25),
            stock: 20,
        },
        Part {
            name: "office",
            fate: "announces no mail: found anyway, every 15 s",
            mailboxes: &["INBOX"],
            scenario: never_announces.named("office"),
            timers: &[(Timer::Reissue, 20)],
            mail: Coming::InPairs,
            stock: 9,
        },
    ]
}

impl DemoServers {
    /// Starts the servers and the mail.
    ///
    /// # Errors
    /// Where no socket or no certificate can be had.
    pub async fn start() -> io::Result<Self> {
        let mut servers =
            Self { accounts: Vec::new(), fates: Vec::new(), listening: Vec::new(), tasks: JoinSet::new() };
        let never_announces = Scenario::by_name(NEVER_ANNOUNCES).map_err(io::Error::other)?;
        for (seed, part) in (1_u64..).zip(parts(never_announces)) {
            servers.add(seed, part).await?;
        }
        Ok(servers)
    }

    async fn add(&mut self, seed: u64, part: Part) -> io::Result<()> {
        let server = Server::new(part.scenario);
        let mut letters = Letters::new(seed);
        for mailbox in part.mailboxes {
            server.create(mailbox);
            for letter in letters.by_ref().take(part.stock) {
                server.deliver(mailbox, letter.flag("\\Seen"));
            }
            let (server, letters) = (server.clone(), Letters::new(seed + 100 * mailbox.len() as u64));
            match &part.mail {
                Coming::Every(seconds) => self.tasks.spawn(mail::at_random(server, mailbox, letters, seconds.clone())),
                Coming::InPairs => self.tasks.spawn(mail::in_pairs(server, mailbox, letters, SystemTime::now)),
            };
        }
        if part.name == "old" {
            self.tasks.spawn(come_and_go(server.clone()));
        }
        let listening = server.listen(Encryption::Implicit).await?;
        let mut account = account(&listening, part.name, part.mailboxes);
        for &(timer, value) in TIMERS.iter().chain(part.timers) {
            account.timers.set(timer, Some(secs(value)), Origin::Config);
        }
        self.accounts.push(account);
        self.fates.push((part.name, part.fate));
        self.listening.push(listening);
        Ok(())
    }

    /// The accounts, ready to be watched.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        self.accounts.clone()
    }

    /// The accounts by name, each with what happens to it in a few words.
    #[must_use]
    pub fn fates(&self) -> &[(&'static str, &'static str)] {
        &self.fates
    }
}

/// An account that leads to an embedded server, with the default timers.
#[must_use]
pub fn account(listening: &Listening, name: &str, mailboxes: &[&str]) -> Account {
    Account {
        name: name.to_owned(),
        host: "localhost".to_owned(),
        port: listening.port(),
        tls: match listening.encryption() {
            Encryption::Implicit => TlsMode::Implicit,
            Encryption::StartTls => TlsMode::StartTls,
            Encryption::Off => TlsMode::Off,
        },
        ca: Some(Ca::Pem(listening.ca_pem().to_owned())),
        network: Network::default(),
        user: listening.user().to_owned(),
        auth: Auth::Password,
        secret: SecretSource::Fixed(FixedSecret(imap_misbehave::PASSWORD.to_owned())),
        mailboxes: mailboxes.iter().map(|&mailbox| mailbox.to_owned()).collect(),
        max_connections: 8,
        timers: Timers::default(),
        reissue_auto: false,
        quirks: Quirks::default(),
        hooks: Hooks::default(),
    }
}

/// A server that says BYE to everyone, is full for a while, and is there again.
async fn come_and_go(server: Server) {
    let expired = "Session expired, please login again.".to_owned();
    let expiry = Act::Bye { text: expired, close: true };
    let full = Answer::No("[LIMIT] Too many simultaneous connections.".to_owned());
    loop {
        sleep(OLD_STAYS).await;
        let bye = Fault::Timed { when: When::Connected(Duration::ZERO), act: expiry.clone() };
        server.set_scenario(Scenario::of(bye).named("old"));
        server.wait_until(|server| server.open_connections() == 0).await;
        server.set_scenario(Scenario::of(Fault::Answer { to: Step::Login, with: full.clone() }).named("old"));
        sleep(OLD_IS_FULL).await;
        server.set_scenario(Scenario::healthy().named("old"));
    }
}
