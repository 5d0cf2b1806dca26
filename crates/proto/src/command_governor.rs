//! How often a connection may be put to work. No answer of a server, no setting and no key passes it. Pure: time is an
//! argument.
//!
//! A turn is DONE, the looks, LIST, IDLE; without IDLE it is a poll. What three kinds of [`Wish`] may cost is bounded:
//! turns that a server's words begin and that bring no mail by a pause that doubles and by [`FRUITLESS_AN_HOUR`], all
//! turns without mail by [`COMMANDS_A_MINUTE`], turns that bring mail by [`MAIL_PAUSE`] and [`MAIL_TURNS_A_MINUTE`] alone.

mod minute;

use std::time::{Duration, Instant};

use self::minute::Minute;

/// After a turn for new mail the next begins so much later at the earliest: a burst costs little. A mail of a burst waits
/// half of it, which nobody notices.
pub const MAIL_PAUSE: Duration = Duration::from_millis(150);

/// Turns for new mail in a minute.
pub const MAIL_TURNS_A_MINUTE: u32 = 240;

/// So many of them may come [`MAIL_PAUSE`] apart: 16 s of mail without a rest.
const MAIL_TURNS_AT_ONCE: u32 = 60;

/// The others come so far apart: with those at once they are no more than a minute may have.
const MAIL_TURN_EVERY: Duration = Duration::from_millis(60_000 / (MAIL_TURNS_A_MINUTE - MAIL_TURNS_AT_ONCE) as u64 + 1);

/// The first pause after a turn that a server's words began and that brought nothing.
const FRUITLESS_PAUSE: Duration = Duration::from_millis(250);

/// Turns in an hour that a server's words begin and that bring nothing.
pub const FRUITLESS_AN_HOUR: u32 = 60;

/// So many of them may come one upon the other, doubling pauses apart.
const FRUITLESS_AT_ONCE: u32 = 15;

/// The others come so far apart: with those at once they are no more than an hour may have.
const FRUITLESS_EVERY: Duration = Duration::from_secs(3600 / (FRUITLESS_AN_HOUR - FRUITLESS_AT_ONCE) as u64);

/// Commands in a minute, besides those of turns that bring mail and of connecting.
pub const COMMANDS_A_MINUTE: u32 = 60;

/// So many of them are kept for a person: a key is answered though a server or a timer keeps the connection busy.
const FOR_A_PERSON: u32 = 12;

/// So many of them are kept for announced mail that the look does not find after all: mail that is there waits for no
/// other commands.
const FOR_MAIL: u32 = 12;

/// Commands of the smallest turn: DONE, a look, IDLE.
const SMALLEST_TURN: u32 = 3;

/// What begins a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// The server announced mail: EXISTS rose, NOTIFY told of another mailbox.
    Mail,
    /// Other words of the server: a hint, mailboxes that came or went, an IDLE that it ended by itself.
    Server,
    /// A timer of ours.
    Timer,
    /// A person, or this machine: it woke, or its network is another.
    Person,
}

impl Wish {
    /// Whether it is the server that wants it.
    const fn is_servers(self) -> bool {
        match self {
            Self::Mail | Self::Server => true,
            Self::Timer | Self::Person => false,
        }
    }

    /// Up to how many commands in a minute it may begin a turn.
    const fn most(self) -> u32 {
        match self {
            Self::Mail | Self::Server | Self::Timer => COMMANDS_A_MINUTE - FOR_MAIL - FOR_A_PERSON,
            Self::Person => COMMANDS_A_MINUTE - FOR_MAIL,
        }
    }
}

/// The turn that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn {
    wish: Wish,
    /// Whether it brought mail.
    mail: bool,
    /// Whether it brought anything.
    change: bool,
    /// Whether it began beyond what the minute has for it, for the mail that was announced.
    beyond: bool,
}

/// What a connection has been put to, and what it may be put to next.
#[derive(Clone, Debug, Default)]
pub struct CommandGovernor {
    turn: Option<Turn>,
    /// When the last turn began that a server's words wanted.
    last: Option<Instant>,
    /// When the minute's allowance of such turns is whole again.
    rested: Option<Instant>,
    /// Such turns in a row that brought nothing.
    fruitless: u32,
    /// When the next of them may begin.
    not_before: Option<Instant>,
    /// When the hour's allowance is whole again.
    whole: Option<Instant>,
    minute: Minute,
    /// Commands of turns that began beyond the minute and brought no mail.
    beyond: Minute,
}

impl CommandGovernor {
    /// When a turn may begin that is wished for now; `now` where that is at once.
    #[must_use]
    pub fn earliest(&self, wish: Wish, now: Instant) -> Instant {
        let room = self.minute.earliest(SMALLEST_TURN, wish.most(), now);
        let room = match wish {
            Wish::Mail => room.min(self.beyond.earliest(SMALLEST_TURN, FOR_MAIL, now)),
            Wish::Server | Wish::Timer | Wish::Person => room,
        };
        match wish {
            Wish::Timer | Wish::Person => room,
            Wish::Mail | Wish::Server => {
                let burst = self.last.map(|at| at + MAIL_PAUSE);
                let minute = allowance(self.rested, MAIL_TURN_EVERY, MAIL_TURNS_AT_ONCE);
                let hour = allowance(self.whole, FRUITLESS_EVERY, FRUITLESS_AT_ONCE);
                [burst, self.not_before, minute, hour].into_iter().flatten().fold(room, Instant::max)
            }
        }
    }

    /// Commands that a turn which begins now may take besides the smallest's.
    #[must_use]
    pub fn room(&self, now: Instant) -> usize {
        let most = COMMANDS_A_MINUTE - SMALLEST_TURN;
        let left = most.saturating_sub(self.minute.count(now));
        let beyond = self.turn.is_some_and(|turn| turn.beyond);
        let left = if beyond { left.max(FOR_MAIL - SMALLEST_TURN) } else { left };
        usize::try_from(left).unwrap_or_default()
    }

    /// A turn begins.
    pub fn begin(&mut self, wish: Wish, now: Instant) {
        if wish.is_servers() {
            self.last = Some(now);
            self.rested = Some(self.rested.map_or(now, |at| at.max(now)) + MAIL_TURN_EVERY);
        }
        let beyond = wish == Wish::Mail && self.minute.earliest(SMALLEST_TURN, wish.most(), now) > now;
        self.turn = Some(Turn { wish, mail: false, change: false, beyond });
    }

    /// The turn brought mail.
    pub const fn mail(&mut self) {
        if let Some(turn) = &mut self.turn {
            (turn.mail, turn.change) = (true, true);
        }
    }

    /// The turn brought something that is no mail: what the server said was so.
    pub const fn change(&mut self) {
        if let Some(turn) = &mut self.turn {
            turn.change = true;
        }
    }

    /// The turn is over, or the connection with it; it took so many commands. The pause before the next never grows beyond
    /// `longest`.
    pub fn end(&mut self, commands: u32, longest: Duration, now: Instant) {
        let Some(turn) = self.turn.take() else { return };
        if turn.mail {
            (self.fruitless, self.not_before) = (0, None);
            return;
        }
        let counter = if turn.beyond { &mut self.beyond } else { &mut self.minute };
        counter.add(commands.max(SMALLEST_TURN), now);
        if !turn.wish.is_servers() {
            return;
        }
        self.whole = Some(self.whole.map_or(now, |at| at.max(now)) + FRUITLESS_EVERY);
        // Peace for as long as a pause may be, and doubling begins anew. The hour's allowance counts on.
        let rested = self.not_before.is_some_and(|at| at + longest <= now);
        self.fruitless = if turn.change || rested { 0 } else { self.fruitless };
        let pause = FRUITLESS_PAUSE.saturating_mul(2_u32.saturating_pow(self.fruitless)).min(longest);
        self.fruitless = self.fruitless.saturating_add(1);
        self.not_before = Some(now + pause);
    }
}

/// When an allowance of `at_once` turns has one left. It regains one in `every`, and is whole again at `whole`.
fn allowance(whole: Option<Instant>, every: Duration, at_once: u32) -> Option<Instant> {
    whole.and_then(|at| at.checked_sub(every * (at_once - 1)))
}

#[cfg(test)]
mod tests;
