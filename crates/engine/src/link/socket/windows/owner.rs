//! Whose a pipe is: made for this user alone, and looked at before it is spoken to.

#![expect(
    unsafe_code,
    reason = "windows-sys has the calls for security descriptors as they are in C, and tokio takes a raw one"
)]

use std::io;
use std::mem::size_of_val;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::null_mut;
use std::slice;

use tokio::net::windows::named_pipe::{NamedPipeClient, NamedPipeServer, ServerOptions};
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1,
    SE_KERNEL_OBJECT,
};
use windows_sys::Win32::Security::{
    GetTokenInformation, OWNER_SECURITY_INFORMATION, PSID, SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// This process's user, as the text of a security identifier.
///
/// # Errors
/// Where the system does not tell.
pub(super) fn user() -> io::Result<String> {
    let mut token = null_mut();
    // SAFETY: the process's own handle is always valid, and `token` is written where the call succeeds.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was made just now, is valid and nobody else's.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // TOKEN_USER, and behind it the identifier, which has at most 68 bytes (SECURITY_MAX_SID_SIZE); aligned as its pointer.
    let mut room = [0_u64; 16];
    let size = u32::try_from(size_of_val(&room)).map_err(io::Error::other)?;
    let mut told = 0;
    // SAFETY: the token is valid, and `room` has `size` bytes, beyond which nothing is written.
    let result =
        unsafe { GetTokenInformation(token.as_raw_handle(), TokenUser, room.as_mut_ptr().cast(), size, &raw mut told) };
    if result == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has written a TOKEN_USER at the beginning of `room`, which is aligned for it.
    let user = unsafe { room.as_ptr().cast::<TOKEN_USER>().read() };
    // SAFETY: its identifier lies in `room`, which lives on.
    unsafe { text(user.User.Sid) }
}

/// Who has made the pipe.
///
/// # Errors
/// Where the system does not tell.
pub(super) fn of(pipe: &NamedPipeClient) -> io::Result<String> {
    let (mut owner, mut descriptor) = (null_mut(), null_mut());
    // SAFETY: the handle is borrowed from a live client. The call writes to `owner` and `descriptor`, which live here; the other
    // pointers may be null.
    let result = unsafe {
        GetSecurityInfo(
            pipe.as_raw_handle(),
            SE_KERNEL_OBJECT,
            OWNER_SECURITY_INFORMATION,
            &raw mut owner,
            null_mut(),
            null_mut(),
            null_mut(),
            &raw mut descriptor,
        )
    };
    if result != 0 {
        return Err(io::Error::from_raw_os_error(result.cast_signed()));
    }
    // SAFETY: the owner lies in the descriptor, which is freed after that; the system has allocated it for us.
    unsafe {
        let owner = text(owner);
        LocalFree(descriptor);
        owner
    }
}

/// An instance of the pipe that this user alone may open, and nobody over the network. `first` fails where there is one
/// already, also another user's.
///
/// # Errors
/// Where it cannot be made.
pub(super) fn pipe(name: &str, first: bool) -> io::Result<NamedPipeServer> {
    let user = user()?;
    // The user owns it, and the list of rights is protected and has one line: all of them for the user.
    let rights: Vec<u16> = format!("O:{user}D:P(A;;GA;;;{user})").encode_utf16().chain([0]).collect();
    let mut descriptor = null_mut();
    // SAFETY: `rights` ends with a zero and lives across the call; `descriptor` is written where the call succeeds.
    let result = unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            rights.as_ptr(),
            SDDL_REVISION_1,
            &raw mut descriptor,
            null_mut(),
        )
    };
    if result == 0 {
        return Err(io::Error::last_os_error());
    }
    let mut attributes = SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).map_err(io::Error::other)?,
        lpSecurityDescriptor: descriptor,
        bInheritHandle: 0,
    };
    // SAFETY: the attributes and the descriptor in them are valid and live across the call, after which the system has no use
    // for them; the descriptor is ours to free.
    unsafe {
        let made = ServerOptions::new()
            .first_pipe_instance(first)
            .reject_remote_clients(true)
            .create_with_security_attributes_raw(name, (&raw mut attributes).cast());
        LocalFree(descriptor);
        made
    }
}

/// An identifier as text.
///
/// # Safety
/// It must be valid.
unsafe fn text(sid: PSID) -> io::Result<String> {
    let mut text = null_mut();
    // SAFETY: the caller says that it is valid; `text` is written where the call succeeds.
    if sid.is_null() || unsafe { ConvertSidToStringSidW(sid, &raw mut text) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system's text ends with a zero, before which it is readable, and is ours to free.
    unsafe {
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        let owned = String::from_utf16_lossy(slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        Ok(owned)
    }
}
