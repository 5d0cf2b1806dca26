//! What the program keeps of memory: glibc's allocator, and the pages of its own code. Other allocators are left as they are.

#![cfg_attr(
    target_os = "linux",
    expect(
        unsafe_code,
        reason = "mallopt, malloc_trim and this use of madvise have no safe wrapper in libc or rustix"
    )
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

/// Gives back to the system what lies free in the heap, and has it forget the code that has run: most of it has read the
/// configuration, opened files and made connections, and idling needs little. What runs again is found in the system's cache
/// of the file, page by page.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it takes the allocator's own locks, and touches nothing that is in use.
        let _ = unsafe { libc::malloc_trim(0) };
    }
    #[cfg(target_os = "linux")]
    if let Some(code) = own_code() {
        let (from, length) = (std::ptr::with_exposed_provenance_mut(code.start), code.len());
        // SAFETY: the range is a mapping of the program's file that nobody can write to, so each page of it is the file's and
        // is read again from there.
        let _ = unsafe { libc::madvise(from, length, libc::MADV_DONTNEED) };
    }
}

/// Where the program's own code is in memory.
#[cfg(target_os = "linux")]
fn own_code() -> Option<std::ops::Range<usize>> {
    let program = std::fs::read_link("/proc/self/exe").ok()?;
    code(&std::fs::read_to_string("/proc/self/maps").ok()?, program.to_str()?)
}

/// Where the code of a program is, by `/proc/PID/maps` (proc(5)).
#[cfg(target_os = "linux")]
fn code(maps: &str, program: &str) -> Option<std::ops::Range<usize>> {
    maps.lines().find_map(|line| {
        // `55d0-55f0 r-xp 00001000 08:01 1234      /usr/bin/program`
        let (range, rest) = line.split_once(' ')?;
        let (mode, rest) = rest.split_once(' ')?;
        let name = rest.splitn(4, ' ').nth(3)?.trim_start();
        let (from, to) = range.split_once('-')?;
        let range = usize::from_str_radix(from, 16).ok()?..usize::from_str_radix(to, 16).ok()?;
        (mode == "r-xp" && name == program).then_some(range)
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const MAPS: &str = "\
5000-6000 r--p 00000000 fe:00 77      /opt/my programs/mailwatch-tui
6000-9000 r-xp 00001000 fe:00 77      /opt/my programs/mailwatch-tui
9000-a000 rw-p 00004000 fe:00 77      /opt/my programs/mailwatch-tui
b000-c000 r-xp 00000000 fe:00 78      /usr/lib/libc.so.6
c000-d000 rw-p 00000000 00:00 0       [heap]
d000-e000 r-xp 00000000 00:00 0 
e000-f000 r-xp 00000000 00:00 0                                          [vdso]
";

    #[test]
    fn the_code_is_what_can_run_of_the_programs_own_file_and_nobody_can_write() {
        assert_eq!(code(MAPS, "/opt/my programs/mailwatch-tui"), Some(0x6000..0x9000));
        assert_eq!(code(MAPS, "/opt/my"), None);
        assert_eq!(code(&MAPS.replace("r-xp", "rwxp"), "/usr/lib/libc.so.6"), None);
        assert_eq!(code("", "/usr/lib/libc.so.6"), None);
    }

    #[test]
    fn the_program_goes_on_without_its_code_and_finds_it_again() {
        let here = own_code().expect("it is in memory");
        assert!(here.contains(&(give_back as fn() as usize)));
        give_back();
        assert_eq!(own_code(), Some(here), "what computes this was read again");
    }
}
