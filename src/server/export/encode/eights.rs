//! Looks at eight bytes of a text at once: most values are so short that calling what searches long ones would take longer.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGH: u64 = ONES * 0x80;

/// Whether `eight` says so of some eight bytes of the text, or `byte` of one byte if there are not as many.
#[inline(always)]
pub fn any(text: &[u8], eight: impl Fn(u64) -> bool, byte: impl Fn(u8) -> bool) -> bool {
    match (text.as_chunks::<8>().0, text.last_chunk::<8>()) {
        // The last eight overlap with those before them.
        (eights, Some(last)) => eights.iter().chain([last]).any(|bytes| eight(u64::from_le_bytes(*bytes))),
        (_, None) => text.iter().any(|&one| byte(one)),
    }
}

/// Whether one of eight bytes is below `limit`, which is at most 0x80 ("Determine if a word has a byte less than n", Anderson, Bit
/// Twiddling Hacks).
#[inline(always)]
pub fn has_below(eight: u64, limit: u8) -> bool {
    eight.wrapping_sub(ONES * u64::from(limit)) & !eight & HIGH != 0
}

/// Whether one of eight bytes is `byte`.
#[inline(always)]
pub fn has(eight: u64, byte: u8) -> bool {
    has_below(eight ^ (ONES * u64::from(byte)), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place() {
        for len in 0..20 {
            for place in 0..len {
                for code in 0..=u8::MAX {
                    let mut text = vec![b'x'; len];
                    text[place] = code;
                    let quote = any(&text, |eight| has(eight, b'"'), |byte| byte == b'"');
                    assert_eq!(quote, code == b'"', "{text:?}");
                    let control = any(&text, |eight| has_below(eight, 0x20), |byte| byte < 0x20);
                    assert_eq!(control, code < 0x20, "{text:?}");
                }
            }
        }
    }
}
