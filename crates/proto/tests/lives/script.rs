//! What a server, a network and a user may do in a life.

use proptest::prelude::*;

/// What a user asks.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Done,
    Reconnect,
    Pause,
    Resume,
    /// A reissue of so many seconds.
    Reissue(u64),
    Poll(u64),
}

/// How a task ends.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// As it should. The server has IDLE, or not.
    Well {
        idles: bool,
    },
    /// After it had found what there is.
    FailsLate,
    Fails,
    /// In a way that needs the user.
    NeedsUser,
    /// The server says that there are too many connections.
    Limit,
}

/// Something happens, on the connection of this place in the row where it is one's.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Finish(usize, How),
    Plus(usize),
    /// A tagged reply: DONE's answer, or an end that was not asked for.
    Tagged(usize, bool),
    /// A tagged reply to no command of ours.
    Stray(usize),
    Exists(usize),
    Alert(usize),
    Heartbeat(usize),
    Garbage(usize),
    Bye(usize),
    /// FIN, or a reset, or TCP gives up.
    Break(usize, u8),
    Written(usize),
    /// What looks at a socket show from now on: bytes that are not acknowledged, and how often they were sent again.
    Socket(Option<(u64, u64)>),
    /// A mail comes.
    Deliver,
    Command(Asked),
    Slept(u64),
    Rerouted(bool),
    NewDay,
    /// Other watches of the account hold so many connections.
    Others(usize),
    Renewed(Option<bool>),
    /// The token is about to end.
    Token,
    /// The server does all that it owes.
    Answer,
    /// Time passes, and no timer fires meanwhile: the tick comes late.
    Late(u64),
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![
        8 => (0..8_u8).prop_map(|n| How::Well { idles: n > 0 }),
        1 => Just(How::FailsLate),
        1 => Just(How::Fails),
        1 => Just(How::NeedsUser),
        1 => Just(How::Limit),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        3 => Just(Asked::Done),
        1 => Just(Asked::Reconnect),
        1 => Just(Asked::Pause),
        2 => Just(Asked::Resume),
        1 => (60..600_u64).prop_map(Asked::Reissue),
        1 => (1..600_u64).prop_map(Asked::Poll),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let conn = 0..4_usize;
    prop_oneof![
        10 => (conn.clone(), how()).prop_map(|(conn, how)| Step::Finish(conn, how)),
        8 => conn.clone().prop_map(Step::Plus),
        8 => (conn.clone(), any::<bool>()).prop_map(|(conn, ok)| Step::Tagged(conn, ok)),
        1 => conn.clone().prop_map(Step::Stray),
        4 => conn.clone().prop_map(Step::Exists),
        1 => conn.clone().prop_map(Step::Alert),
        3 => conn.clone().prop_map(Step::Heartbeat),
        1 => conn.clone().prop_map(Step::Garbage),
        1 => conn.clone().prop_map(Step::Bye),
        1 => (conn.clone(), 0..4_u8).prop_map(|(conn, ending)| Step::Break(conn, ending)),
        5 => conn.prop_map(Step::Written),
        3 => proptest::option::of((0..40_u64, 0..6_u64)).prop_map(Step::Socket),
        6 => Just(Step::Deliver),
        4 => asked().prop_map(Step::Command),
        1 => (1..100_000_u64).prop_map(Step::Slept),
        1 => any::<bool>().prop_map(Step::Rerouted),
        1 => Just(Step::NewDay),
        2 => (0..4_usize).prop_map(Step::Others),
        3 => proptest::option::of(any::<bool>()).prop_map(Step::Renewed),
        2 => Just(Step::Token),
        12 => Just(Step::Answer),
        2 => (1..4000_u64).prop_map(Step::Late),
    ]
}

/// A script: what happens, each after so many seconds.
pub fn script() -> impl Strategy<Value = Vec<(u16, Step)>> {
    let pause = prop_oneof![4 => Just(0_u16), 3 => 1..20_u16, 1 => 1..600_u16];
    proptest::collection::vec((pause, step()), 1..80)
}
