//! Server functions: what the pages ask of the server, one file per page.
//!
//! Each is a public endpoint `POST /rpc/<name>`; a body calls one use case of `server::service`, which decides who may.
//! Pages don't call them by their functions but as a [`question::Question`], which is one way for all.

#![expect(missing_docs, reason = "the server macro makes a struct with a public field for every argument")]

pub mod activity;
pub mod clients;
pub mod exports;
pub mod imports;
pub mod invitation;
pub mod members;
pub mod my_sessions;
#[cfg(not(feature = "ssr"))]
mod post;
pub mod profile;
pub mod question;
pub mod read;
pub mod session;
pub mod users;
pub(crate) mod write;

#[cfg(feature = "ssr")]
mod context {
    use leptos::prelude::use_context;

    use crate::{
        domain::error::AppError,
        server::service::{BaseUrl, Caller, Services, SessionHandle},
    };

    /// The use cases and the request's session, put there by `server::http`.
    pub fn services_and_session() -> Result<(Services, SessionHandle), AppError> {
        use_context::<Services>().zip(use_context::<SessionHandle>()).ok_or_else(|| {
            tracing::error!("a server function runs outside of a request");
            AppError::Internal
        })
    }

    /// The use cases and the signed-in member.
    pub async fn services_and_caller() -> Result<(Services, Caller), AppError> {
        let (services, _, caller) = services_session_and_caller().await?;
        Ok((services, caller))
    }

    /// The use cases, the request's session, and the member who is signed in by it.
    pub async fn services_session_and_caller() -> Result<(Services, SessionHandle, Caller), AppError> {
        let (services, session) = services_and_session()?;
        let caller = services.caller(&session).await?;
        Ok((services, session, caller))
    }

    /// The address that the request found this server by.
    pub fn base_url() -> Result<BaseUrl, AppError> {
        use_context::<BaseUrl>().ok_or_else(|| {
            tracing::error!("a server function runs outside of a request");
            AppError::Internal
        })
    }
}
