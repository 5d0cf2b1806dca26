//! Signals in the moment at which a program becomes another one.

#![cfg_attr(
    unix,
    expect(unsafe_code, reason = "to ignore a signal has no safe wrapper in libc, rustix or signal-hook")
)]

/// From now on SIGHUP and SIGUSR1 are ignored, and by the program that this process becomes by `exec` until that one handles them:
/// it would end by them, and reads its configuration and looks for mail at its start anyway. SIGINT and SIGTERM end it as they would.
pub fn ignore_until_handled() {
    #[cfg(unix)]
    for signal in [libc::SIGHUP, libc::SIGUSR1] {
        // SAFETY: it sets the kernel's reaction to a signal, and no function of ours is called for that. Refused, nothing changes.
        let _ = unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}
