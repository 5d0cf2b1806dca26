//! Our own address on the way to a server.

use std::net::{IpAddr, SocketAddr};

use crate::network::source_for;

/// Our own address on the way to the server, as last looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// It was not looked up, or the server's address is not known.
    #[default]
    NotKnown,
    /// There is no way.
    None,
    From(IpAddr),
}

impl Way {
    /// Whether another address of ours leads to the server than where it was last looked, or may.
    pub fn changed(&mut self, server: Option<SocketAddr>) -> bool {
        let way = server.map_or(Self::NotKnown, |server| source_for(server).map_or(Self::None, Self::From));
        let before = std::mem::replace(self, way);
        match way {
            Self::NotKnown => true,
            // There is nothing to try.
            Self::None => false,
            Self::From(_) => before != way,
        }
    }
}
