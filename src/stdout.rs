//! Standard output without a thread in between, where the kernel takes what is written at once.
//!
//! Tokio's own hands each write to another thread, for a write may block: a mail's line waits for two changes of thread. Linux
//! says beforehand whether it would block, for pipes and sockets; what it does not take goes the usual way.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// An output and the descriptor below it.
#[derive(Debug)]
pub struct Stdout<W> {
    /// Takes what would block.
    inner: W,
    at_once: AtOnce,
    /// Whether `inner` has something that it did not flush: nothing passes it.
    is_behind: bool,
}

impl Stdout<tokio::io::Stdout> {
    /// The process's.
    #[must_use]
    pub fn new() -> Self {
        Self::over(tokio::io::stdout(), AtOnce::stdout())
    }
}

impl Default for Stdout<tokio::io::Stdout> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W> Stdout<W> {
    const fn over(inner: W, at_once: AtOnce) -> Self {
        Self { inner, at_once, is_behind: false }
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Stdout<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.is_behind
            && let Some(written) = self.at_once.write(bytes)
        {
            return Poll::Ready(written);
        }
        self.is_behind = true;
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_behind {
            return Poll::Ready(Ok(()));
        }
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.is_behind = flushed.is_pending();
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(target_os = "linux")]
use linux::AtOnce;

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{self, IoSlice};
    use std::os::fd::{AsFd, BorrowedFd};

    use rustix::io::{Errno, ReadWriteFlags, pwritev2};

    /// No offset: where the last write ended.
    const HERE: u64 = u64::MAX;

    /// A descriptor, as long as its kind is known to take writes without blocking.
    #[derive(Debug)]
    pub struct AtOnce(Option<BorrowedFd<'static>>);

    impl AtOnce {
        pub fn stdout() -> Self {
            Self(Some(rustix::stdio::stdout()))
        }

        #[cfg(test)]
        pub const fn on(fd: BorrowedFd<'static>) -> Self {
            Self(Some(fd))
        }

        /// Writes what the kernel takes at once; none where it would take nothing, or cannot say so.
        pub fn write(&mut self, bytes: &[u8]) -> Option<io::Result<usize>> {
            let fd = self.0?;
            loop {
                match pwritev2(fd.as_fd(), &[IoSlice::new(bytes)], HERE, ReadWriteFlags::NOWAIT) {
                    Ok(0) if !bytes.is_empty() => return None,
                    Ok(written) => return Some(Ok(written)),
                    Err(Errno::INTR) => {}
                    Err(Errno::AGAIN) => return None,
                    // A terminal, most files, an older kernel.
                    Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::SPIPE) => {
                        self.0 = None;
                        return None;
                    }
                    Err(error) => return Some(Err(error.into())),
                }
            }
        }
    }
}

/// Elsewhere nothing is.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
struct AtOnce;

#[cfg(not(target_os = "linux"))]
impl AtOnce {
    const fn stdout() -> Self {
        Self
    }

    const fn write(&mut self, _: &[u8]) -> Option<io::Result<usize>> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read;
    use std::os::fd::AsFd;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Both ends of a pipe, for as long as the tests run.
    fn pipe() -> (&'static io::PipeReader, &'static io::PipeWriter) {
        let (reader, writer) = io::pipe().expect("a pipe");
        (Box::leak(Box::new(reader)), Box::leak(Box::new(writer)))
    }

    #[tokio::test]
    async fn a_pipe_takes_what_fits_and_the_rest_goes_the_usual_way_in_its_order() {
        let (mut reader, writer) = pipe();
        let mut out = Stdout::over(Vec::new(), AtOnce::on(writer.as_fd()));
        let line = [b'x'; 1000];
        while out.inner.is_empty() {
            out.write_all(&line).await.expect("it takes it");
        }
        let mut there = vec![0; 2000];
        reader.read_exact(&mut there).expect("the pipe has it");
        // There is room again, and what came later waits behind what is not flushed.
        let behind = out.inner.len();
        out.write_all(b"later").await.expect("it takes it");
        assert_eq!(out.inner.len(), behind + 5);
        out.flush().await.expect("it flushes");
        out.write_all(b"at once").await.expect("it takes it");
        assert_eq!(out.inner.len(), behind + 5);
    }

    #[tokio::test]
    async fn a_file_or_a_terminal_that_cannot_say_gets_all_the_usual_way_or_at_once_and_loses_nothing() {
        let file: &'static std::fs::File = Box::leak(Box::new(tempfile::tempfile().expect("a file")));
        let mut out = Stdout::over(Vec::new(), AtOnce::on(file.as_fd()));
        for _ in 0..3 {
            out.write_all(b"line\n").await.expect("it takes it");
            out.flush().await.expect("it flushes");
        }
        let written = file.metadata().expect("a file").len() + out.inner.len() as u64;
        assert_eq!(written, 15);
    }

    #[tokio::test]
    async fn a_reader_that_is_gone_is_an_error() {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let writer: &'static io::PipeWriter = Box::leak(Box::new(writer));
        let mut out = Stdout::over(Vec::new(), AtOnce::on(writer.as_fd()));
        let error = out.write_all(b"line\n").await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
