//! Changes to members that never leave a tenant without an active Admin.
//!
//! Each is one transaction that writes alone, so two Admins who do it to each other at once see each other's result.

use crate::domain::{
    role::{Permission, Role},
    timestamp::Timestamp,
};

use super::{Store, StoreError, db::with_pool, dialect::BeginWriting};

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It was made.
    Yes,
    /// There is no such member.
    NoMember,
    /// It was not made, for it would have left no active Admin.
    LastAdmin,
}

/// The condition that an active Admin is left without the row of `members` at hand.
macro_rules! an_admin_is_left {
    () => {
        "(role <> 'admin' OR disabled_at IS NOT NULL OR EXISTS (
            SELECT 1 FROM members AS others
            WHERE others.id <> members.id AND others.role = 'admin' AND others.disabled_at IS NULL
        ))"
    };
}

/// Why no row was changed: it is not there, or the condition kept it.
macro_rules! why_unchanged {
    ($transaction:expr, $id:expr) => {{
        let found: Option<i64> = sqlx::query_scalar("SELECT id FROM members WHERE id = $1")
            .bind($id)
            .fetch_optional(&mut *$transaction)
            .await?;
        if found.is_some() { Changed::LastAdmin } else { Changed::NoMember }
    }};
}

impl Store {
    /// Changes a member's role. Who may not manage members any more has no open invitations either.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_member_role(&self, id: i64, role: Role) -> Result<Changed, StoreError> {
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin_writing().await?;
            let changed: Option<i64> = sqlx::query_scalar(concat!(
                "UPDATE members SET role = $1 WHERE id = $2 AND ($1 = 'admin' OR ",
                an_admin_is_left!(),
                ") RETURNING id"
            ))
            .bind(role.slug())
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
            if changed.is_none() {
                return Ok(why_unchanged!(transaction, id));
            }
            if !role.allows(Permission::ManageMembers) {
                sqlx::query("DELETE FROM invitations WHERE invited_by = $1").bind(id).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        });
        Ok(Changed::Yes)
    }

    /// Disables a member and ends what they have: sessions, download links and open invitations.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn disable_member(&self, id: i64, now: Timestamp) -> Result<Changed, StoreError> {
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin_writing().await?;
            let changed: Option<i64> = sqlx::query_scalar(concat!(
                "UPDATE members SET disabled_at = coalesce(disabled_at, $1) WHERE id = $2 AND ",
                an_admin_is_left!(),
                " RETURNING id"
            ))
            .bind(now.0)
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
            if changed.is_none() {
                return Ok(why_unchanged!(transaction, id));
            }
            for statement in [
                "DELETE FROM sessions WHERE member_id = $1",
                "DELETE FROM download_links WHERE member_id = $1",
                "DELETE FROM invitations WHERE invited_by = $1",
            ] {
                sqlx::query(statement).bind(id).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        });
        Ok(Changed::Yes)
    }

    /// Lets a member sign in again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enable_member(&self, id: i64) -> Result<Changed, StoreError> {
        let changed: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("UPDATE members SET disabled_at = NULL WHERE id = $1 RETURNING id")
                .bind(id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(if changed.is_some() { Changed::Yes } else { Changed::NoMember })
    }

    /// Deletes a member, with sessions, download links and open invitations.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_member(&self, id: i64) -> Result<Changed, StoreError> {
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin_writing().await?;
            let changed: Option<i64> =
                sqlx::query_scalar(concat!("DELETE FROM members WHERE id = $1 AND ", an_admin_is_left!(), " RETURNING id"))
                    .bind(id)
                    .fetch_optional(&mut *transaction)
                    .await?;
            if changed.is_none() {
                return Ok(why_unchanged!(transaction, id));
            }
            transaction.commit().await?;
        });
        Ok(Changed::Yes)
    }
}
