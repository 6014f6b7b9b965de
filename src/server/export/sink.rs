//! Where an export's bytes go.

use std::io;

/// Takes the bytes of a file that appears as a whole or not at all.
pub trait Sink: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// When they can't be written.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything written durable and publishes it; a sink that is dropped before leaves nothing behind.
    ///
    /// # Errors
    /// When the file can't be made durable or published.
    fn publish(self) -> io::Result<()>;
}
