//! Secrets and identifiers from the operating system's randomness.

use rand::{Rng, RngCore, TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};

use crate::domain::{api_client::ClientId, connection::ConnectionId, import_form::UploadId, job::JobId};

/// A new job's identifier.
pub fn job_id() -> JobId {
    JobId::from_random(below_62())
}

/// A new upload's identifier.
pub fn upload_id() -> UploadId {
    UploadId::from_random(below_62())
}

/// A new connection's identifier.
pub fn connection_id() -> ConnectionId {
    ConnectionId::from_random(below_62())
}

/// A new API client's identifier.
pub fn client_id() -> ClientId {
    ClientId::from_random([below_62(), below_62()])
}

/// A private key for Ed25519.
pub fn signing_key() -> [u8; 32] {
    let mut bytes = [0; 32];
    OsRng.unwrap_err().fill_bytes(&mut bytes);
    bytes
}

/// A `user_id` without its strategy prefix: 24 hexadecimal digits.
pub fn user_id_suffix() -> String {
    let mut bytes = [0; 12];
    rand::rng().fill_bytes(&mut bytes);
    hex(&bytes)
}

/// A password to print once: 20 characters of 62, about 119 bits.
pub fn password() -> String {
    let alphabet = crate::domain::id::ALPHABET;
    let mut rng = OsRng.unwrap_err();
    (0..20).map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())])).collect()
}

/// So many decimal digits.
pub fn digits(count: usize) -> String {
    let mut rng = OsRng.unwrap_err();
    (0..count).map(|_| char::from(rng.random_range(b'0'..=b'9'))).collect()
}

/// The secret that an authenticator app shares: 160 bits, as RFC 4226 recommends.
pub fn app_secret() -> [u8; 20] {
    let mut bytes = [0; 20];
    OsRng.unwrap_err().fill_bytes(&mut bytes);
    bytes
}

/// A bearer secret and what the store keeps of it.
pub struct Token {
    /// 256 random bits as 64 hexadecimal digits: goes to whom it is for, and nowhere else.
    pub secret: String,
    /// SHA-256 of the secret: nothing can be opened with it.
    pub hash: String,
}

/// A new bearer secret.
pub fn token() -> Token {
    let mut bytes = [0; 32];
    OsRng.unwrap_err().fill_bytes(&mut bytes);
    let secret = hex(&bytes);
    Token { hash: sha256_hex(secret.as_bytes()), secret }
}

/// SHA-256 as lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn below_62() -> [u8; 16] {
    let mut rng = rand::rng();
    std::array::from_fn(|_| rng.random_range(0..62))
}
