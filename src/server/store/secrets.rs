//! Users' password hashes and everybody's second factors: sealed before they reach the database.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    AeadCore, KeyInit, XChaCha20Poly1305,
    aead::{Aead, OsRng, Payload},
};
use sha2::{Digest, Sha256};

use crate::server::random::hex;

use super::StoreError;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Where the key that seals secrets comes from.
#[derive(Clone)]
pub enum KeySource {
    /// It was given as base64.
    Given(String),
    /// A file that must be there: the key's bytes or the same as base64.
    File(PathBuf),
    /// A file that is made if it is not there.
    MadeIn(PathBuf),
}

impl KeySource {
    /// Whether there is a key already, so that none would be made.
    pub fn exists(&self) -> bool {
        match self {
            Self::MadeIn(file) => file.exists(),
            Self::Given(_) | Self::File(_) => true,
        }
    }

    /// Reads the key, or makes one in a file that only its owner can read.
    ///
    /// # Errors
    /// When there is no file, or no key in it.
    pub fn load(&self) -> Result<SecretsKey, StoreError> {
        let in_file = |file: &Path, error| StoreError::Io { path: file.display().to_string(), error };
        let read = |file: &Path, key: io::Result<Vec<u8>>| {
            let key = key.map_err(|error| in_file(file, error))?;
            let parsed = if key.len() == KEY_BYTES { SecretsKey::new(&key) } else { SecretsKey::decode(&key) };
            parsed.ok_or_else(|| {
                let wrong = format!("the key must have {KEY_BYTES} bytes, or be base64 of so many");
                in_file(file, io::Error::new(io::ErrorKind::InvalidData, wrong))
            })
        };
        match self {
            Self::Given(key) => SecretsKey::decode(key.as_bytes())
                .ok_or_else(|| StoreError::Unusable(format!("secrets_key must be base64 of {KEY_BYTES} bytes"))),
            Self::File(file) => read(file, fs::read(file)),
            Self::MadeIn(file) => read(
                file,
                match fs::read(file) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => create(file),
                    key => key,
                },
            ),
        }
    }
}

/// The key that seals secrets, kept apart from the database and never in it.
#[derive(Clone)]
pub struct SecretsKey {
    cipher: XChaCha20Poly1305,
    fingerprint: String,
}

impl SecretsKey {
    const NONCE_BYTES: usize = 24;

    fn decode(text: &[u8]) -> Option<Self> {
        Self::new(&STANDARD.decode(text.trim_ascii()).ok()?)
    }

    fn new(key: &[u8]) -> Option<Self> {
        let cipher = XChaCha20Poly1305::new_from_slice(key).ok()?;
        // The key has 256 random bits, so nothing can be found out from a hash of it; and this one is for nothing else.
        let fingerprint = hex(&Sha256::new().chain_update("muster's secrets key: ").chain_update(key).finalize());
        Some(Self { cipher, fingerprint })
    }

    /// What tells this key from others, and tells nothing else of it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Encrypts `secret` for the owner of this name: sealed text moved to another owner does not open.
    pub fn seal(&self, owner: &str, secret: &[u8]) -> Result<Vec<u8>, chacha20poly1305::Error> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let sealed = self.cipher.encrypt(&nonce, Payload { msg: secret, aad: owner.as_bytes() })?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`SecretsKey::seal`] made for the same owner.
    pub fn open(&self, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, chacha20poly1305::Error> {
        let (nonce, msg) = sealed.split_at_checked(Self::NONCE_BYTES).ok_or(chacha20poly1305::Error)?;
        self.cipher.decrypt(nonce.into(), Payload { msg, aad: owner.as_bytes() })
    }
}

/// Writes a new key. Of two processes that start at once, both end up with the key of one of them.
fn create(file: &Path) -> io::Result<Vec<u8>> {
    let key = XChaCha20Poly1305::generate_key(&mut OsRng);
    let temporary = file.with_extension(format!("new-{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut writer = options.open(&temporary)?;
    writer.write_all(&key)?;
    writer.sync_all()?;
    let linked = fs::hard_link(&temporary, file);
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::read(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_text_opens_only_with_the_key_and_for_the_owner() {
        let dir = tempfile::tempdir().unwrap();
        let file = KeySource::MadeIn(dir.path().join("secrets.key"));
        assert!(!file.exists());
        let key = file.load().unwrap();
        assert!(file.exists());
        let sealed = key.seal("auth0|1", b"$2b$10$hash").unwrap();
        assert!(!sealed.windows(4).any(|part| part == b"hash"));
        let again = file.load().unwrap();
        assert_eq!(again.open("auth0|1", &sealed).unwrap(), b"$2b$10$hash");
        assert!(again.open("auth0|2", &sealed).is_err());
        assert!(again.open("auth0|1", &sealed[..20]).is_err());
        let other = KeySource::MadeIn(dir.path().join("other.key")).load().unwrap();
        assert!(other.open("auth0|1", &sealed).is_err());
        assert_ne!(other.fingerprint(), again.fingerprint());
    }

    #[test]
    fn a_key_is_the_same_in_every_form() {
        let dir = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..32).collect();
        let text = STANDARD.encode(&bytes);
        let (raw, encoded) = (dir.path().join("raw"), dir.path().join("encoded"));
        fs::write(&raw, &bytes).unwrap();
        fs::write(&encoded, format!("{text}\n")).unwrap();
        let given = KeySource::Given(text.clone()).load().unwrap();
        for file in [KeySource::File(raw.clone()), KeySource::MadeIn(raw), KeySource::File(encoded)] {
            assert_eq!(file.load().unwrap().fingerprint(), given.fingerprint());
        }
        assert!(!given.fingerprint().contains(&hex(&bytes)[..8]), "it is no part of the key");
        let error = |source: KeySource| source.load().err().unwrap().to_string();
        assert!(error(KeySource::File(dir.path().join("none"))).contains("none: No such file"));
        assert!(!dir.path().join("none").exists());
        for wrong in ["", "c2hvcnQ=", "32 characters that are no base64", &text[..40]] {
            assert_eq!(error(KeySource::Given(wrong.to_owned())), "secrets_key must be base64 of 32 bytes");
        }
    }
}
