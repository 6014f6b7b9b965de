//! The pages Members and Member.

use leptos::prelude::*;

use crate::domain::{
    error::AppError,
    invitation::NewInvitation,
    member::{ChangedMember, MembersView},
    session::SessionsOfMember,
};

/// All members and open invitations.
#[server(prefix = "/rpc", endpoint = "list_members")]
pub async fn list_members() -> Result<MembersView, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.list_members(&caller).await
}

/// Changes a member: `change` is `set_role`, with the `role`, or `disable`, `enable` or `remove`.
#[server(prefix = "/rpc", endpoint = "change_member")]
pub async fn change_member(
    id: i64,
    change: String,
    #[server(default)] role: String,
) -> Result<ChangedMember, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    let change = crate::domain::member::MemberChange::parse(&change, &role).map_err(AppError::Invalid)?;
    services.change_member(&caller, id, change).await
}

/// Makes an invitation. The answer has the link, so browsers without JavaScript post the form to the page itself.
#[server(prefix = "/rpc", endpoint = "invite_member")]
pub async fn invite_member(email: String, role: String) -> Result<NewInvitation, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    let base = super::context::base_url()?;
    let form = crate::domain::invitation::InvitationForm { email, role };
    services.invite(&caller, &base, &form).await
}

/// Revokes an open invitation.
#[server(prefix = "/rpc", endpoint = "revoke_invitation")]
pub async fn revoke_invitation(email: String) -> Result<(), AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.revoke_invitation(&caller, &email).await
}

/// A member and their sessions.
#[server(prefix = "/rpc", endpoint = "member_sessions")]
pub async fn member_sessions(id: i64) -> Result<SessionsOfMember, AppError> {
    let (services, session, caller) = super::context::services_session_and_caller().await?;
    services.member_sessions(&caller, &session, id).await
}

/// Ends a session of a member.
#[server(prefix = "/rpc", endpoint = "end_member_session")]
pub async fn end_member_session(id: i64, key: String) -> Result<(), AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.end_member_session(&caller, id, &key).await
}

/// Ends all sessions of a member.
#[server(prefix = "/rpc", endpoint = "end_member_sessions")]
pub async fn end_member_sessions(id: i64) -> Result<(), AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.end_member_sessions(&caller, id).await
}
