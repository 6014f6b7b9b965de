//! Export files in a bucket: `exports/<key>`, and while one is being written, its marker `exports/<key>.upload`.

use std::{collections::HashSet, io};

use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};

use super::{Bucket, Object, UploadSink, failed, found, upload};

/// The folder.
const FOLDER: &str = "exports";

/// What markers end with.
const MARKER: &str = ".upload";

/// The export files of a bucket.
#[derive(Debug, Clone)]
pub struct BucketExports(Bucket);

impl BucketExports {
    /// Those of this bucket.
    pub fn new(bucket: Bucket) -> Self {
        Self(bucket)
    }

    /// The bucket.
    pub fn bucket(&self) -> &Bucket {
        &self.0
    }

    fn path(&self, key: &str) -> Path {
        self.0.path(FOLDER, key)
    }

    fn marker(&self, key: &str) -> Path {
        self.0.path(FOLDER, &format!("{key}{MARKER}"))
    }

    /// Begins the file with this key, for people to whom it is `name`.
    pub fn create(&self, key: &str, name: &str) -> UploadSink {
        UploadSink::new(self.0.clone(), self.path(key), self.marker(key), name)
    }

    /// The file with this key, if it is there with its full length.
    ///
    /// # Errors
    /// When the object store fails.
    pub async fn find(&self, key: &str, len: u64) -> io::Result<Option<Object>> {
        let meta = found(self.0.client.head(&self.path(key)).await)?;
        Ok(meta.filter(|meta| meta.size == len).map(|meta| Object::new(self.0.clone(), meta)))
    }

    /// The keys of all files, finished or not; `is_ours` tells them from others.
    ///
    /// # Errors
    /// When the object store fails.
    pub async fn keys(&self, is_ours: fn(&str) -> bool) -> io::Result<HashSet<String>> {
        let mut keys = HashSet::new();
        let mut objects = self.0.client.list(Some(&self.0.folder(FOLDER)));
        while let Some(object) = objects.try_next().await.map_err(failed)? {
            let key = object.location.filename().map(|name| name.strip_suffix(MARKER).unwrap_or(name));
            if let Some(key) = key.filter(|key| is_ours(key)) {
                keys.insert(key.to_owned());
            }
        }
        Ok(keys)
    }

    /// Deletes the file with this key, finished or not; it is no error if there is none.
    ///
    /// # Errors
    /// When the object store fails.
    pub async fn remove(&self, key: &str) -> io::Result<()> {
        let path = self.path(key);
        upload::abandon(&self.0, &path, &self.marker(key)).await?;
        found(self.0.client.delete(&path).await).map(drop)
    }
}
