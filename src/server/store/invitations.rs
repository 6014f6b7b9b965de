//! Open invitations, found by the hash of their link's token.

use crate::domain::{invitation::OpenInvitation, member::Member, role::Role, timestamp::Timestamp};

use super::{
    Store, StoreError,
    db::{execute, with_pool},
};

/// An invitation to be stored.
pub struct InvitationRecord<'a> {
    /// Whom it is for, lower case.
    pub email: &'a str,
    /// Hash of the link's token.
    pub token_hash: &'a str,
    /// The role that they will have.
    pub role: Role,
    /// The member who invites.
    pub invited_by: i64,
    /// When it is made.
    pub created_at: Timestamp,
    /// When the link stops working.
    pub expires_at: Timestamp,
}

/// What became of a link that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// There is a new member.
    Member(Member),
    /// No open invitation has this link.
    NoInvitation,
    /// There is a member with this e-mail address by now.
    EmailTaken,
}

#[derive(sqlx::FromRow)]
struct Row {
    email: String,
    role: String,
    invited_by: String,
    created_at: i64,
    expires_at: i64,
}

impl TryFrom<Row> for OpenInvitation {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            email: row.email,
            role: row.role.parse().map_err(StoreError::Corrupt)?,
            invited_by: row.invited_by,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
        })
    }
}

impl Store {
    /// Adds an invitation in place of any earlier one for this address; `false` if there is a member with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replace_invitation(&self, invitation: &InvitationRecord<'_>) -> Result<bool, StoreError> {
        let email: Option<String> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "INSERT INTO invitations (email, token_hash, role, invited_by, created_at, expires_at)
                 SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM members WHERE email = $1)
                 ON CONFLICT (email) DO UPDATE SET token_hash = $2, role = $3, invited_by = $4, created_at = $5,
                    expires_at = $6
                 RETURNING email",
            )
            .bind(invitation.email)
            .bind(invitation.token_hash)
            .bind(invitation.role.slug())
            .bind(invitation.invited_by)
            .bind(invitation.created_at.0)
            .bind(invitation.expires_at.0)
            .fetch_optional(pool)
            .await
        })?;
        Ok(email.is_some())
    }

    /// All invitations that have not expired at `now`, by e-mail address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn invitations(&self, now: Timestamp) -> Result<Vec<OpenInvitation>, StoreError> {
        let rows: Vec<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT invitations.email, invitations.role, members.email AS invited_by, invitations.created_at,
                        invitations.expires_at
                 FROM invitations JOIN members ON members.id = invitations.invited_by
                 WHERE invitations.expires_at > $1 ORDER BY invitations.email",
            )
            .bind(now.0)
            .fetch_all(pool)
            .await
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Finds the invitation that has this link, if it has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn invitation(&self, token_hash: &str, now: Timestamp) -> Result<Option<OpenInvitation>, StoreError> {
        let row: Option<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT invitations.email, invitations.role, members.email AS invited_by, invitations.created_at,
                        invitations.expires_at
                 FROM invitations JOIN members ON members.id = invitations.invited_by
                 WHERE invitations.token_hash = $1 AND invitations.expires_at > $2",
            )
            .bind(token_hash)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?;
        row.map(TryInto::try_into).transpose()
    }

    /// Makes a member of whoever has this link, and uses it up: both or neither.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accept_invitation(
        &self,
        token_hash: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let (id, email, role) = with_pool!(&self.db, pool => {
            let mut transaction = pool.begin().await?;
            let taken: Option<(String, String)> = sqlx::query_as(
                "DELETE FROM invitations WHERE token_hash = $1 AND expires_at > $2 RETURNING email, role",
            )
            .bind(token_hash)
            .bind(now.0)
            .fetch_optional(&mut *transaction)
            .await?;
            let Some((email, role)) = taken else { return Ok(Accepted::NoInvitation) };
            let id: Option<i64> = sqlx::query_scalar(
                "INSERT INTO members (email, role, password_hash, created_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (email) DO NOTHING RETURNING id",
            )
            .bind(&email)
            .bind(&role)
            .bind(password_hash)
            .bind(now.0)
            .fetch_optional(&mut *transaction)
            .await?;
            // The link is of no use any more either way.
            transaction.commit().await?;
            (id, email, role)
        });
        let Some(id) = id else { return Ok(Accepted::EmailTaken) };
        Ok(Accepted::Member(Member { id, email, role: role.parse().map_err(StoreError::Corrupt)? }))
    }

    /// Revokes the invitation for this address; `false` if there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_invitation(&self, email: &str) -> Result<bool, StoreError> {
        let email: Option<String> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("DELETE FROM invitations WHERE email = $1 RETURNING email")
                .bind(email)
                .fetch_optional(pool)
                .await
        })?;
        Ok(email.is_some())
    }

    /// Deletes the invitations that have expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_expired_invitations(&self, now: Timestamp) -> Result<(), StoreError> {
        execute!(&self.db, sqlx::query("DELETE FROM invitations WHERE expires_at <= $1").bind(now.0))?;
        Ok(())
    }
}
