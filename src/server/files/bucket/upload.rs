//! Writing an export's file into a bucket, part by part.

use std::{io, mem};

use object_store::{
    Attribute, Attributes, MultipartId, ObjectStore, ObjectStoreExt, PutPayload,
    aws::AmazonS3,
    multipart::{MultipartStore, PartId},
    path::Path,
};
use tokio::task::JoinSet;

use crate::server::export::sink::{Sink, Syncer};

use super::{Bucket, failed, found};

/// Bytes of the first parts.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// After so many parts the next ones are twice as large: S3 takes 10,000 parts of a file, so that it can have 8 TiB, and
/// a file of 100 GiB still has parts of 64 MiB only.
const PARTS_OF_A_SIZE: usize = 1_000;

/// Most parts of a file.
const MOST_PARTS: usize = 10_000;

/// Parts on their way at once. Memory holds one more, which is being filled.
const PARTS_ON_THEIR_WAY: usize = 2;

/// A file that is no object until it is whole. Dropped before, its parts stay in the object store until they are removed by their key:
/// the object beside it, its marker, says which upload they are of.
#[derive(Debug)]
pub struct UploadSink {
    bucket: Bucket,
    path: Path,
    marker: Path,
    attributes: Attributes,
    /// What is not on its way yet.
    buffer: Vec<u8>,
    /// Bytes so far.
    bytes: u64,
    /// `None`: all of it is in the buffer.
    upload: Option<Upload>,
}

/// A file that has parts.
#[derive(Debug)]
struct Upload {
    id: MultipartId,
    /// Those that are there, by their numbers.
    parts: Vec<Option<PartId>>,
    on_their_way: JoinSet<(usize, object_store::Result<PartId>)>,
}

impl UploadSink {
    /// A file at `path` for people to whom it is `name`; `marker` is there as long as there may be parts.
    pub(super) fn new(bucket: Bucket, path: Path, marker: Path, name: &str) -> Self {
        let attributes = Attributes::from_iter([
            (Attribute::ContentType, "application/gzip".to_owned()),
            // A tenant's name has letters, digits, `-` and `_` only, so it needs no escape.
            (Attribute::ContentDisposition, format!("attachment; filename=\"{name}\"")),
            (Attribute::CacheControl, "no-store".to_owned()),
        ]);
        Self { bucket, path, marker, attributes, buffer: Vec::new(), bytes: 0, upload: None }
    }

    /// Sends what is in the buffer as the next part, once there is room for it.
    fn send(&mut self) -> io::Result<()> {
        let buffer = mem::take(&mut self.buffer);
        let runtime = self.bucket.runtime.clone();
        runtime.block_on(async {
            let upload = match &mut self.upload {
                Some(upload) => upload,
                None => self.upload.insert(begin(&self.bucket, &self.path, &self.marker, &self.attributes).await?),
            };
            while upload.on_their_way.len() >= PARTS_ON_THEIR_WAY {
                upload.arrived().await?;
            }
            let number = upload.parts.len();
            if number == MOST_PARTS {
                return Err(io::Error::other("it is larger than the object store takes"));
            }
            upload.parts.push(None);
            let (client, path, id) = (self.bucket.client.clone(), self.path.clone(), upload.id.clone());
            upload.on_their_way.spawn(async move { (number, put_part(&client, &path, &id, number, buffer).await) });
            self.buffer.reserve_exact(part_bytes(upload.parts.len()));
            Ok(())
        })
    }
}

impl Sink for UploadSink {
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            let room = part_bytes(self.upload.as_ref().map_or(0, |upload| upload.parts.len())) - self.buffer.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.buffer.extend_from_slice(now);
            if now.len() == room {
                self.send()?;
            }
            bytes = later;
        }
        Ok(())
    }

    /// Parts can't be read before the file is whole, so nobody could go on with them.
    fn syncer(&self) -> io::Result<Option<Syncer>> {
        Ok(None)
    }

    fn publish(mut self) -> io::Result<()> {
        let runtime = self.bucket.runtime.clone();
        if self.upload.is_some() && !self.buffer.is_empty() {
            self.send()?;
        }
        let Some(mut upload) = self.upload else {
            let put = self.bucket.client.put_opts(&self.path, self.buffer.into(), self.attributes.into());
            return runtime.block_on(put).map(drop).map_err(failed);
        };
        runtime.block_on(async {
            while !upload.on_their_way.is_empty() {
                upload.arrived().await?;
            }
            // All have arrived.
            let parts = upload.parts.into_iter().flatten().collect();
            if let Err(error) = self.bucket.client.complete_multipart(&self.path, &upload.id, parts).await {
                // If the answer got lost, there is no upload to be completed again, but there is the file.
                let object = found(self.bucket.client.head(&self.path).await)?;
                if object.is_none_or(|object| object.size != self.bytes) {
                    return Err(failed(error));
                }
            }
            if let Err(error) = self.bucket.client.delete(&self.marker).await {
                // It goes with the file.
                tracing::warn!(%error, "the marker of an upload could not be deleted");
            }
            Ok(())
        })
    }
}

impl Upload {
    /// Waits until a part has arrived.
    async fn arrived(&mut self) -> io::Result<()> {
        if let Some(joined) = self.on_their_way.join_next().await {
            let (number, part) = joined.map_err(io::Error::other)?;
            self.parts[number] = Some(part.map_err(failed)?);
        }
        Ok(())
    }
}

/// Begins an upload and writes down which it is, before it has any part.
async fn begin(bucket: &Bucket, path: &Path, marker: &Path, attributes: &Attributes) -> io::Result<Upload> {
    let id = bucket.client.create_multipart_opts(path, attributes.clone().into()).await.map_err(failed)?;
    if let Err(error) = bucket.client.put(marker, id.clone().into_bytes().into()).await {
        // Nobody else will ever know of it.
        if let Err(error) = bucket.client.abort_multipart(path, &id).await {
            tracing::warn!(%error, "an upload without a marker could not be aborted");
        }
        return Err(failed(error));
    }
    Ok(Upload { id, parts: Vec::new(), on_their_way: JoinSet::new() })
}

async fn put_part(
    client: &AmazonS3,
    path: &Path,
    id: &MultipartId,
    number: usize,
    bytes: Vec<u8>,
) -> object_store::Result<PartId> {
    client.put_part(path, id, number, PutPayload::from(bytes)).await
}

/// Bytes of the part with this number, from 0 on; none has more than the 5 GiB that S3 takes.
fn part_bytes(number: usize) -> usize {
    PART_BYTES << (number / PARTS_OF_A_SIZE).min(9)
}

/// Deletes the parts of the upload that a marker is about, and the marker; it is no error if there is none.
pub(super) async fn abandon(bucket: &Bucket, path: &Path, marker: &Path) -> io::Result<()> {
    let Some(id) = found(bucket.client.get(marker).await)? else { return Ok(()) };
    let id = id.bytes().await.map_err(failed)?;
    let id = String::from_utf8(id.to_vec()).map_err(io::Error::other)?;
    found(bucket.client.abort_multipart(path, &id).await)?;
    found(bucket.client.delete(marker).await).map(drop)
}

#[cfg(test)]
mod tests {
    use super::{MOST_PARTS, PART_BYTES, part_bytes};

    #[test]
    fn parts_grow_so_that_no_file_is_too_large() {
        let gib = |parts: usize| (0..parts).map(|number| part_bytes(number) as u64).sum::<u64>() >> 30;
        assert_eq!((part_bytes(0), part_bytes(999), part_bytes(1_000)), (PART_BYTES, PART_BYTES, 2 * PART_BYTES));
        assert!(gib(MOST_PARTS) > 7 * 1024, "{} GiB", gib(MOST_PARTS));
        assert!((0..MOST_PARTS).all(|number| part_bytes(number) as u64 <= 5 << 30));
        assert!(gib(4_000) >= 100 && part_bytes(3_999) == 64 * 1024 * 1024);
    }
}
