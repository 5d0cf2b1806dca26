//! What is known of a connection from one task to the next.

use std::sync::Arc;
use std::time::Instant;

use super::task::Notify;
use crate::token_lifetime::TokenLifetime;

/// What is known of a connection once its mailbox is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Whether IDLE may be asked for: offered, and not refused on this connection.
    pub idles: bool,
    /// The token that it was logged in with.
    pub token: Option<TokenLifetime>,
    /// When it is to be replaced for its token's sake, on the clock that goes on in a suspend.
    pub replace: Option<Instant>,
    /// IDLEs in a row that the server ended by itself within moments.
    pub cut_short: u8,
    /// The mailbox that is open.
    pub open: Option<Arc<str>>,
    /// Where NOTIFY stands.
    pub notify: Notify,
    /// The proxy that stands between, as sentences name it.
    pub proxy: Option<String>,
    /// When the last byte came.
    pub heard: Option<Instant>,
}
