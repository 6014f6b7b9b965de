//! The audit log: entries are appended and read, and nothing else.

use crate::domain::{
    activity::ActivityFilter,
    audit::{Actor, Event},
    job::JobId,
    timestamp::Timestamp,
};

use super::{
    Store, StoreError,
    audit_chain::{FIRST_PREV_HASH, Record},
    db::with_pool,
    dialect,
};

/// An entry to be appended: all of it but its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    pub(super) record: Record,
    pub(super) at: Timestamp,
}

impl NewEntry {
    /// An entry of this event, which came from the server itself and is about no job.
    ///
    /// # Errors
    /// When the event's details are no JSON, which can't be.
    pub fn new(at: Timestamp, actor: Actor<'_>, event: &Event) -> Result<Self, StoreError> {
        let member = actor.member();
        let record = Record {
            seq: 0,
            at: at.to_string(),
            actor: actor.slug().to_owned(),
            member_id: member.map(|member| member.id),
            member_email: actor.name(),
            action: event.action().slug().to_owned(),
            job_id: None,
            address: None,
            user_agent: None,
            details: event.details().map_err(|error| StoreError::Corrupt(error.to_string()))?,
            prev_hash: String::new(),
            hash: String::new(),
        };
        Ok(Self { record, at })
    }

    /// Says where it came from.
    #[must_use]
    pub fn came_from(mut self, address: Option<String>, user_agent: Option<String>) -> Self {
        self.record.address = address;
        self.record.user_agent = user_agent;
        self
    }

    /// Says which job it is about.
    #[must_use]
    pub fn of_job(mut self, id: &JobId) -> Self {
        self.record.job_id = Some(id.as_str().to_owned());
        self
    }

    /// The record that comes after the last one, of which `last` has the number and the hash.
    pub(super) fn after(&self, last: Option<(i64, String)>) -> Record {
        let (last_seq, prev_hash) = last.unwrap_or_else(|| (0, FIRST_PREV_HASH.to_owned()));
        let mut record = Record { seq: last_seq.saturating_add(1), prev_hash, ..self.record.clone() };
        record.hash = record.compute_hash();
        record
    }
}

/// Appends a [`NewEntry`] in a transaction that [`BeginWriting`] began, so that no two appends follow the same
/// entry; its value is the entry's number. What else the transaction writes is there if and only if the entry is.
macro_rules! append_entry {
    ($transaction:expr, $entry:expr) => {{
        let last = sqlx::query_as("SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1")
            .fetch_optional(&mut *$transaction)
            .await?;
        let record = $entry.after(last);
        sqlx::query(
            "INSERT INTO audit_log
                 (seq, at, actor, member_id, member_email, action, job_id, address, user_agent, details, prev_hash,
                  hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(record.seq)
        .bind($entry.at.0)
        .bind(record.actor)
        .bind(record.member_id)
        .bind(record.member_email)
        .bind(record.action)
        .bind(record.job_id)
        .bind(record.address)
        .bind(record.user_agent)
        .bind(record.details)
        .bind(record.prev_hash)
        .bind(record.hash)
        .execute(&mut *$transaction)
        .await?;
        record.seq
    }};
}

pub(super) use append_entry;
/// How a transaction begins in which [`append_entry`] may be used.
pub(super) use dialect::BeginWriting;

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    at: i64,
    actor: String,
    member_id: Option<i64>,
    member_email: Option<String>,
    action: String,
    job_id: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    details: String,
    prev_hash: String,
    hash: String,
}

impl From<Row> for Record {
    fn from(row: Row) -> Self {
        Self {
            seq: row.seq,
            at: Timestamp(row.at).to_string(),
            actor: row.actor,
            member_id: row.member_id,
            member_email: row.member_email,
            action: row.action,
            job_id: row.job_id,
            address: row.address,
            user_agent: row.user_agent,
            details: row.details,
            prev_hash: row.prev_hash,
            hash: row.hash,
        }
    }
}

/// A run of entries in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// From this number on, the oldest first.
    From(i64),
    /// Up to this number, the newest first.
    Downto(i64),
}

impl Store {
    /// Appends an entry and returns its number.
    ///
    /// # Errors
    /// [`StoreError`]; then there is no entry.
    pub async fn append_audit(&self, entry: &NewEntry) -> Result<i64, StoreError> {
        Ok(with_pool!(&self.db, pool => {
            let mut transaction = pool.begin_writing().await?;
            let seq = append_entry!(transaction, entry);
            transaction.commit().await?;
            seq
        }))
    }

    /// At most `limit` entries that the filter lets through.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_records(
        &self,
        filter: &ActivityFilter,
        run: Run,
        limit: u32,
    ) -> Result<Vec<(Record, Timestamp)>, StoreError> {
        let rows: Vec<Row> = with_pool!(&self.db, pool => {
            // Every part of the text is a constant; what was typed is bound.
            let mut query = sqlx::QueryBuilder::new(
                "SELECT seq, at, actor, member_id, member_email, action, job_id, address, user_agent, details,
                        prev_hash, hash
                 FROM audit_log WHERE ",
            );
            match run {
                Run::From(seq) => query.push("seq >= ").push_bind(seq),
                Run::Downto(seq) => query.push("seq <= ").push_bind(seq),
            };
            if let Some(member) = &filter.member {
                query.push(" AND member_email = ").push_bind(member);
            }
            if let Some(action) = filter.action {
                query.push(" AND action = ").push_bind(action.slug());
            }
            if let Some(from) = filter.from {
                query.push(" AND at >= ").push_bind(from.0);
            }
            if let Some(before) = filter.before {
                query.push(" AND at < ").push_bind(before.0);
            }
            query.push(match run {
                Run::From(_) => " ORDER BY seq ASC LIMIT ",
                Run::Downto(_) => " ORDER BY seq DESC LIMIT ",
            });
            query.push_bind(i64::from(limit));
            query.build_query_as().fetch_all(pool).await
        })?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let at = Timestamp(row.at);
                (row.into(), at)
            })
            .collect())
    }
}
