//! A child and everything that it starts, on Windows: a job object. Ended as a whole, or left alone when it is dropped.

#![expect(unsafe_code, reason = "windows-sys has the calls for job objects as they are in C, and std has none")]

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use tokio::process::Child;
use windows_sys::Win32::System::JobObjects::{AssignProcessToJobObject, CreateJobObjectW, TerminateJobObject};

/// What a command that was ended reports; its end is not looked at any more.
const EXIT_CODE: u32 = 1;

#[derive(Debug)]
pub(super) struct Job(OwnedHandle);

impl Job {
    /// Takes the child in, just started: what it starts from now on is in the job too.
    ///
    /// # Errors
    /// Where the system refuses, or the child has ended.
    pub fn of(child: &Child) -> io::Result<Self> {
        let process = child.raw_handle().ok_or(io::ErrorKind::NotFound)?;
        // SAFETY: both pointers may be null: the default security, and no name.
        let job = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle was made just now, is valid and nobody else's.
        let job = unsafe { OwnedHandle::from_raw_handle(job) };
        // SAFETY: both handles are valid: the job is owned here, and the child is borrowed and holds its own.
        let taken = unsafe { AssignProcessToJobObject(job.as_raw_handle(), process) };
        if taken == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(job)) }
    }

    /// Ends all that is in it. An error means that all is gone already.
    pub fn end(&self) {
        // SAFETY: the handle is owned and valid.
        let _ = unsafe { TerminateJobObject(self.0.as_raw_handle(), EXIT_CODE) };
    }
}

#[cfg(test)]
mod tests;
