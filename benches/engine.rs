//! The export engine without a database: projection, encoding, compression and hashing of users in memory.
//!
//! `cargo bench --features ssr` runs it; the rate is that of the uncompressed users.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::{hint::black_box, io, num::NonZeroUsize};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use muster::{
    domain::{
        export::{ExportInput, ExportRequest, FieldInput},
        timestamp::Timestamp,
        user::{Attribute, AttributeType},
    },
    server::export::{
        Compression, Control, Export, ExportError,
        sink::{Sink, Syncer},
        source::{Cell, Column, Extent, Reader, Row, Scope, Snapshot, SourceError, UserSource, Visitor},
    },
};

const USERS: u64 = 20_000;

const FIELDS: &str = "user_id,email,email_verified,name,given_name,family_name,nickname,picture,created_at,updated_at,\
                      last_login,logins_count";

const JSON: &str = r#"{"plan":"pro","address":{"city":"Köln","zip":"50667"},"scores":[1,2.5,3e2]}"#;

/// The same user again and again.
struct Memory;

struct MemoryRow<'a>(&'a [Column]);

impl Row for MemoryRow<'_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>, SourceError> {
        Ok(match self.0[index] {
            Column::ConnectionName => Cell::Text(b"Username-Password-Authentication"),
            Column::ConnectionStrategy => Cell::Text(b"auth0"),
            Column::Attribute(attribute) => match attribute.kind() {
                AttributeType::Boolean => Cell::Integer(1),
                AttributeType::Integer => Cell::Integer(1_234),
                AttributeType::Date => Cell::Integer(Timestamp(1_709_208_000_123).0),
                AttributeType::Text { .. } => Cell::Text("Zoë \"Zed\" van der Meer".as_bytes()),
                AttributeType::Object => Cell::Text(JSON.as_bytes()),
                AttributeType::TextList | AttributeType::Identities => Cell::Null,
            },
        })
    }
}

impl UserSource for Memory {
    type Snapshot = MemorySnapshot;

    fn snapshot(
        &self,
        _: &Scope,
        columns: &[Column],
        _: usize,
        _: Option<&Extent>,
    ) -> Result<MemorySnapshot, SourceError> {
        let extent = Extent { rows: USERS, first: 1, last: USERS.cast_signed(), part_width: 2_048, changes: 0 };
        Ok(MemorySnapshot { extent, columns: columns.to_vec() })
    }
}

/// Read by one thread, so that the rate is that of a core.
#[derive(Clone)]
struct MemorySnapshot {
    extent: Extent,
    columns: Vec<Column>,
}

impl Snapshot for MemorySnapshot {
    type Reader = Self;

    fn extent(&self) -> &Extent {
        &self.extent
    }

    fn into_readers(self) -> Vec<Self> {
        vec![self]
    }
}

impl Reader for MemorySnapshot {
    fn scan(&mut self, part: u64, visitor: &mut impl Visitor) -> Result<(), ExportError> {
        let (first, last) = self.extent.keys(part);
        (first..=last).try_for_each(|_| visitor.visit(&MemoryRow(&self.columns)))
    }
}

/// Takes bytes and forgets them.
struct Nowhere;

impl Sink for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        black_box(bytes);
        Ok(())
    }

    fn syncer(&self) -> io::Result<Option<Syncer>> {
        Ok(None)
    }

    fn publish(self) -> io::Result<()> {
        Ok(())
    }
}

fn export(format: &str, fields: &str, compression: Compression) -> Export {
    let fields = fields.split(',').map(|name| FieldInput { name: name.to_owned(), export_as: None }).collect();
    let request =
        ExportRequest::parse(&ExportInput { format: format.to_owned(), fields, ..ExportInput::default() }).unwrap();
    Export {
        scope: Scope { connection_seq: None, query: None, limit: None },
        format: request.format(),
        fields: request.fields().to_vec(),
        compression,
        threads: NonZeroUsize::MIN,
        gives_way: false,
    }
}

fn engine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(USERS)).sample_size(20);
    let member = format!("{},{}.address.city", FIELDS, Attribute::UserMetadata.name());
    let whole = format!("{FIELDS},user_metadata,app_metadata");
    for (name, export) in [
        ("csv", export("csv", FIELDS, Compression::None)),
        ("csv, gzip", export("csv", FIELDS, Compression::Gzip)),
        ("csv, a member of metadata", export("csv", &member, Compression::None)),
        ("ndjson", export("json", FIELDS, Compression::None)),
        ("ndjson, both metadata objects", export("json", &whole, Compression::None)),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| export.run(&Memory, Nowhere, &Control::default()).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
