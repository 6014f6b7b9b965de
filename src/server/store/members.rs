//! Tenant members.

use crate::domain::{member::Member, role::Role, timestamp::Timestamp};

use super::{Store, StoreError, db::with_pool};

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    email: String,
    role: String,
    password_hash: String,
}

/// A member and what their password is checked against.
#[derive(Clone)]
pub struct StoredMember {
    /// The member.
    pub member: Member,
    /// Argon2id hash in PHC form.
    pub password_hash: String,
}

impl TryFrom<Row> for StoredMember {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let role = row.role.parse().map_err(StoreError::Corrupt)?;
        Ok(Self { member: Member { id: row.id, email: row.email, role }, password_hash: row.password_hash })
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

    /// All members, by e-mail address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn members(&self) -> Result<Vec<Member>, StoreError> {
        let rows: Vec<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as("SELECT id, email, role, password_hash FROM members ORDER BY email").fetch_all(pool).await
        })?;
        rows.into_iter().map(|row| Ok(StoredMember::try_from(row)?.member)).collect()
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

    /// Finds a member by e-mail address, which must be in lower case.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn member_by_email(&self, email: &str) -> Result<Option<StoredMember>, StoreError> {
        let row: Option<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as("SELECT id, email, role, password_hash FROM members WHERE email = $1")
                .bind(email)
                .fetch_optional(pool)
                .await
        })?;
        row.map(TryInto::try_into).transpose()
    }

    /// Finds a member by key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn member_by_id(&self, id: i64) -> Result<Option<Member>, StoreError> {
        let row: Option<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as("SELECT id, email, role, password_hash FROM members WHERE id = $1")
                .bind(id)
                .fetch_optional(pool)
                .await
        })?;
        row.map(|row| Ok(StoredMember::try_from(row)?.member)).transpose()
    }

    /// Changes a member's role; `false` if there is no such member.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_member_role(&self, email: &str, role: Role) -> Result<bool, StoreError> {
        let id: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("UPDATE members SET role = $1 WHERE email = $2 RETURNING id")
                .bind(role.slug())
                .bind(email)
                .fetch_optional(pool)
                .await
        })?;
        Ok(id.is_some())
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
