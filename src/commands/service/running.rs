//! The engine that runs on the state directory, service or not.

use crate::cli::Global;

/// Its process; `None` where none runs, or none answers.
#[cfg(unix)]
pub(super) async fn engine(global: &Global) -> Option<u32> {
    use mailwatch_engine::link::protocol::Attach;
    use mailwatch_engine::link::socket::attach;

    let state = global.state_path().ok()?;
    let hello = crate::process::enter::hello("service", None);
    let attached = attach::<()>(&state, &hello, &Attach::default(), || ()).await.ok()?;
    Some(attached.engine.pid)
}

/// An engine cannot be asked on this system.
#[cfg(not(unix))]
pub(super) async fn engine(_: &Global) -> Option<u32> {
    None
}
