//! Any request and reply.

use std::time::Duration;

use super::any::Any;
use crate::config::save::{Place, Tuned};
use crate::config::{Draft, Wrong};
use crate::history::{KeptMail, MailList, MailQuery, WatchKey};
use crate::mail_text::MailText;
use crate::probe::Order;
use crate::requests::{
    Entry, FoundServer, Password, ProbeOrder, PushOrder, Reply, ReportHead, ReportOrder, Request, ShareOrder,
};
use mailwatch_proto::model::check::{Outcome, Step};
use mailwatch_proto::model::{ClientSecret, Command, Issuer, MailKey, OAuthClient, PushDelays, Setting, TIMERS};

/// The place of a request. A new one gets the next place here and a value in `requested`.
pub(super) const fn request_place(requested: &Request) -> usize {
    match requested {
        Request::Reload => 0,
        Request::Evidence => 1,
        Request::Save(_) => 2,
        Request::Sample => 3,
        Request::Find(_) => 4,
        Request::Try(..) => 5,
        Request::StopTrying => 6,
        Request::Add(_) => 7,
        Request::Secret(..) => 8,
        Request::LoggedIn(_) => 9,
        Request::Check(..) => 10,
        Request::Probe(_) => 11,
        Request::Report(_) => 12,
        Request::Restart => 13,
        Request::Push(_) => 14,
        Request::Mails(..) => 15,
        Request::Read(..) => 16,
        Request::StopReading(_) => 17,
        Request::Seen(..) => 18,
        Request::Share(_) => 19,
    }
}

pub(super) const REQUESTS: usize = 20;

/// The place of a reply that other processes get.
pub(super) const fn reply_place(reply: &Reply<()>) -> Option<usize> {
    match reply {
        Reply::Done(_) => Some(0),
        Reply::Read { .. } => Some(1),
        Reply::Failed(_) => Some(2),
        Reply::Found(..) => Some(3),
        Reply::Step(..) => Some(4),
        Reply::Tried(..) => Some(5),
        Reply::Wrong(_) => Some(6),
        Reply::Notice(_) => Some(7),
        Reply::NotKept(_) => Some(8),
        Reply::Probing(_) => Some(9),
        Reply::Probed => Some(10),
        Reply::Report(_) => Some(11),
        Reply::Part(_) => Some(12),
        Reply::Pushing(_) => Some(13),
        Reply::Pushed(_) => Some(14),
        Reply::Mails(..) => Some(15),
        Reply::MailText(..) => Some(16),
        Reply::NotRead(..) => Some(17),
        Reply::Marked(..) => Some(18),
        // The one arrives in other words, the other is the engine's own terminal's.
        Reply::Config(_) | Reply::Alert(_) => None,
    }
}

pub(super) const REPLIES: usize = 19;

impl Any {
    fn password(&mut self) -> Password {
        Password(self.text().into())
    }

    fn draft(&mut self) -> Draft {
        let oauth = |any: &mut Self| {
            let (url, words) = (any.text(), any.list(3, Self::text));
            OAuthClient {
                issuer: any.pick(&[Issuer::Google, Issuer::Microsoft, Issuer::Url(format!("https://{url}"))]),
                client_id: any.text(),
                client_secret: any.pick(&[ClientSecret::None, ClientSecret::Keyring, ClientSecret::Command(words)]),
                scopes: any.list(3, Self::text),
                flow: any.one(),
            }
        };
        Draft {
            name: self.text(),
            host: self.text(),
            port: self.rng.u16(..),
            tls: self.one(),
            ca_file: self.maybe(Self::text),
            user: self.text(),
            auth: self.one(),
            command: self.maybe(|any| any.list(3, Self::text)),
            oauth: self.maybe(oauth),
            mailboxes: self.list(3, Self::text),
        }
    }

    fn entry(&mut self) -> Box<Entry> {
        let password = |any: &mut Self| (any.password(), any.one());
        Box::new(Entry { draft: self.draft(), password: self.maybe(password) })
    }

    fn tuned(&mut self) -> Tuned {
        let setting = Setting::Value(self.maybe(Self::duration));
        let place = Place::Account(self.watch().account);
        Tuned {
            place: self.pick(&[place, Place::All]),
            timer: self.one(),
            setting: self.pick(&[setting, Setting::Auto]),
        }
    }

    fn mail_query(&mut self) -> MailQuery {
        let (since, watch) = (self.wall(), self.maybe(Self::watch));
        MailQuery { since, watch, late: self.maybe(Self::duration), most: self.small() }
    }

    fn kept_mail(&mut self) -> KeptMail {
        KeptMail {
            key: WatchKey { account: self.text(), login: String::new(), mailbox: self.text() },
            epoch: self.small(),
            uidvalidity: self.small(),
            uid: self.small(),
            at: self.wall(),
            from: self.text(),
            subject: self.text(),
            date: self.maybe(Self::text),
            message_id: self.maybe(Self::text),
            flags: self.list(3, Self::text),
            headers: self.bool(),
            by: self.one(),
            received: self.maybe(Self::wall),
            late: self.maybe(Self::millis),
        }
    }

    fn mail_list(&mut self) -> MailList {
        let mut delays = PushDelays::default();
        for late in self.list(9, |any| any.maybe(Self::duration)) {
            delays.add(late);
        }
        MailList { mails: self.list(3, Self::kept_mail), delays }
    }

    fn mail_key(&mut self) -> MailKey {
        MailKey { watch: self.watch(), epoch: self.small(), uidvalidity: self.small(), uid: self.small() }
    }

    fn mail_text(&mut self) -> MailText {
        MailText {
            from: self.text(),
            to: self.text(),
            cc: self.text(),
            subject: self.text(),
            date: self.maybe(Self::text),
            text: self.text(),
            html: self.bool(),
            cut: self.bool(),
            parts: self.list(3, Self::text),
        }
    }

    pub(super) fn requested(&mut self, place: usize) -> Request {
        match place {
            0 => Request::Reload,
            1 => Request::Evidence,
            2 => Request::Save(self.list(3, Self::tuned)),
            3 => Request::Sample,
            4 => Request::Find(self.text()),
            5 => Request::Try(self.number(), self.entry()),
            6 => Request::StopTrying,
            7 => Request::Add(self.entry()),
            8 => Request::Secret(self.text(), self.password()),
            9 => Request::LoggedIn(self.text()),
            10 => Request::Check(self.number(), self.text()),
            11 => {
                let order = Order {
                    ages: self.list(3, Self::duration),
                    parallel: self.rng.u16(..),
                    wait: self.duration(),
                    again: self.bool(),
                };
                Request::Probe(Box::new(ProbeOrder { account: self.text(), mailbox: self.text(), order }))
            }
            12 => Request::Report(ReportOrder {
                since: self.duration(),
                accounts: self.list(2, Self::text),
                watch: self.maybe(Self::text),
                with_names: self.bool(),
            }),
            13 => Request::Restart,
            14 => Request::Push(PushOrder { account: self.text(), mailbox: self.text(), times: self.small() }),
            15 => Request::Mails(self.number(), self.mail_query()),
            16 => Request::Read(self.number(), self.mail_key()),
            17 => Request::StopReading(self.number()),
            18 => Request::Seen(self.number(), self.list(3, Self::mail_key)),
            _ => Request::Share(ShareOrder { account: self.text(), connections: self.rng.u16(..) }),
        }
    }

    pub(super) fn reply(&mut self, place: usize) -> Reply<()> {
        match place {
            0 => Reply::Done(self.text()),
            1 => Reply::Read { said: self.text(), ui: () },
            2 => Reply::Failed(self.text()),
            3 => {
                let server = |any: &mut Self| {
                    Box::new(FoundServer {
                        host: any.text(),
                        port: any.rng.u16(..),
                        tls: any.one(),
                        auth: any.one(),
                        user: any.text(),
                        source: any.text(),
                        note: any.maybe(Self::text),
                    })
                };
                Reply::Found(self.text(), self.maybe(server))
            }
            4 => {
                let outcomes =
                    [Outcome::Done(self.text()), Outcome::LeftOut(self.text()), Outcome::Failed(self.fault())];
                let step = Step { kind: self.one(), took: self.duration(), outcome: self.pick(&outcomes) };
                Reply::Step(self.number(), step)
            }
            5 => Reply::Tried(self.number(), self.bool()),
            6 => Reply::Wrong(Wrong { key: self.maybe(Self::text), message: self.text() }),
            7 => Reply::Notice(self.text()),
            8 => Reply::NotKept(self.text()),
            9 => Reply::Probing(Box::new(self.probing())),
            10 => Reply::Probed,
            11 => Reply::Report(ReportHead { name: self.text(), size: self.count(), stalls: self.count() }),
            12 => Reply::Part(self.text().into_bytes()),
            13 => Reply::Pushing(Box::new(self.pushing())),
            14 => Reply::Pushed(self.bool()),
            15 => Reply::Mails(self.number(), "".into(), Box::new(self.mail_list())),
            16 => Reply::MailText(self.number(), Box::new(self.mail_text())),
            17 => Reply::NotRead(self.number(), self.text()),
            _ => Reply::Marked(self.number(), self.list(3, Self::mail_key), self.maybe(Self::text)),
        }
    }

    /// Any command; a timer's value is one that it takes.
    pub(super) fn command(&mut self) -> Command {
        let spec = self.pick(&TIMERS);
        let value = Duration::from_secs(self.rng.u64(spec.min.as_secs()..=spec.max.as_secs()));
        let value = if spec.can_be_off && self.bool() { None } else { Some(value) };
        let length = Duration::from_secs(self.rng.u64(1..=7 * 24 * 3600));
        self.pick(&[
            Command::Done,
            Command::Reconnect,
            Command::Pause,
            Command::Resume,
            Command::Retune { timer: spec.timer, value, by: None },
            Command::Learn,
            Command::ResetNew,
            Command::Mute(length),
            Command::Unmute,
        ])
    }
}
