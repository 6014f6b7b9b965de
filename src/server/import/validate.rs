//! From the JSON of a user to a user that keeps every rule.

use std::str::FromStr;

use email_address::EmailAddress;
use serde::Deserialize;
use serde_json::value::RawValue;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

use crate::{
    domain::{
        connection::Connection,
        field::{FieldPath, Segment},
        import::{ErrorCode, RowError, check_email_lengths, check_text},
        timestamp::Timestamp,
        user::{Attribute, AttributeType, IDENTITY_MEMBERS, Importable},
    },
    server::{compact_json::compact, random},
};

use super::{
    json::{self, Members, Text, shown},
    parts::{MAX_INDEX, MAX_PARTS, Node},
    secrets,
    source::Position,
    user::{NewUser, Secrets},
};

/// Most errors that are told of a user: one of nothing but unknown attributes must not become larger than it is.
const MAX_ERRORS: usize = 50;

/// How users are read.
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
    /// Reads the JSON of one user.
    ///
    /// # Errors
    /// Every rule that the user breaks, up to 50.
    pub fn validate(&self, json: &[u8]) -> Result<Validated, Vec<RowError>> {
        self.validate_at(json, Position::START)
    }

    /// As [`Rules::validate`], with places in messages as they are in the file, in which the user begins at `at`.
    pub(super) fn validate_at(&self, json: &[u8], at: Position) -> Result<Validated, Vec<RowError>> {
        let whole = |code, message: String| vec![RowError::new(code, "", message)];
        let text = std::str::from_utf8(json)
            .map_err(|error| whole(ErrorCode::Format, format!("not UTF-8 from byte {}", error.valid_up_to() + 1)))?;
        let Members(members) = serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data if !text.trim_start().starts_with('{') => {
                whole(ErrorCode::ObjectRequired, "a user must be a JSON object".to_owned())
            }
            serde_json::error::Category::Data => whole(ErrorCode::Format, words(&error)),
            _ => whole(ErrorCode::Format, format!("not a JSON object: {}", with_place(&error, at))),
        })?;
        let mut draft = Draft::new(self);
        for (name, value) in members {
            draft.set(&name, value);
        }
        draft.finish()
    }
}

/// The parser's words without the place.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let words = text.rfind(" at line ").map_or(&*text, |end| &text[..end]);
    words.to_owned()
}

/// The parser's words and the place in the file; the line of the user itself is the caller's to say.
fn with_place(error: &serde_json::Error, at: Position) -> String {
    let (line, column) = (error.line() as u64, error.column() as u64);
    let words = words(error);
    if line <= 1 {
        format!("{words} at column {}", at.column + column.saturating_sub(1))
    } else {
        format!("{words} at line {}, column {column}", at.line + line - 1)
    }
}

/// A user in the making.
struct Draft<'a> {
    rules: &'a Rules,
    user: NewUser,
    secrets: serde_json::Map<String, serde_json::Value>,
    /// Values that are named by paths.
    parts: Vec<(FieldPath, &'a RawValue)>,
    passed_over: u64,
    errors: Vec<RowError>,
    /// Errors that are not told.
    more_errors: usize,
}

impl<'a> Draft<'a> {
    fn new(rules: &'a Rules) -> Self {
        let user = NewUser {
            user_id: String::new(),
            email: None,
            email_verified: None,
            username: None,
            phone_number: None,
            phone_verified: None,
            name: None,
            given_name: None,
            family_name: None,
            nickname: None,
            picture: None,
            blocked: None,
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
        Self {
            rules,
            user,
            secrets: serde_json::Map::new(),
            parts: Vec::new(),
            passed_over: 0,
            errors: Vec::new(),
            more_errors: 0,
        }
    }

    fn set(&mut self, name: &str, value: &'a RawValue) {
        let result = match Attribute::from_name(name) {
            // What is null is not there.
            Some(_) if value.get() == "null" => Ok(()),
            Some(attribute) => self.set_attribute(attribute, value),
            None => self.set_other(name, value),
        };
        if let Err(error) = result {
            self.fail(error);
        }
    }

    fn fail(&mut self, error: RowError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        } else {
            self.more_errors += 1;
        }
    }

    fn set_attribute(&mut self, attribute: Attribute, value: &RawValue) -> Result<(), RowError> {
        use Attribute as A;
        if attribute.importable() == Importable::OnRestore && !self.rules.restore {
            self.passed_over += 1;
            return Ok(());
        }
        match attribute {
            A::UserId => self.user.user_id = user_id(value)?,
            A::Email => self.user.email = Some(email(value)?),
            A::EmailVerified => self.user.email_verified = Some(typed(attribute, value)?),
            A::Username => self.user.username = Some(username(value)?),
            A::PhoneNumber => self.user.phone_number = Some(text(attribute, value)?),
            A::PhoneVerified => self.user.phone_verified = Some(typed(attribute, value)?),
            A::Name => self.user.name = Some(text(attribute, value)?),
            A::GivenName => self.user.given_name = Some(text(attribute, value)?),
            A::FamilyName => self.user.family_name = Some(text(attribute, value)?),
            A::Nickname => self.user.nickname = Some(text(attribute, value)?),
            A::Picture => self.user.picture = Some(picture(value)?),
            A::Blocked => self.user.blocked = Some(typed(attribute, value)?),
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
    fn set_other(&mut self, name: &str, value: &'a RawValue) -> Result<(), RowError> {
        match name {
            "password_hash" | "custom_password_hash" | "mfa_factors" if value.get() == "null" => return Ok(()),
            "password_hash" => secrets::check_password_hash(value)?,
            "custom_password_hash" => secrets::check_custom_password_hash(value)?,
            "mfa_factors" => secrets::check_mfa_factors(value)?,
            // A column that Muster's own exports have by default.
            "connection" => {
                self.passed_over += 1;
                return Ok(());
            }
            _ => return self.set_part(name, value),
        }
        let value = serde_json::from_str(value.get())
            .map_err(|_| RowError::new(ErrorCode::Format, name, format!("{name} is not JSON")))?;
        self.secrets.insert(name.to_owned(), value);
        Ok(())
    }

    /// Names that are paths, as Muster's own exports have them.
    fn set_part(&mut self, name: &str, value: &'a RawValue) -> Result<(), RowError> {
        let Ok(path) = name.parse::<FieldPath>() else {
            let name = shown(name);
            let message = format!("\"{name}\" is not a user attribute");
            return Err(RowError::new(ErrorCode::NotPassed, name, message));
        };
        let attribute = path.attribute();
        let is_part_of_identities = attribute == Attribute::Identities;
        if is_part_of_identities || (attribute.importable() == Importable::OnRestore && !self.rules.restore) {
            // An identity can't be restored from some of its members.
            self.passed_over += 1;
        } else if self.parts.len() == MAX_PARTS {
            let message = format!("there are more than {MAX_PARTS} members that are named by paths");
            return Err(RowError::new(ErrorCode::ArrayLengthLong, attribute.name(), message));
        } else if path.segments().iter().any(|step| matches!(step, Segment::Index(index) if *index >= MAX_INDEX)) {
            let message = format!("an array that is made of parts has at most {MAX_INDEX} entries");
            return Err(RowError::new(ErrorCode::ArrayLengthLong, name, message));
        } else {
            self.parts.push((path, value));
        }
        Ok(())
    }

    /// Puts together what was named by paths, where it is not there as a whole.
    fn set_assembled(&mut self) {
        if self.parts.is_empty() {
            return;
        }
        let parts = std::mem::take(&mut self.parts);
        let user = &self.user;
        let whole = [
            (Attribute::UserMetadata, user.user_metadata.is_some()),
            (Attribute::AppMetadata, user.app_metadata.is_some()),
            (Attribute::Multifactor, user.multifactor.is_some()),
        ];
        for (attribute, is_there) in whole {
            let mut node = Node::default();
            for (path, value) in parts.iter().filter(|(path, _)| path.attribute() == attribute) {
                if is_there || !node.insert(path.segments(), value.get()) {
                    self.passed_over += 1;
                }
            }
            if matches!(node, Node::Missing) {
                continue;
            }
            let mut json = String::new();
            node.write(&mut json);
            let result = RawValue::from_string(json)
                .map_err(|_| {
                    RowError::new(ErrorCode::Format, attribute.name(), format!("{} is not JSON", attribute.name()))
                })
                .and_then(|json| self.set_attribute(attribute, &json));
            if let Err(error) = result {
                self.fail(error);
            }
        }
    }

    fn finish(mut self) -> Result<Validated, Vec<RowError>> {
        self.set_assembled();
        let user = &self.user;
        let identifiers = ["email", "username", "phone_number"];
        let any = user.email.is_some() || user.username.is_some() || user.phone_number.is_some();
        // A broken identifier has an error of its own.
        if !any && !self.errors.iter().any(|error| identifiers.contains(&error.path.as_str())) {
            let message = "one of email, username and phone_number must be there";
            self.fail(RowError::new(ErrorCode::AnyOfMissing, "", message));
        }
        if self.secrets.contains_key("password_hash") && self.secrets.contains_key("custom_password_hash") {
            let message = "password_hash and custom_password_hash exclude each other";
            self.fail(RowError::new(ErrorCode::NotPassed, "password_hash", message));
        }
        if let Some(last) = self.errors.last_mut()
            && self.more_errors > 0
        {
            last.message.push_str(&format!(" (and {} more errors)", self.more_errors));
        }
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let user = &mut self.user;
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
    // What is stored has to keep the rules: a few letters are longer in lower case.
    let username = typed::<String>(Attribute::Username, value)?.to_lowercase();
    check_text(Attribute::Username, &username)?;
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
    let digits = value.get();
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<i64>().is_err() {
        let message = format!("logins_count can't be more than {}", i64::MAX);
        return Err(RowError::new(ErrorCode::Maximum, "logins_count", message));
    }
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
    let millis = OffsetDateTime::parse(&text, &Rfc3339)
        .ok()
        .and_then(|date| i64::try_from(date.unix_timestamp_nanos().div_euclid(1_000_000)).ok())
        // In another time zone, the first and the last year go on a little.
        .filter(|millis| (Timestamp::MIN.0..=Timestamp::MAX.0).contains(millis));
    millis.map(Timestamp).ok_or_else(|| {
        let name = attribute.name();
        RowError::new(ErrorCode::Format, name, format!("{name} must be a date like 2024-02-29T12:00:00.000Z"))
    })
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
