//! The user's side.

use crate::row::Expect::{Logins, NeverFailed};
use crate::row::Step::{Behave, Done, Drop, Mail, Network, Pass, Restart, ToldWithin};
use crate::row::{Row, row};

pub const ROWS: &[Row] = &[
    row("keys in a row cost nothing", "seen", "healthy")
        .steps(&[Done, Done, Done, Pass("1s"), Done, Network, Pass("1s"), Mail("One"), ToldWithin("10s")])
        .expect(&[NeverFailed, Logins(1)]),
    row("a server that was down for an hour is watched within 15 s of being back", "seen", "healthy")
        .steps(&[
            Mail("One"),
            ToldWithin("10s"),
            Behave("greeting-close"),
            Drop,
            Pass("1h"),
            Mail("Two"),
            Restart,
            Behave("healthy"),
            ToldWithin("6m"),
        ])
        .expect(&[NeverFailed]),
];
