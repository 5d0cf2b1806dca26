//! How glibc's allocator keeps memory. Other allocators are left as they are.

#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "mallopt has no safe wrapper in libc or rustix")
)]

/// Has threads share a few of the allocator's arenas. Left alone, each of the threads that look up names and count logins at
/// the start gets one of its own, up to eight a core, and what it has used once stays with it: some megabytes, with any
/// number of watches. Before the first thread is started; `MALLOC_ARENA_MAX` in the environment goes before.
pub fn share_arenas() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if std::env::var_os("MALLOC_ARENA_MAX").is_none() {
        /// Beyond that threads seldom wait for one another: each has what it freed last at hand.
        const MOST: usize = 4;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let arenas = i32::try_from(cores.min(MOST)).unwrap_or(1);
        // SAFETY: it sets a number of the allocator's. Refused, nothing changes.
        let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, arenas) };
    }
}
