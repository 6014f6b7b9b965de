//! From a line of NDJSON to a user that keeps every rule.

use std::str::FromStr;

use email_address::EmailAddress;
use serde::Deserialize;
use serde_json::value::RawValue;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

use crate::{
    domain::{
        connection::Connection,
        import::{ErrorCode, RowError, check_email_lengths, check_text},
        timestamp::Timestamp,
        user::{Attribute, AttributeType, IDENTITY_MEMBERS, Importable},
    },
    server::{
        compact_json::compact,
        random,
        store::user_writer::{NewUser, Secrets},
    },
};

use super::{
    json::{self, Members, Text},
    secrets,
};

/// How lines are read.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Whether attributes that an import may not set are kept as they stand in the file.
    pub restore: bool,
    /// The instant that new users are created at.
    pub now: Timestamp,
}

/// A user, and how many attributes were passed over because an import may not set them.
#[derive(Debug)]
pub struct Validated {
    /// The user.
    pub user: NewUser,
    /// Attributes passed over.
    pub passed_over: u64,
}

impl Rules {
    /// Reads one line.
    ///
    /// # Errors
    /// Every rule that the user breaks.
    pub fn validate(&self, line: &[u8]) -> Result<Validated, Vec<RowError>> {
        let whole = |code, message: String| vec![RowError::new(code, "", message)];
        let text = std::str::from_utf8(line)
            .map_err(|error| whole(ErrorCode::Format, format!("not UTF-8 from byte {}", error.valid_up_to() + 1)))?;
        let Members(members) = serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data if !text.trim_start().starts_with('{') => {
                whole(ErrorCode::ObjectRequired, "a user must be a JSON object".to_owned())
            }
            _ => whole(ErrorCode::Format, format!("not a JSON object: {}", without_line(&error))),
        })?;
        let mut draft = Draft::new(self);
        for (name, value) in members {
            if value.get() == "null" {
                continue;
            }
            if let Err(error) = draft.set(&name, value) {
                draft.errors.push(error);
            }
        }
        draft.finish()
    }
}

/// The parser's words and the column; the line's number is the caller's to say.
fn without_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let words = text.split(" at line ").next().unwrap_or(&text);
    format!("{words} at column {}", error.column())
}

/// A user in the making.
struct Draft<'r> {
    rules: &'r Rules,
    user: NewUser,
    secrets: serde_json::Map<String, serde_json::Value>,
    passed_over: u64,
    errors: Vec<RowError>,
}

impl<'r> Draft<'r> {
    fn new(rules: &'r Rules) -> Self {
        let user = NewUser {
            user_id: String::new(),
            email: None,
            email_verified: false,
            username: None,
            phone_number: None,
            phone_verified: false,
            name: None,
            given_name: None,
            family_name: None,
            nickname: None,
            picture: None,
            blocked: false,
            created_at: rules.now,
            updated_at: rules.now,
            last_login: None,
            last_ip: None,
            last_password_reset: None,
            logins_count: None,
            multifactor: None,
            multifactor_last_modified: None,
            identities: None,
            user_metadata: None,
            app_metadata: None,
            secrets: None,
        };
        Self { rules, user, secrets: serde_json::Map::new(), passed_over: 0, errors: Vec::new() }
    }

    fn set(&mut self, name: &str, value: &RawValue) -> Result<(), RowError> {
        use Attribute as A;
        let Some(attribute) = A::from_name(name) else { return self.set_other(name, value) };
        if attribute.importable() == Importable::OnRestore && !self.rules.restore {
            self.passed_over += 1;
            return Ok(());
        }
        match attribute {
            A::UserId => self.user.user_id = user_id(value)?,
            A::Email => self.user.email = Some(email(value)?),
            A::EmailVerified => self.user.email_verified = typed(attribute, value)?,
            A::Username => self.user.username = Some(username(value)?),
            A::PhoneNumber => self.user.phone_number = Some(text(attribute, value)?),
            A::PhoneVerified => self.user.phone_verified = typed(attribute, value)?,
            A::Name => self.user.name = Some(text(attribute, value)?),
            A::GivenName => self.user.given_name = Some(text(attribute, value)?),
            A::FamilyName => self.user.family_name = Some(text(attribute, value)?),
            A::Nickname => self.user.nickname = Some(text(attribute, value)?),
            A::Picture => self.user.picture = Some(picture(value)?),
            A::Blocked => self.user.blocked = typed(attribute, value)?,
            A::CreatedAt => self.user.created_at = date(attribute, value)?,
            A::UpdatedAt => self.user.updated_at = date(attribute, value)?,
            A::LastLogin => self.user.last_login = Some(date(attribute, value)?),
            A::LastPasswordReset => self.user.last_password_reset = Some(date(attribute, value)?),
            A::MultifactorLastModified => self.user.multifactor_last_modified = Some(date(attribute, value)?),
            A::LastIp => self.user.last_ip = Some(text(attribute, value)?),
            A::LoginsCount => self.user.logins_count = Some(logins_count(value)?),
            A::Multifactor => self.user.multifactor = Some(text_list(attribute, value)?),
            A::Identities => self.user.identities = Some(identities(value)?),
            A::UserMetadata => self.user.user_metadata = Some(object(attribute, value)?),
            A::AppMetadata => self.user.app_metadata = Some(object(attribute, value)?),
        }
        Ok(())
    }

    /// Names that are no attribute of an export.
    fn set_other(&mut self, name: &str, value: &RawValue) -> Result<(), RowError> {
        match name {
            "password_hash" => secrets::check_password_hash(value)?,
            "custom_password_hash" => secrets::check_custom_password_hash(value)?,
            "mfa_factors" => secrets::check_mfa_factors(value)?,
            // A column that Muster's own exports have by default.
            "connection" => {
                self.passed_over += 1;
                return Ok(());
            }
            _ => return Err(RowError::new(ErrorCode::NotPassed, name, format!("\"{name}\" is not a user attribute"))),
        }
        let value = serde_json::from_str(value.get())
            .map_err(|_| RowError::new(ErrorCode::Format, name, format!("{name} is not JSON")))?;
        self.secrets.insert(name.to_owned(), value);
        Ok(())
    }

    fn finish(mut self) -> Result<Validated, Vec<RowError>> {
        let user = &mut self.user;
        let identifiers = ["email", "username", "phone_number"];
        let any = user.email.is_some() || user.username.is_some() || user.phone_number.is_some();
        // A broken identifier has an error of its own.
        if !any && !self.errors.iter().any(|error| identifiers.contains(&error.path.as_str())) {
            let message = "one of email, username and phone_number must be there";
            self.errors.push(RowError::new(ErrorCode::AnyOfMissing, "", message));
        }
        if self.secrets.contains_key("password_hash") && self.secrets.contains_key("custom_password_hash") {
            let message = "password_hash and custom_password_hash exclude each other";
            self.errors.push(RowError::new(ErrorCode::NotPassed, "password_hash", message));
        }
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        if user.user_id.is_empty() {
            user.user_id = format!("{}|{}", Connection::DATABASE, random::user_id_suffix());
        }
        if !self.secrets.is_empty() {
            user.secrets = Some(Secrets(serde_json::Value::Object(self.secrets).to_string()));
        }
        Ok(Validated { user: self.user, passed_over: self.passed_over })
    }
}

fn typed<'a, T: Deserialize<'a>>(attribute: Attribute, value: &'a RawValue) -> Result<T, RowError> {
    serde_json::from_str(value.get()).map_err(|_| {
        let name = attribute.name();
        let expected = match attribute.kind() {
            AttributeType::Boolean => "true or false",
            AttributeType::Integer => "a whole number",
            AttributeType::Date => "a date as text",
            AttributeType::Text { .. } => "a text",
            AttributeType::Object => "an object",
            AttributeType::TextList => "an array of texts",
            AttributeType::Identities => "an array of identities",
        };
        RowError::new(ErrorCode::InvalidType, name, format!("{name} must be {expected}"))
    })
}

fn text(attribute: Attribute, value: &RawValue) -> Result<String, RowError> {
    let text: String = typed(attribute, value)?;
    check_text(attribute, &text)?;
    Ok(text)
}

/// A database connection's users have its strategy before their id; one that brings it keeps it.
fn user_id(value: &RawValue) -> Result<String, RowError> {
    let id = text(Attribute::UserId, value)?;
    let bare = id.strip_prefix(Connection::DATABASE).and_then(|rest| rest.strip_prefix('|')).unwrap_or(&id);
    if bare.is_empty() {
        return Err(RowError::new(ErrorCode::MinLength, "user_id", "user_id has nothing behind its prefix"));
    }
    Ok(format!("{}|{bare}", Connection::DATABASE))
}

fn email(value: &RawValue) -> Result<String, RowError> {
    let email: String = typed::<String>(Attribute::Email, value)?.to_lowercase();
    if email.is_empty() {
        return Err(RowError::new(ErrorCode::MinLength, "email", "email can't be empty"));
    }
    check_email_lengths(&email)?;
    if !is_email(&email) {
        return Err(RowError::new(ErrorCode::Format, "email", "email is not an e-mail address"));
    }
    Ok(email)
}

fn is_email(text: &str) -> bool {
    // A display name before the address would be taken by the parser, and is no part of it.
    EmailAddress::from_str(text).is_ok_and(|address| address.email() == text)
}

fn username(value: &RawValue) -> Result<String, RowError> {
    let username = text(Attribute::Username, value)?.to_lowercase();
    if is_email(&username) {
        return Err(RowError::new(ErrorCode::NotPassed, "username", "username can't be an e-mail address"));
    }
    Ok(username)
}

fn picture(value: &RawValue) -> Result<String, RowError> {
    let picture = text(Attribute::Picture, value)?;
    match Url::parse(&picture) {
        Ok(_) => Ok(picture),
        Err(_) => Err(RowError::new(ErrorCode::Format, "picture", "picture is not a URL")),
    }
}

fn logins_count(value: &RawValue) -> Result<i64, RowError> {
    let count: i64 = typed(Attribute::LoginsCount, value)?;
    if count < 0 {
        return Err(RowError::new(ErrorCode::Minimum, "logins_count", "logins_count can't be negative"));
    }
    Ok(count)
}

fn date(attribute: Attribute, value: &RawValue) -> Result<Timestamp, RowError> {
    let Text(text) = typed(attribute, value)?;
    // As Muster's own files have it, and quicker to read.
    if let Some(date) = Timestamp::from_iso8601(&text) {
        return Ok(date);
    }
    let name = attribute.name();
    let date = OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| {
        RowError::new(ErrorCode::Format, name, format!("{name} must be a date like 2024-02-29T12:00:00.000Z"))
    })?;
    let millis = date.unix_timestamp_nanos().div_euclid(1_000_000);
    // Four-digit years fit by far.
    Ok(Timestamp(i64::try_from(millis).unwrap_or_default()))
}

/// Checks JSON that is kept as text.
fn checked(attribute: Attribute, value: &RawValue) -> Result<String, RowError> {
    json::check(value.get()).map_err(|error| {
        RowError::new(ErrorCode::Format, attribute.name(), format!("{}: {error}", attribute.name()))
    })?;
    Ok(compact(value.get()))
}

fn object(attribute: Attribute, value: &RawValue) -> Result<String, RowError> {
    if !value.get().starts_with('{') {
        let message = format!("{} must be an object", attribute.name());
        return Err(RowError::new(ErrorCode::InvalidType, attribute.name(), message));
    }
    checked(attribute, value)
}

fn text_list(attribute: Attribute, value: &RawValue) -> Result<String, RowError> {
    let _: Vec<String> = typed(attribute, value)?;
    Ok(compact(value.get()))
}

fn identities(value: &RawValue) -> Result<String, RowError> {
    let checked = checked(Attribute::Identities, value)?;
    let entries: Vec<Members<'_>> = serde_json::from_str(value.get())
        .map_err(|_| RowError::new(ErrorCode::InvalidType, "identities", "identities must be an array of objects"))?;
    for (index, Members(members)) in entries.iter().enumerate() {
        for (name, value) in members {
            let path = format!("identities[{index}].{name}");
            let first = value.get().as_bytes().first().copied();
            let right_type = match &**name {
                "connection" | "provider" => first == Some(b'"'),
                // Some identity providers number their users.
                "user_id" => first.is_some_and(|byte| byte == b'"' || byte.is_ascii_digit()),
                "isSocial" => matches!(value.get(), "true" | "false"),
                "profileData" => first == Some(b'{'),
                _ => {
                    let message = format!("an identity has {}", IDENTITY_MEMBERS.join(", "));
                    return Err(RowError::new(ErrorCode::NotPassed, path, message));
                }
            };
            if !right_type {
                return Err(RowError::new(ErrorCode::InvalidType, path, format!("{name} is of the wrong type")));
            }
        }
    }
    Ok(checked)
}

#[cfg(test)]
mod tests;
