//! TLS over a stream. A connection at rest owns no buffer: what comes is read on the stack, and what is under way stands in
//! memory only until it is through.
//!
//! rustls' buffered connection keeps 4 KiB for each, and a watch is at rest nearly always.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::pki_types::ServerName;
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus};
use rustls::{ClientConfig, CommonState, Error};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Read at once.
const PIECE: usize = 16 * 1024;

/// What rustls takes of a message that is not whole. A record has 16 KiB and some; a handshake's message may have more.
const LONGEST: usize = 64 * 1024 + PIECE;

/// The plaintext of one record at most (RFC 8446 §5.1).
const RECORD: usize = 16 * 1024;

/// Room for what a record adds to its plaintext.
const OVERHEAD: usize = 64;

/// The client's end.
pub(super) struct TlsStream<S> {
    io: S,
    conn: UnbufferedClientConnection,
    /// The beginning of a record, or of a handshake's message.
    incoming: Vec<u8>,
    plain: Queue,
    outgoing: Queue,
    /// The peer has said that nothing more comes.
    closed: bool,
    /// We have.
    shut: bool,
    /// TLS failed: rustls must not be asked again.
    broken: Option<Error>,
}

/// Bytes that are taken from the front. Empty, it owns no memory.
#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    taken: usize,
}

impl Queue {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    fn take(&mut self, count: usize) {
        self.taken += count;
        if self.taken >= self.bytes.len() {
            *self = Self::default();
        }
    }
}

/// What is to be done beside taking in what came.
enum Want<'a> {
    Nothing,
    Write(&'a [u8]),
    Close,
}

/// Where a connection stands when there is nothing more to take in.
#[derive(Debug, PartialEq, Eq)]
enum Stands {
    /// The handshake waits for the peer.
    Blocked,
    /// What was wanted is done.
    Open,
    /// Both ends are shut.
    Over,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream<S> {
    /// Does the handshake.
    ///
    /// # Errors
    /// As the transport's; `InvalidData` around rustls' [`Error`] where TLS itself failed.
    pub async fn connect(io: S, config: Arc<ClientConfig>, name: ServerName<'static>) -> io::Result<Self> {
        let conn = UnbufferedClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut tls = Self {
            io,
            conn,
            incoming: Vec::new(),
            plain: Queue::default(),
            outgoing: Queue::default(),
            closed: false,
            shut: false,
            broken: None,
        };
        std::future::poll_fn(|cx| tls.poll_handshake(cx)).await?;
        Ok(tls)
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let stands = self.process(&mut [], None, &Want::Nothing, cx)?;
            ready!(self.poll_send(cx))?;
            if stands != Stands::Blocked {
                return Pin::new(&mut self.io).poll_flush(cx);
            }
            if !ready!(self.poll_receive(cx, None))? {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "tls handshake eof")));
            }
        }
    }

    /// Reads a piece and takes it in: plaintext goes to `to` as far as there is room. `false` at the transport's end.
    fn poll_receive(&mut self, cx: &mut Context<'_>, to: Option<&mut ReadBuf<'_>>) -> Poll<io::Result<bool>> {
        let mut piece = [MaybeUninit::uninit(); PIECE];
        let mut piece = ReadBuf::uninit(&mut piece);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut piece))?;
        if piece.filled().is_empty() {
            return Poll::Ready(Ok(false));
        }
        self.process(piece.filled_mut(), to, &Want::Nothing, cx)?;
        // What it made to be sent, such as new keys. Its failure is the writer's.
        let _ = self.poll_send(cx);
        Poll::Ready(Ok(true))
    }

    /// Moves what is to be sent towards the kernel.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.rest().is_empty() {
            match ready!(Pin::new(&mut self.io).poll_write(cx, self.outgoing.rest()))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.outgoing.take(count),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes in what has come, and then does what is wanted, where the handshake lets it. The first failure is the last word;
    /// the peer is told of it where that can go at once.
    fn process(
        &mut self,
        piece: &mut [u8],
        to: Option<&mut ReadBuf<'_>>,
        want: &Want<'_>,
        cx: &mut Context<'_>,
    ) -> io::Result<Stands> {
        let stands = match self.broken.clone() {
            Some(error) => Err(error),
            None => self.process_whole(piece, to, want).inspect_err(|error| {
                self.broken = Some(error.clone());
                self.say_why();
                let _ = self.poll_send(cx);
            }),
        };
        stands.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Puts what rustls has to say of a failure behind what is to be sent.
    fn say_why(&mut self) {
        let mut incoming = std::mem::take(&mut self.incoming);
        // Asked once more than that, it would go on reading.
        while self.conn.wants_write() {
            let Ok(ConnectionState::EncodeTlsData(mut data)) = self.conn.process_tls_records(&mut incoming).state
            else {
                return;
            };
            if encode(&mut data, &mut self.outgoing.bytes).is_err() {
                return;
            }
        }
    }

    /// With what came before, where that was not whole.
    fn process_whole(
        &mut self,
        piece: &mut [u8],
        to: Option<&mut ReadBuf<'_>>,
        want: &Want<'_>,
    ) -> Result<Stands, Error> {
        if self.incoming.is_empty() {
            let (taken, stands) = self.process_all(piece, to, want);
            self.incoming = piece[taken..].to_vec();
            return stands;
        }
        let mut incoming = std::mem::take(&mut self.incoming);
        incoming.extend_from_slice(piece);
        let (taken, stands) = self.process_all(&mut incoming, to, want);
        if taken < incoming.len() {
            incoming.drain(..taken);
            self.incoming = incoming;
        }
        if self.incoming.len() > LONGEST {
            return Err(Error::General("message buffer full".to_owned()));
        }
        stands
    }

    /// Of these bytes. Returns how many were used up.
    fn process_all(
        &mut self,
        bytes: &mut [u8],
        mut to: Option<&mut ReadBuf<'_>>,
        want: &Want<'_>,
    ) -> (usize, Result<Stands, Error>) {
        let mut taken = 0;
        loop {
            let UnbufferedStatus { mut discard, state } = self.conn.process_tls_records(&mut bytes[taken..]);
            let stands = match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => loop {
                    match traffic.next_record() {
                        Some(Ok(record)) => {
                            discard += record.discard;
                            let room = to.as_ref().map_or(0, |to| to.remaining());
                            let (now, later) = record.payload.split_at(room.min(record.payload.len()));
                            if let Some(to) = &mut to {
                                to.put_slice(now);
                            }
                            self.plain.bytes.extend_from_slice(later);
                        }
                        Some(Err(error)) => break Some(Err(error)),
                        None => break None,
                    }
                },
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    encode(&mut data, &mut self.outgoing.bytes).err().map(Err)
                }
                // It is on its way before anything else is.
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    data.done();
                    None
                }
                Ok(ConnectionState::PeerClosed) => {
                    self.closed = true;
                    None
                }
                Ok(ConnectionState::BlockedHandshake) => Some(Ok(Stands::Blocked)),
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    let encrypted = |result| match result {
                        Ok(count) => Ok(count),
                        Err(EncryptError::InsufficientSize(needed)) => Err(Some(needed.required_size)),
                        Err(EncryptError::EncryptExhausted) => Err(None),
                    };
                    let done = match want {
                        Want::Nothing => Ok(()),
                        Want::Write(plain) => fill(&mut self.outgoing.bytes, plain.len() + OVERHEAD, |room| {
                            encrypted(traffic.encrypt(plain, room))
                        }),
                        Want::Close => {
                            fill(&mut self.outgoing.bytes, OVERHEAD, |room| encrypted(traffic.queue_close_notify(room)))
                        }
                    };
                    Some(done.map(|()| Stands::Open))
                }
                Ok(ConnectionState::Closed) => Some(Ok(Stands::Over)),
                // No client gets early data, and rustls has no other state.
                Ok(_) => Some(Err(Error::General("an unknown state".to_owned()))),
                Err(error) => Some(Err(error)),
            };
            taken += discard;
            if let Some(stands) = stands {
                return (taken, stands);
            }
        }
    }
}

fn encode(data: &mut EncodeTlsData<'_, ClientConnectionData>, to: &mut Vec<u8>) -> Result<(), Error> {
    fill(to, 0, |room| match data.encode(room) {
        Ok(count) => Ok(count),
        Err(EncodeError::InsufficientSize(needed)) => Err(Some(needed.required_size)),
        Err(EncodeError::AlreadyEncoded) => Err(None),
    })
}

/// Appends what `write` makes; it says how much room it needs where there is too little.
fn fill(
    bytes: &mut Vec<u8>,
    room: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, Option<usize>>,
) -> Result<(), Error> {
    let begin = bytes.len();
    let mut room = room;
    loop {
        bytes.resize(begin + room, 0);
        match write(&mut bytes[begin..]) {
            Ok(count) => {
                bytes.truncate(begin + count);
                return Ok(());
            }
            Err(Some(needed)) if needed > room => room = needed,
            Err(Some(_) | None) => {
                bytes.truncate(begin);
                return Err(Error::EncryptError);
            }
        }
    }
}

impl<S> TlsStream<S> {
    /// The transport below.
    pub const fn io(&self) -> &S {
        &self.io
    }

    /// What the handshake settled.
    pub fn session(&self) -> &CommonState {
        &self.conn
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        loop {
            let plain = self.plain.rest();
            let count = plain.len().min(buf.remaining());
            buf.put_slice(&plain[..count]);
            if count > 0 {
                self.plain.take(count);
            }
            if buf.filled().len() > before || buf.remaining() == 0 || self.closed {
                return Poll::Ready(Ok(()));
            }
            if !ready!(self.poll_receive(cx, Some(&mut *buf)))? {
                let message = "peer closed connection without sending TLS close_notify";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, message)));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, plain: &[u8]) -> Poll<io::Result<usize>> {
        // One record is under way at most.
        ready!(self.poll_send(cx))?;
        if self.shut {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let plain = &plain[..plain.len().min(RECORD)];
        if plain.is_empty() {
            return Poll::Ready(Ok(0));
        }
        match self.process(&mut [], None, &Want::Write(plain), cx)? {
            Stands::Open => {}
            Stands::Blocked | Stands::Over => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
        // The rest goes with the next write, or with a flush.
        match self.poll_send(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(plain.len())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !std::mem::replace(&mut self.shut, true) {
            self.process(&mut [], None, &Want::Close, cx)?;
        }
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Sizes only: the buffers may show what was said.
impl<S: fmt::Debug> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream")
            .field("io", &self.io)
            .field("incoming", &self.incoming.len())
            .field("plain", &self.plain.rest().len())
            .field("outgoing", &self.outgoing.rest().len())
            .field("closed", &self.closed)
            .field("shut", &self.shut)
            .finish_non_exhaustive()
    }
}
