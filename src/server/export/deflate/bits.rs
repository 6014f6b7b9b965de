//! Bits as deflate packs them: the first bit of a byte is its lowest (RFC 1951, 3.1.1).

/// Writes bits into a buffer, which must have eight bytes of room behind the last one.
pub struct BitWriter<'a> {
    out: &'a mut [u8],
    /// Bytes that are whole.
    at: usize,
    /// Bits that are not in `out` yet, fewer than eight after [`Self::flush`].
    bits: u64,
    count: u32,
}

impl<'a> BitWriter<'a> {
    /// Begins at the start of `out`.
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, at: 0, bits: 0, count: 0 }
    }

    /// Adds `count` bits; from one [`Self::flush`] to the next at most 56.
    #[inline(always)]
    pub fn put(&mut self, bits: u64, count: u32) {
        self.bits |= bits << self.count;
        self.count += count;
    }

    /// Moves whole bytes into the buffer.
    #[inline(always)]
    pub fn flush(&mut self) {
        self.out[self.at..self.at + 8].copy_from_slice(&self.bits.to_le_bytes());
        self.at += (self.count / 8) as usize;
        self.bits >>= self.count & !7;
        self.count &= 7;
    }

    /// Fills the last byte with zeros; returns how many bytes there are.
    pub fn align(&mut self) -> usize {
        self.count = self.count.next_multiple_of(8);
        self.flush();
        self.at
    }
}
