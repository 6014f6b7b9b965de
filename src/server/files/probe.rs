//! Whether files can be kept at all.

use std::{fs, io, path::Path};

use tokio::runtime::Handle;

use super::{Exports, FileStore};

/// What is written and deleted again. No file of a job or an upload is called so, and whatever one a killed server leaves is
/// written over.
const NAME: &str = ".probe";

/// As many bytes as a full disk has no room for.
const CONTENT: [u8; 4096] = [0; 4096];

impl FileStore {
    /// Writes a small file to each directory, or an object to the bucket, and deletes it again. It waits for them, so it belongs on a
    /// blocking thread of the runtime.
    ///
    /// # Errors
    /// When one can't be written, as on a full disk.
    pub fn probe(&self) -> io::Result<()> {
        match &self.exports {
            Exports::Dir(exports) => probe(exports.path())?,
            Exports::Bucket(_) => Handle::current().block_on(self.check())?,
        }
        self.imports.dir().map_or(Ok(()), probe)
    }
}

fn probe(dir: &Path) -> io::Result<()> {
    let path = dir.join(NAME);
    let written = fs::write(&path, CONTENT);
    // Also what was written of it when there was no room for more.
    let removed = fs::remove_file(&path);
    written.and(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leaves_nothing_and_finds_what_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let files = FileStore::open(dir.path(), None).unwrap();
        files.probe().unwrap();
        for name in ["exports", "imports"] {
            assert_eq!(fs::read_dir(dir.path().join(name)).unwrap().count(), 0, "{name}");
        }
        fs::remove_dir(dir.path().join("imports")).unwrap();
        assert_eq!(files.probe().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
