//! What TCP knows of bytes on their way to the peer. The one place with `unsafe`.
