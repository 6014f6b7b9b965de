//! Where an export's bytes go.

use std::io;

/// Takes the bytes of a file that appears as a whole or not at all.
pub trait Sink: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// When they can't be written.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// What makes durable, on another thread, all that was written before it is called; `None`: nothing can.
    ///
    /// # Errors
    /// When it can't be made.
    fn syncer(&self) -> io::Result<Option<Syncer>>;

    /// Makes everything written durable and publishes it. What becomes of a sink that is dropped before is up to it: nobody
    /// takes it for a whole file, but an interrupted export may go on with it.
    ///
    /// # Errors
    /// When the file can't be made durable or published.
    fn publish(self) -> io::Result<()>;
}

/// Makes durable what was written so far.
pub type Syncer = Box<dyn FnMut() -> io::Result<()> + Send>;
