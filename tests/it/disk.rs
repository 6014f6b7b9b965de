//! A disk of its own that can be full.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

/// A small disk, which goes when this is dropped.
pub struct Disk {
    path: PathBuf,
    bytes: usize,
}

impl Disk {
    /// Makes one with room for so many bytes; `None`: the tests may not make one, as they don't run as root.
    pub fn mount(path: &Path, bytes: usize) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let size = format!("size={bytes},mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(path).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self { path: path.to_owned(), bytes })
    }

    /// Takes all the room that there is, which may be all of the disk.
    pub fn fill(&self) {
        let error = fs::write(self.path.join("others"), vec![0; self.bytes + 1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    pub fn free(&self) {
        fs::remove_file(self.path.join("others")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}
