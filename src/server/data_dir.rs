//! The data directory: nobody but its owner can enter it, and one server at a time owns it.

use std::{
    fs::{DirBuilder, File, TryLockError},
    io,
    path::Path,
};

/// Makes the directory, and those above it, unless it is there.
///
/// # Errors
/// When it can't be made.
pub fn create(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Makes this process the only server on the directory; `None` if another one is. The lock ends with the process, however
/// that ends.
///
/// # Errors
/// When the lock file can't be made.
pub fn lock(dir: &Path) -> io::Result<Option<File>> {
    create(dir)?;
    let file = File::create(dir.join("serve.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::lock;

    #[test]
    fn one_owner_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("a/b");
        let first = lock(&dir).unwrap();
        assert!(first.is_some());
        assert!(lock(&dir).unwrap().is_none());
        drop(first);
        assert!(lock(&dir).unwrap().is_some());
    }
}
