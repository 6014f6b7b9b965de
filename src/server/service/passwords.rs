//! Members' passwords: Argon2id, with the parameters that OWASP's Password Storage Cheat Sheet asks for.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng},
};

use tokio::sync::Semaphore;

use crate::domain::{error::AppError, member::PASSWORD_MAX_BYTES};

/// Passwords that are hashed at once: each takes 19 MiB and a core, and a flood of sign-ins must not take them all.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// Hashes a password off the async threads, for it takes tens of milliseconds.
///
/// # Errors
/// When the machine has no randomness or memory left.
pub async fn hash(password: String) -> Result<String, AppError> {
    run(move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string())
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
            match Argon2::default().verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::Password) => Ok(false),
                Err(error) => Err(error),
            }
        }
        None => {
            let salt = SaltString::generate(&mut OsRng);
            Argon2::default().hash_password(password.as_bytes(), &salt)?;
            Ok(false)
        }
    })
    .await
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, argon2::password_hash::Error> + Send + 'static,
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
}
