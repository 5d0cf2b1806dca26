//! Any event, of every kind.

use super::any::Any;
use mailwatch_proto::model::{ConnId, Event, EventKind, Evidence, Mail, WireDirection, WireLine};

/// How many kinds there are.
pub(super) const KINDS: usize = 27;

/// The place of a kind. A new kind gets the next place here, a value in `kind`, and the count above one more.
pub(super) const fn place(kind: &EventKind) -> usize {
    match kind {
        EventKind::Phase { .. } => 0,
        EventKind::Connected { .. } => 1,
        EventKind::Capabilities { .. } => 2,
        EventKind::Exists { .. } => 3,
        EventKind::Expunge { .. } => 4,
        EventKind::Flags { .. } => 5,
        EventKind::NewMail(_) => 6,
        EventKind::DoneSent { .. } => 7,
        EventKind::DoneAcked { .. } => 8,
        EventKind::DoneAnswered { .. } => 9,
        EventKind::Stalled { .. } => 10,
        EventKind::Verdict { .. } => 11,
        EventKind::Replaced { .. } => 12,
        EventKind::Heartbeat { .. } => 13,
        EventKind::Unparsed { .. } => 14,
        EventKind::Bye { .. } => 15,
        EventKind::Alert { .. } => 16,
        EventKind::Hint { .. } => 17,
        EventKind::Contradiction { .. } => 18,
        EventKind::Fault { .. } => 19,
        EventKind::Retry { .. } => 20,
        EventKind::Retuned { .. } => 21,
        EventKind::Slept { .. } => 22,
        EventKind::Hook { .. } => 23,
        EventKind::Lost { .. } => 24,
        EventKind::Canary { .. } => 25,
        EventKind::Wire(_) => 26,
    }
}

impl Any {
    /// A kind by its place, with anything in it. Its durations are whole milliseconds, as `watch --json` writes them.
    pub(super) fn kind(&mut self, place: usize) -> EventKind {
        let address = |any: &mut Self| any.pick(&["192.0.2.1:993", "[2001:db8::1]:143"]).parse().expect("an address");
        match place {
            0 => EventKind::Phase { from: self.maybe(Self::one), to: self.one(), by: self.one() },
            1 => EventKind::Connected {
                addr: self.maybe(address),
                tls: self.maybe(|any| any.pick(&["1.2", "1.3"])),
                took: self.millis(),
            },
            2 => EventKind::Capabilities { idle: self.bool(), list: self.list(3, Self::text).into() },
            3 => EventKind::Exists { count: self.small(), delta: self.rng.i64(-9..9) },
            4 => EventKind::Expunge { count: self.small() },
            5 => EventKind::Flags { count: self.small() },
            6 => EventKind::NewMail(self.mail()),
            7 => EventKind::DoneSent { reason: self.one(), idle: self.millis() },
            8 => EventKind::DoneAcked { took: self.millis() },
            9 => EventKind::DoneAnswered {
                reason: self.one(),
                took: self.millis(),
                status: self.one(),
                untagged: self.small(),
                late: self.bool(),
            },
            10 => EventKind::Stalled { verdict: self.one(), waited: self.millis(), evidence: self.evidence() },
            11 => {
                // Evidence of which no figure is known is written as none.
                let evidence = self.maybe(Self::evidence).filter(|evidence| *evidence != Evidence::default());
                EventKind::Verdict {
                    verdict: self.one(),
                    text: self.text(),
                    evidence,
                    mails: self.list(2, Self::unannounced),
                }
            }
            12 => EventKind::Replaced { by: ConnId(self.number()), blind: self.millis() },
            13 => EventKind::Heartbeat { text: self.text() },
            14 => EventKind::Unparsed { text: self.text() },
            15 => EventKind::Bye { text: self.text() },
            16 => EventKind::Alert { text: self.text() },
            17 => EventKind::Hint { text: self.text() },
            18 => EventKind::Contradiction { text: self.text() },
            19 => EventKind::Fault { class: self.one(), message: self.text(), retry: self.bool() },
            20 => EventKind::Retry { attempt: self.small(), delay: self.millis() },
            21 => EventKind::Retuned {
                timer: self.one(),
                from: self.maybe(Self::millis),
                to: self.maybe(Self::millis),
                origin: self.one(),
                by: self.maybe(Self::text),
            },
            22 => EventKind::Slept { slept: self.millis() },
            23 => EventKind::Hook {
                command: self.list(3, Self::text),
                exit: self.maybe(|any| any.rng.i32(0..256)),
                took: self.millis(),
            },
            24 => EventKind::Lost { count: self.number() },
            25 => EventKind::Canary { announced: self.maybe(Self::millis), removed: self.bool() },
            _ => {
                let direction = self.pick(&[WireDirection::Client, WireDirection::Server]);
                EventKind::Wire(WireLine { direction, text: self.text() })
            }
        }
    }

    fn mail(&mut self) -> Mail {
        Mail {
            uid: self.small(),
            uidvalidity: self.small(),
            from: self.text(),
            subject: self.text(),
            date: self.maybe(Self::text),
            gap: self.bool(),
            epoch: self.small(),
            flags: self.list(3, Self::text),
            headers: self.bool(),
            found: self.one(),
            received: self.maybe(Self::wall),
            late: self.maybe(Self::millis),
        }
    }

    pub(super) fn event(&mut self, place: usize) -> Event {
        Event {
            ts: self.wall(),
            at: self.now,
            watch: self.maybe(Self::watch),
            conn: self.maybe(Self::number).map(ConnId),
            kind: self.kind(place),
        }
    }
}
