//! What becomes of each user of a batch, as if they came one after the other.

use std::collections::HashSet;

use crate::{
    domain::import::{ErrorCode, RowError},
    server::{
        import::{NewUser, Outcome, PreparedUser},
        store::user_writer::reasons::{UNIQUE, duplicated, twice_in_the_file},
    },
};

use super::lookup::Hits;

/// Longest user_id, in bytes: PostgreSQL's index that keeps ids apart takes little more.
const MAX_USER_ID_BYTES: usize = 2_000;

/// What is to be done with a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is added.
    Insert,
    /// The user with this key is changed.
    Update(i64),
    /// It breaks a rule.
    Refuse(Vec<RowError>),
}

impl Decision {
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Insert => Outcome::Inserted,
            Self::Update(_) => Outcome::Updated,
            Self::Refuse(errors) => Outcome::Failed(errors),
        }
    }
}

/// Decides for each user, in their order.
pub fn decide(users: &[&PreparedUser], hits: &[Hits], upsert: bool) -> Vec<Decision> {
    let mut batch = Batch { upsert, added: Default::default(), touched: HashSet::new() };
    users.iter().zip(hits).map(|(prepared, hits)| batch.decide(&prepared.user, hits)).collect()
}

/// The users of the batch so far.
struct Batch<'u> {
    upsert: bool,
    /// The values of those who are added, for each attribute of [`UNIQUE`].
    added: [HashSet<&'u str>; UNIQUE.len()],
    /// The keys of those who are changed.
    touched: HashSet<i64>,
}

impl<'u> Batch<'u> {
    fn decide(&mut self, user: &'u NewUser, hits: &Hits) -> Decision {
        if user.user_id.len() > MAX_USER_ID_BYTES {
            let message = format!("user_id has more than {MAX_USER_ID_BYTES} bytes");
            return Decision::Refuse(vec![RowError::new(ErrorCode::MaxLength, "user_id", message)]);
        }
        let values =
            [user.email.as_deref(), user.username.as_deref(), user.phone_number.as_deref(), Some(&user.user_id)];
        let is_added = |index: usize| values[index].is_some_and(|value: &str| self.added[index].contains(value));
        if self.upsert {
            if let Some(seq) = hits.stored[0] {
                let first = !hits.touched && self.touched.insert(seq);
                return if first { Decision::Update(seq) } else { Decision::Refuse(twice_in_the_file()) };
            }
            if hits.seen[0] || is_added(0) {
                return Decision::Refuse(twice_in_the_file());
            }
        }
        let mut found = [false; UNIQUE.len()];
        for (index, found) in found.iter_mut().enumerate() {
            *found = hits.stored[index].is_some() || hits.seen[index] || is_added(index);
        }
        if found.contains(&true) {
            return Decision::Refuse(duplicated(found));
        }
        for (added, value) in self.added.iter_mut().zip(values) {
            added.extend(value);
        }
        Decision::Insert
    }
}
