//! Rows as `COPY ... FROM STDIN (FORMAT binary)` takes them.

use sqlx::PgConnection;

/// Rows that are being written.
pub struct CopyBuffer {
    bytes: Vec<u8>,
    rows: u64,
}

impl CopyBuffer {
    pub fn new() -> Self {
        // The signature, no flags, nothing more in the head.
        Self { bytes: b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec(), rows: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Begins a row, of which so many fields have to follow.
    pub fn row(&mut self, fields: i16) -> &mut Self {
        self.rows += 1;
        self.bytes.extend_from_slice(&fields.to_be_bytes());
        self
    }

    pub fn null(&mut self) -> &mut Self {
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
        self
    }

    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.field(|bytes| bytes.extend_from_slice(value))
    }

    /// A field that `write` writes.
    pub fn field(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        write(&mut self.bytes);
        // A longer value than a field can have makes the length negative, which the server refuses.
        let len = i32::try_from(self.bytes.len() - at - 4).unwrap_or(i32::MIN);
        self.bytes[at..at + 4].copy_from_slice(&len.to_be_bytes());
        self
    }

    pub fn text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(text) => self.bytes(text.as_bytes()),
            None => self.null(),
        }
    }

    pub fn number(&mut self, value: Option<i64>) -> &mut Self {
        match value {
            Some(number) => self.bytes(&number.to_be_bytes()),
            None => self.null(),
        }
    }

    pub fn flag(&mut self, value: Option<bool>) -> &mut Self {
        match value {
            Some(flag) => self.bytes(&[u8::from(flag)]),
            None => self.null(),
        }
    }

    /// Sends the rows, if there are any, into these columns of a table.
    pub async fn send(self, connection: &mut PgConnection, columns: &str) -> Result<(), sqlx::Error> {
        if self.is_empty() {
            return Ok(());
        }
        let Self { mut bytes, rows } = self;
        bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        let mut copy = connection.copy_in_raw(&format!("COPY {columns} FROM STDIN (FORMAT binary)")).await?;
        copy.send(bytes).await?;
        match copy.finish().await? {
            copied if copied == rows => Ok(()),
            copied => Err(sqlx::Error::Protocol(format!("{copied} of {rows} rows were copied"))),
        }
    }
}
