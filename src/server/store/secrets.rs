//! Users' password hashes and everybody's second factors: sealed before they reach the database.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use chacha20poly1305::{
    AeadCore, KeyInit, XChaCha20Poly1305,
    aead::{Aead, OsRng, Payload},
};

/// The key that seals secrets, kept in a file beside the database and never in it.
#[derive(Clone)]
pub struct SecretsKey(XChaCha20Poly1305);

impl SecretsKey {
    const BYTES: usize = 32;
    const NONCE_BYTES: usize = 24;

    /// Reads the key, or makes one in a file that only its owner can read.
    pub fn load_or_create(file: &Path) -> io::Result<Self> {
        let key = match fs::read(file) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(file)?,
            Err(error) => return Err(error),
        };
        let cipher = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, format!("the key must have {} bytes", Self::BYTES))
        })?;
        Ok(Self(cipher))
    }

    /// Encrypts `secret` for the owner of this name: sealed text moved to another owner does not open.
    pub fn seal(&self, owner: &str, secret: &[u8]) -> Result<Vec<u8>, chacha20poly1305::Error> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let sealed = self.0.encrypt(&nonce, Payload { msg: secret, aad: owner.as_bytes() })?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`SecretsKey::seal`] made for the same owner.
    pub fn open(&self, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, chacha20poly1305::Error> {
        let (nonce, msg) = sealed.split_at_checked(Self::NONCE_BYTES).ok_or(chacha20poly1305::Error)?;
        self.0.decrypt(nonce.into(), Payload { msg, aad: owner.as_bytes() })
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
    use super::SecretsKey;

    #[test]
    fn sealed_text_opens_only_with_the_key_and_for_the_owner() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secrets.key");
        let key = SecretsKey::load_or_create(&file).unwrap();
        let sealed = key.seal("auth0|1", b"$2b$10$hash").unwrap();
        assert!(!sealed.windows(4).any(|part| part == b"hash"));
        let again = SecretsKey::load_or_create(&file).unwrap();
        assert_eq!(again.open("auth0|1", &sealed).unwrap(), b"$2b$10$hash");
        assert!(again.open("auth0|2", &sealed).is_err());
        assert!(again.open("auth0|1", &sealed[..20]).is_err());
        let other = SecretsKey::load_or_create(&dir.path().join("other.key")).unwrap();
        assert!(other.open("auth0|1", &sealed).is_err());
    }
}
