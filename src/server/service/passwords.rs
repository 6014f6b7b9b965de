//! Members' passwords: Argon2id, with the parameters that OWASP's Password Storage Cheat Sheet asks for.

use std::{sync::LazyLock, thread};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        self, Decimal, Ident, Output, ParamsString, PasswordHash, PasswordHasher, PasswordVerifier, Salt, SaltString,
        rand_core::OsRng,
    },
};
use tokio::sync::Semaphore;

use crate::domain::{error::AppError, member::PASSWORD_MAX_BYTES};

/// Passwords that are hashed at once: each takes 19 MiB and a core, and a flood of sign-ins must not take them all. More than there are
/// cores would not be done sooner.
static AT_ONCE: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(thread::available_parallelism().map_or(1, |cores| cores.get().min(4))));

/// Hashes a password off the async threads, for it takes tens of milliseconds.
///
/// # Errors
/// When the machine has no randomness or memory left.
pub async fn hash(password: String) -> Result<String, AppError> {
    run(move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2id.hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string())
    })
    .await
}

/// Whether `password` is the one of `hash`. Without a hash, because there is no such member, the same work is done and
/// the answer is no: how long it takes does not tell who has an account.
///
/// # Errors
/// When the stored hash is not one.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool, AppError> {
    if password.len() > PASSWORD_MAX_BYTES {
        return Ok(false);
    }
    run(move || match hash {
        Some(hash) => {
            let hash = PasswordHash::new(&hash)?;
            match Argon2id.verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(password_hash::Error::Password) => Ok(false),
                Err(error) => Err(error),
            }
        }
        None => {
            let salt = SaltString::generate(&mut OsRng);
            Argon2id.hash_password(password.as_bytes(), &salt)?;
            Ok(false)
        }
    })
    .await
}

/// Blocks (KiB) that are asked of the allocator at least, though a hash fills only as many as it needs. glibc hands out what is
/// larger than 32 MiB as a mapping of its own; anything smaller would stay with the thread for good, on each that ever hashed.
const OWN_MAPPING_BLOCKS: usize = 33 * 1024;

/// [`Argon2`], with memory that goes back to the system as soon as the hash is made.
struct Argon2id;

impl PasswordHasher for Argon2id {
    type Params = Params;

    fn hash_password_customized<'a>(
        &self,
        password: &[u8],
        algorithm: Option<Ident<'a>>,
        version: Option<Decimal>,
        params: Params,
        salt: impl Into<Salt<'a>>,
    ) -> password_hash::Result<PasswordHash<'a>> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?.unwrap_or_default();
        let salt = salt.into();
        let mut salt_bytes = [0; Salt::MAX_LENGTH];
        let salt_bytes = salt.decode_b64(&mut salt_bytes)?;
        let argon2 = Argon2::new(algorithm, version, params);
        let params = argon2.params();
        let mut memory = Vec::with_capacity(params.block_count().max(OWN_MAPPING_BLOCKS));
        memory.resize(params.block_count(), Block::default());
        let hash = Output::init_with(params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN), |out| {
            Ok(argon2.hash_password_into_with_memory(password, salt_bytes, out, &mut memory)?)
        })?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(params)?,
            salt: Some(salt),
            hash: Some(hash),
        })
    }
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
) -> Result<T, AppError> {
    // The semaphore is never closed, so this only waits.
    let _permit = AT_ONCE.acquire().await;
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(%error, "a password could not be hashed or checked");
            Err(AppError::Internal)
        }
        Err(error) => {
            tracing::error!(%error, "a password could not be hashed or checked");
            Err(AppError::Internal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_verifies() {
        let hash = hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        for (password, hash, expected) in [
            ("correct horse", Some(&hash), true),
            ("wrong horse", Some(&hash), false),
            ("", Some(&hash), false),
            ("correct horse", None, false),
        ] {
            assert_eq!(verify(password.to_owned(), hash.cloned()).await.unwrap(), expected, "{password}");
        }
    }

    #[test]
    fn hashes_are_those_of_the_library() {
        let salt = SaltString::from_b64("c29tZXNhbHRzb21lc2FsdA").unwrap();
        let ours = Argon2id.hash_password(b"correct horse", &salt).unwrap();
        assert_eq!(ours, Argon2::default().hash_password(b"correct horse", &salt).unwrap());
        let other = Argon2::new(Algorithm::Argon2i, Version::V0x10, Params::new(64, 3, 2, Some(16)).unwrap());
        let other = other.hash_password(b"correct horse", &salt).unwrap();
        assert_eq!(Argon2id.verify_password(b"correct horse", &other), Ok(()));
    }
}
