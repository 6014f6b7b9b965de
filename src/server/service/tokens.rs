//! Access tokens of API clients: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037), got by client credentials (RFC
//! 6749, 4.4).
//!
//! A token says what a client may do, but a client that is gone, or has lost a scope, can do nothing with it: every request
//! asks the store.

use std::collections::HashSet;

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        api_client::{ApiClient, ClientId, Scopes},
        audit::{Actor, Event},
        error::AppError,
    },
    server::{
        random::{self, sha256_hex},
        store::{StoreError, signing_keys::StoredKey},
    },
};

use super::{BaseUrl, Caller, OperatorError, Origin, Services, caller::Principal};

/// The path that an audience ends with.
const API: &str = "/api/v2/";

/// What is before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410, 7).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// What a request for a token says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenRequest {
    /// Must be `client_credentials`.
    pub grant_type: String,
    /// Who asks.
    pub client_id: String,
    /// Their secret.
    pub client_secret: String,
    /// What the token is for: this server's API; absent: the same.
    pub audience: Option<String>,
    /// The scopes that are wanted; absent: all that the client has.
    pub scope: Option<String>,
}

/// A token.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The bearer secret. It is never logged.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in: u32,
    /// What it allows.
    pub scopes: Scopes,
}

/// Why there is no token (RFC 6749, 5.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Another `grant_type`.
    #[error("Only grant_type \"client_credentials\" is supported.")]
    UnsupportedGrantType,
    /// There is no such client, or the secret is wrong; which of the two is not told.
    #[error("Unauthorized")]
    AccessDenied,
    /// The audience is that of another API.
    #[error("Service not found: {0}")]
    UnknownAudience(String),
    /// The client does not have this scope.
    #[error("{0}")]
    InvalidScope(String),
    /// The server failed; the cause is in its log.
    #[error("Something went wrong on the server. Its log has the cause.")]
    Internal,
}

impl From<StoreError> for TokenError {
    fn from(error: StoreError) -> Self {
        let _: AppError = error.into();
        Self::Internal
    }
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    /// Seconds since 1970.
    iat: i64,
    /// Seconds since 1970.
    exp: i64,
    scope: String,
    gty: String,
    azp: String,
}

impl Services {
    /// Gives a client a token.
    ///
    /// # Errors
    /// [`TokenError`]. A wrong secret is recorded in the audit log.
    pub async fn issue_token(
        &self,
        origin: &Origin,
        base: &BaseUrl,
        request: &TokenRequest,
    ) -> Result<AccessToken, TokenError> {
        if request.grant_type != "client_credentials" {
            return Err(TokenError::UnsupportedGrantType);
        }
        let client = self.authenticate(origin, request).await?;
        let audience = match request.audience.as_deref() {
            None | Some("") => format!("{}{API}", base.0),
            Some(audience) if is_own(audience, base) => audience.to_owned(),
            Some(other) => return Err(TokenError::UnknownAudience(other.to_owned())),
        };
        let scopes = match request.scope.as_deref().map(str::trim) {
            None | Some("") => client.scopes.clone(),
            Some(wanted) => granted(&client, wanted)?,
        };
        let expires_in = self.settings.token_lifetime_seconds;
        let now = self.clock.now();
        let iat = now.0.div_euclid(1_000);
        let claims = Claims {
            iss: format!("{}/", base.0),
            sub: format!("{}@clients", client.id),
            aud: audience,
            iat,
            exp: iat.saturating_add(i64::from(expires_in)),
            scope: scopes.to_string(),
            gty: "client-credentials".to_owned(),
            azp: client.id.to_string(),
        };
        let key = self.newest_signing_key().await?;
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &claims, &encoding_key(&key)).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            TokenError::Internal
        })?;
        self.store.client_got_token(&client.id, now).await?;
        Ok(AccessToken { token, expires_in, scopes })
    }

    /// Whoever has this token.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for a token that is none of this server's, was changed, has expired, is for something
    /// else, or whose client is gone.
    pub async fn caller_by_token(&self, origin: &Origin, base: &BaseUrl, token: &str) -> Result<Caller, AppError> {
        let keys = self.store.signing_keys().await?;
        let claims = read(token, &keys).filter(|claims| is_own(&claims.aud, base)).ok_or(AppError::Unauthenticated)?;
        let now = self.clock.now().0.div_euclid(1_000);
        let id: ClientId = claims.azp.parse().map_err(|_| AppError::Unauthenticated)?;
        if claims.exp <= now {
            return Err(AppError::Unauthenticated);
        }
        let client = self.store.client(&id).await?.ok_or(AppError::Unauthenticated)?;
        // The token may have been given for less.
        let in_token: Vec<_> = claims.scope.split(' ').collect();
        let left: Vec<_> =
            client.scopes.iter().map(|scope| scope.name()).filter(|name| in_token.contains(name)).collect();
        let scopes: Scopes = left.join(" ").parse().map_err(|_| AppError::Unauthenticated)?;
        Ok(Caller::new(Principal::Client(ApiClient { scopes, ..client }), origin.clone()))
    }

    /// The public halves of the keys whose tokens are accepted (RFC 7517).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn public_keys(&self) -> Result<JwkSet, AppError> {
        self.newest_signing_key().await?;
        let keys = self.store.signing_keys().await?;
        Ok(JwkSet { keys: keys.iter().filter_map(public_key).collect() })
    }

    /// Has another key sign tokens from now on; those that the others have signed go on until they expire.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_rotate_signing_key(&self) -> Result<String, OperatorError> {
        let key = self.add_signing_key().await?;
        let event = Event::SigningKeyRotated { key: key.id.clone() };
        self.record(Actor::Operator, &Origin::default(), event).await?;
        Ok(key.id)
    }

    async fn authenticate(&self, origin: &Origin, request: &TokenRequest) -> Result<ApiClient, TokenError> {
        let id: ClientId = request.client_id.parse().map_err(|_| TokenError::AccessDenied)?;
        let expected = self.store.client_secret_hash(&id).await?.ok_or(TokenError::AccessDenied)?;
        let client = self.store.client(&id).await?.ok_or(TokenError::AccessDenied)?;
        // Hashes of 256 random bits: how long it takes to compare them tells nothing about the secret.
        if sha256_hex(request.client_secret.as_bytes()) == expected {
            return Ok(client);
        }
        let event = Event::TokenRefused { client: client.name.to_string() };
        self.record(Actor::Anonymous(None), origin, event).await?;
        Err(TokenError::AccessDenied)
    }

    async fn newest_signing_key(&self) -> Result<StoredKey, StoreError> {
        match self.store.signing_keys().await?.into_iter().next() {
            Some(key) => Ok(key),
            None => self.add_signing_key().await,
        }
    }

    async fn add_signing_key(&self) -> Result<StoredKey, StoreError> {
        let pkcs8 = [PKCS8_PREFIX.as_slice(), &random::signing_key()].concat();
        let mut key = StoredKey { id: String::new(), pkcs8, created_at: self.clock.now() };
        let public = Jwk::from_encoding_key(&encoding_key(&key), Algorithm::EdDSA);
        let id = public.and_then(|public| public.thumbprint(ThumbprintHash::SHA256));
        key.id = id.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let lifetime = i64::from(self.settings.token_lifetime_seconds) * 1_000;
        self.store.add_signing_key(&key, key.created_at.plus_millis(-lifetime)).await?;
        Ok(key)
    }
}

fn encoding_key(key: &StoredKey) -> EncodingKey {
    EncodingKey::from_ed_der(&key.pkcs8)
}

fn public_key(key: &StoredKey) -> Option<Jwk> {
    let mut public = Jwk::from_encoding_key(&encoding_key(key), Algorithm::EdDSA).ok()?;
    public.common.key_id = Some(key.id.clone());
    public.common.public_key_use = Some(PublicKeyUse::Signature);
    Some(public)
}

/// What a token says, if one of the keys has signed it. Its time and what it is for are still to be looked at.
fn read(token: &str, keys: &[StoredKey]) -> Option<Claims> {
    let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
    let key = keys.iter().find(|key| key.id == kid)?;
    let public = DecodingKey::from_jwk(&public_key(key)?).ok()?;
    // One algorithm, whatever the header says. The time is that of our clock.
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims = HashSet::from(["exp", "aud", "sub"].map(str::to_owned));
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Claims>(token, &public, &validation).ok().map(|data| data.claims)
}

/// Whether an audience is this server's API. The official clients make it of the server's name and always say https; a machine
/// calls itself by several names.
fn is_own(audience: &str, base: &BaseUrl) -> bool {
    let authority = |url: &str| -> Option<String> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let authority = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        let (host, port) = authority.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).unzip();
        let host = host.unwrap_or(&authority);
        let host = if matches!(host, "127.0.0.1" | "[::1]") { "localhost" } else { host };
        Some(format!("{host}:{}", port.unwrap_or_default()))
    };
    let api = audience.strip_suffix(API).or_else(|| audience.strip_suffix(API.trim_end_matches('/')));
    matches!((api.and_then(authority), authority(&base.0)), (Some(asked), Some(own)) if asked == own)
}

/// The scopes that are wanted, if the client has them all.
fn granted(client: &ApiClient, wanted: &str) -> Result<Scopes, TokenError> {
    let scopes: Scopes = wanted.parse().map_err(TokenError::InvalidScope)?;
    let lacking = scopes.iter().find(|scope| !client.scopes.has(*scope));
    match lacking {
        None => Ok(scopes),
        Some(lacking) => {
            Err(TokenError::InvalidScope(format!("The client does not have the scope {}.", lacking.name())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences() {
        let base = |url: &str| BaseUrl(url.to_owned());
        for (audience, url, own) in [
            ("https://localhost:3000/api/v2/", "http://localhost:3000", true),
            ("http://localhost:3000/api/v2", "http://localhost:3000", true),
            ("https://127.0.0.1:3000/api/v2/", "http://localhost:3000", true),
            ("https://[::1]:3000/api/v2/", "http://127.0.0.1:3000", true),
            ("https://Muster.example.com/api/v2/", "https://muster.example.com", true),
            ("https://localhost:3001/api/v2/", "http://localhost:3000", false),
            ("https://evil.example/api/v2/", "http://localhost:3000", false),
            ("https://localhost:3000/api/v1/", "http://localhost:3000", false),
            ("https://localhost:3000.evil.example/api/v2/", "http://localhost:3000", false),
            ("localhost:3000/api/v2/", "http://localhost:3000", false),
            ("/api/v2/", "http://localhost:3000", false),
            ("", "http://localhost:3000", false),
        ] {
            assert_eq!(is_own(audience, &base(url)), own, "{audience} {url}");
        }
    }
}
