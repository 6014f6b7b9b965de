//! What the database knows of the users of a batch: who is there already, and whom the import has touched.

use std::collections::HashSet;

use sqlx::PgConnection;

use crate::server::{
    import::PreparedUser,
    store::user_writer::{Ledger, reasons::UNIQUE},
};

/// Users by the attributes of [`UNIQUE`]. In its own query, so that each of the four is looked up once.
const FIND: &str = "SELECT place, email, username, phone_number, user_id FROM (
        SELECT place,
            (SELECT seq FROM users WHERE connection_seq = $1 AND users.email = given.email) AS email,
            (SELECT seq FROM users WHERE connection_seq = $1 AND users.username = given.username) AS username,
            (SELECT seq FROM users WHERE connection_seq = $1 AND users.phone_number = given.phone_number) AS phone_number,
            (SELECT seq FROM users WHERE users.user_id = given.user_id) AS user_id
        FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])
            WITH ORDINALITY AS given (email, username, phone_number, user_id, place)
        OFFSET 0
    ) AS found WHERE coalesce(email, username, phone_number, user_id) IS NOT NULL";

/// The same among the users whom a dry run has seen.
const FIND_SEEN: &str = "SELECT place,
        EXISTS (SELECT 1 FROM pg_temp.seen_users AS seen WHERE seen.email = given.email),
        EXISTS (SELECT 1 FROM pg_temp.seen_users AS seen WHERE seen.username = given.username),
        EXISTS (SELECT 1 FROM pg_temp.seen_users AS seen WHERE seen.phone_number = given.phone_number),
        EXISTS (SELECT 1 FROM pg_temp.seen_users AS seen WHERE seen.user_id = given.user_id)
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
        WITH ORDINALITY AS given (email, username, phone_number, user_id, place)";

/// The values of the attributes of [`UNIQUE`], a list for each.
pub struct Identifiers([Vec<Option<String>>; UNIQUE.len()]);

impl Identifiers {
    pub fn of(users: &[&PreparedUser]) -> Self {
        let list = |get: fn(&PreparedUser) -> Option<&String>| users.iter().map(|user| get(user).cloned()).collect();
        Self([
            list(|prepared| prepared.user.email.as_ref()),
            list(|prepared| prepared.user.username.as_ref()),
            list(|prepared| prepared.user.phone_number.as_ref()),
            list(|prepared| Some(&prepared.user.user_id)),
        ])
    }
}

/// Who of the store has a user's values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hits {
    /// The key of the user with the same value, for each attribute of [`UNIQUE`].
    pub stored: [Option<i64>; UNIQUE.len()],
    /// Whether a dry run would have added a user with the same value.
    pub seen: [bool; UNIQUE.len()],
    /// Whether the import has touched the user with the same e-mail address.
    pub touched: bool,
}

/// What an import remembers besides the users themselves.
#[derive(Debug, Clone)]
pub enum Memory {
    /// Nothing: each user is added or refused.
    None,
    /// Whom it has touched; in a table of its own connection if it has no job.
    Touched(Option<Ledger>),
    /// Whom it would have added, and touched if it were an upsert.
    Seen {
        /// Whether it were.
        upsert: bool,
    },
}

/// Asks for each user of a batch.
pub async fn lookup(
    connection: &mut PgConnection,
    connection_seq: i64,
    identifiers: &Identifiers,
    memory: &Memory,
) -> Result<Vec<Hits>, sqlx::Error> {
    let Identifiers([emails, usernames, phone_numbers, user_ids]) = identifiers;
    let mut hits = vec![Hits::default(); user_ids.len()];
    let place = |place: i64| usize::try_from(place - 1).unwrap_or(usize::MAX);
    type Found = (i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
    let query = sqlx::query_as(FIND).bind(connection_seq).bind(emails).bind(usernames).bind(phone_numbers);
    let rows: Vec<Found> = query.bind(user_ids).fetch_all(&mut *connection).await?;
    for (at, email, username, phone_number, user_id) in rows {
        if let Some(hits) = hits.get_mut(place(at)) {
            hits.stored = [email, username, phone_number, user_id];
        }
    }
    if let Memory::Seen { .. } = memory {
        let query = sqlx::query_as(FIND_SEEN).bind(emails).bind(usernames).bind(phone_numbers).bind(user_ids);
        let rows: Vec<(i64, bool, bool, bool, bool)> = query.fetch_all(&mut *connection).await?;
        for (at, email, username, phone_number, user_id) in rows {
            if let Some(hits) = hits.get_mut(place(at)) {
                hits.seen = [email, username, phone_number, user_id];
            }
        }
    }
    let same_email: Vec<i64> = hits.iter().filter_map(|hits| hits.stored[0]).collect();
    let touched = touched(connection, same_email, memory).await?;
    for hits in &mut hits {
        hits.touched = hits.stored[0].is_some_and(|seq| touched.contains(&seq));
    }
    Ok(hits)
}

/// Which of these users the import has touched.
async fn touched(connection: &mut PgConnection, seqs: Vec<i64>, memory: &Memory) -> Result<HashSet<i64>, sqlx::Error> {
    if seqs.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<i64> = match memory {
        Memory::None | Memory::Seen { upsert: false } => Vec::new(),
        Memory::Touched(Some(ledger)) => {
            sqlx::query_scalar("SELECT user_seq FROM import_users WHERE job_id = $1 AND user_seq = ANY ($2)")
                .bind(ledger.job_id.as_str())
                .bind(seqs)
                .fetch_all(connection)
                .await?
        }
        Memory::Touched(None) | Memory::Seen { upsert: true } => {
            sqlx::query_scalar("SELECT user_seq FROM pg_temp.touched_users WHERE user_seq = ANY ($1)")
                .bind(seqs)
                .fetch_all(connection)
                .await?
        }
    };
    Ok(rows.into_iter().collect())
}
