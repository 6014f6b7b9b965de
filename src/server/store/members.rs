//! Tenant members.

use crate::domain::{member::Member, role::Role, timestamp::Timestamp};

use super::{Store, StoreError, db::with_pool};

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    email: String,
    role: String,
    password_hash: String,
    disabled_at: Option<i64>,
}

/// A member and what their password is checked against.
#[derive(Clone)]
pub struct StoredMember {
    /// The member.
    pub member: Member,
    /// Argon2id hash in PHC form.
    pub password_hash: String,
    /// Whether they may not sign in.
    pub disabled: bool,
}

impl TryFrom<Row> for StoredMember {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let role = row.role.parse().map_err(StoreError::Corrupt)?;
        let member = Member { id: row.id, email: row.email, role };
        Ok(Self { member, password_hash: row.password_hash, disabled: row.disabled_at.is_some() })
    }
}

/// A member with what happened to them.
pub struct ListedMember {
    /// The member.
    pub member: Member,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// When one of their sessions was last used.
    pub last_active_at: Option<Timestamp>,
    /// Sessions that have not expired.
    pub sessions: u64,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    id: i64,
    email: String,
    role: String,
    disabled_at: Option<i64>,
    last_active_at: Option<i64>,
    sessions: i64,
}

impl TryFrom<ListedRow> for ListedMember {
    type Error = StoreError;

    fn try_from(row: ListedRow) -> Result<Self, StoreError> {
        let role = row.role.parse().map_err(StoreError::Corrupt)?;
        Ok(Self {
            member: Member { id: row.id, email: row.email, role },
            disabled: row.disabled_at.is_some(),
            last_active_at: row.last_active_at.map(Timestamp),
            sessions: u64::try_from(row.sessions).unwrap_or(0),
        })
    }
}

impl Store {
    /// Adds a member. An e-mail address that is taken is a unique violation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_member(
        &self,
        email: &str,
        role: Role,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let id = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "INSERT INTO members (email, role, password_hash, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
            )
            .bind(email)
            .bind(role.slug())
            .bind(password_hash)
            .bind(now.0)
            .fetch_one(pool)
            .await
        })?;
        Ok(id)
    }

    /// All members, by e-mail address, with their sessions that have not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn members(&self, now: Timestamp) -> Result<Vec<ListedMember>, StoreError> {
        let rows: Vec<ListedRow> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT id, email, role, disabled_at, last_active_at,
                        (SELECT count(*) FROM sessions WHERE member_id = members.id AND expires_at > $1) AS sessions
                 FROM members ORDER BY email",
            )
            .bind(now.0)
            .fetch_all(pool)
            .await
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Whether there is any member.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_members(&self) -> Result<bool, StoreError> {
        let found: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("SELECT id FROM members LIMIT 1").fetch_optional(pool).await
        })?;
        Ok(found.is_some())
    }

    /// Finds a member who may sign in, by e-mail address, which must be in lower case.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn member_by_email(&self, email: &str) -> Result<Option<StoredMember>, StoreError> {
        Ok(self.any_member_by_email(email).await?.filter(|stored| !stored.disabled))
    }

    /// Finds a member who may sign in, by key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn member_by_id(&self, id: i64) -> Result<Option<Member>, StoreError> {
        Ok(self.any_member_by_id(id).await?.filter(|stored| !stored.disabled).map(|stored| stored.member))
    }

    /// Finds a member by e-mail address, which must be in lower case, disabled or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn any_member_by_email(&self, email: &str) -> Result<Option<StoredMember>, StoreError> {
        let row: Option<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as("SELECT id, email, role, password_hash, disabled_at FROM members WHERE email = $1")
                .bind(email)
                .fetch_optional(pool)
                .await
        })?;
        row.map(TryInto::try_into).transpose()
    }

    /// Finds a member by key, disabled or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn any_member_by_id(&self, id: i64) -> Result<Option<StoredMember>, StoreError> {
        let row: Option<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as("SELECT id, email, role, password_hash, disabled_at FROM members WHERE id = $1")
                .bind(id)
                .fetch_optional(pool)
                .await
        })?;
        row.map(TryInto::try_into).transpose()
    }

    /// Changes a member's password hash; `false` if there is no such member.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_member_password_hash(&self, email: &str, password_hash: &str) -> Result<bool, StoreError> {
        let id: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("UPDATE members SET password_hash = $1 WHERE email = $2 RETURNING id")
                .bind(password_hash)
                .bind(email)
                .fetch_optional(pool)
                .await
        })?;
        Ok(id.is_some())
    }
}
