//! The address of a bucket: `s3://bucket/prefix?endpoint=https://host:port&region=eu-central-1`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

/// A bucket of an object store that speaks S3, and where in it the files are. It never holds credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketUrl {
    text: String,
    bucket: String,
    prefix: String,
    endpoint: Option<String>,
    region: Option<String>,
    allow_http: bool,
}

impl BucketUrl {
    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What the names of all objects begin with, without slashes at its ends; empty: nothing.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The object store's origin, such as `https://s3.example.com:9000`; `None`: the environment says it, else it is Amazon's.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// The region; `None`: the environment says it.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Whether files may go over the network without encryption.
    pub fn allow_http(&self) -> bool {
        self.allow_http
    }
}

impl FromStr for BucketUrl {
    type Err = String;

    /// No message repeats the address: it could have a secret in it that does not belong there.
    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("not an address like s3://bucket/prefix: {error}"))?;
        if url.scheme() != "s3" {
            return Err("must begin with s3://".to_owned());
        }
        check_no_credentials(&url)?;
        if url.port().is_some() {
            return Err("a bucket has no port; name the object store's host and port with ?endpoint=".to_owned());
        }
        if url.fragment().is_some() {
            return Err("must not have a #".to_owned());
        }
        let bucket = url.host_str().unwrap_or_default();
        check_bucket(bucket)?;
        let prefix = url.path().trim_matches('/');
        check_prefix(prefix)?;
        let mut parsed = Self {
            text: text.to_owned(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: None,
            region: None,
            allow_http: false,
        };
        let (mut seen, mut allow_http) = (Vec::new(), None);
        for (key, value) in url.query_pairs() {
            if seen.contains(&key) {
                return Err(format!("{key} is there twice"));
            }
            match &*key {
                "endpoint" => parsed.endpoint = Some(origin(&value)?),
                "region" => parsed.region = Some(region(&value)?),
                "allow_http" => allow_http = Some(switch(&value)?),
                _ => return Err(format!("\"{key}\" is unknown; known are endpoint, region and allow_http")),
            }
            seen.push(key);
        }
        let is_http = parsed.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http:"));
        if is_http && allow_http == Some(false) {
            return Err("the endpoint is http, which allow_http=false rules out".to_owned());
        }
        parsed.allow_http = allow_http.unwrap_or(is_http);
        Ok(parsed)
    }
}

impl TryFrom<String> for BucketUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<BucketUrl> for String {
    fn from(url: BucketUrl) -> Self {
        url.text
    }
}

fn check_no_credentials(url: &Url) -> Result<(), String> {
    if url.username().is_empty() && url.password().is_none() {
        Ok(())
    } else {
        Err("must not hold credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead".to_owned())
    }
}

/// Names that every object store takes.
fn check_bucket(name: &str) -> Result<(), String> {
    let edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = |byte: u8| edge(byte) || byte == b'-' || byte == b'.';
    let bytes = name.as_bytes();
    let edges = bytes.first().is_some_and(|byte| edge(*byte)) && bytes.last().is_some_and(|byte| edge(*byte));
    if (3..=63).contains(&bytes.len()) && edges && bytes.iter().all(|byte| inner(*byte)) {
        Ok(())
    } else {
        Err("a bucket's name has 3 to 63 small letters, digits, \"-\" or \".\", and begins and ends with a letter or digit"
            .to_owned())
    }
}

/// Names that need no escape anywhere.
fn check_prefix(prefix: &str) -> Result<(), String> {
    let is_name = |part: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(known)
    };
    if prefix.is_empty() || prefix.split('/').all(is_name) {
        Ok(())
    } else {
        Err("a prefix has letters, digits, \"-\", \"_\" and \".\", with one \"/\" between its parts".to_owned())
    }
}

/// The origin that an endpoint is.
fn origin(text: &str) -> Result<String, String> {
    let wrong = || "endpoint must be like https://s3.example.com:9000".to_owned();
    let url = Url::parse(text).map_err(|_| wrong())?;
    check_no_credentials(&url)?;
    let is_origin = matches!(url.scheme(), "http" | "https") && url.path() == "/";
    if is_origin && url.query().is_none() && url.fragment().is_none() {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(wrong())
    }
}

fn region(text: &str) -> Result<String, String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !text.is_empty() && text.bytes().all(known) {
        Ok(text.to_owned())
    } else {
        Err("region must be like eu-central-1".to_owned())
    }
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "" | "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("allow_http must be true or false, or stand alone".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::BucketUrl;

    #[test]
    fn parts() {
        let url: BucketUrl =
            "s3://files/a/b/?endpoint=http://127.0.0.1:9000/&region=eu-central-1&allow_http".parse().unwrap();
        assert_eq!((url.bucket(), url.prefix()), ("files", "a/b"));
        assert_eq!((url.endpoint(), url.region()), (Some("http://127.0.0.1:9000"), Some("eu-central-1")));
        assert!(url.allow_http());
        let url: BucketUrl = "s3://files?endpoint=http://127.0.0.1:9000".parse().unwrap();
        assert!(url.allow_http(), "it says so itself");
        let url: BucketUrl = "s3://my.files".parse().unwrap();
        assert_eq!((url.bucket(), url.prefix(), url.endpoint(), url.region()), ("my.files", "", None, None));
        assert!(!url.allow_http());
        let url: BucketUrl = "s3://files?endpoint=https%3A%2F%2Fs3.example.com".parse().unwrap();
        assert_eq!(url.endpoint(), Some("https://s3.example.com"));
        assert_eq!(String::from(url), "s3://files?endpoint=https%3A%2F%2Fs3.example.com");
    }

    #[test]
    fn errors_say_what_is_wrong_and_repeat_no_secret() {
        for (text, part) in [
            ("files", "not an address"),
            ("https://files", "must begin with s3://"),
            ("s3://hunter2@files", "AWS_ACCESS_KEY_ID"),
            ("s3://key:hunter2@files", "AWS_ACCESS_KEY_ID"),
            ("s3://files?endpoint=https://key:hunter2@host", "AWS_ACCESS_KEY_ID"),
            ("s3://files:9000", "no port"),
            ("s3://files#a", "#"),
            ("s3://", "3 to 63"),
            ("s3://Files", "3 to 63"),
            ("s3://-files", "3 to 63"),
            ("s3://files/a//b", "prefix"),
            ("s3://files/a%20b", "prefix"),
            ("s3://files?secret_access_key=hunter2", "\"secret_access_key\" is unknown"),
            ("s3://files?region=a&region=b", "twice"),
            ("s3://files?region=", "region must be like"),
            ("s3://files?endpoint=host:9000", "endpoint must be like"),
            ("s3://files?endpoint=https://host/path", "endpoint must be like"),
            ("s3://files?endpoint=http://host&allow_http=false", "rules out"),
            ("s3://files?allow_http=maybe", "true or false"),
        ] {
            let message = text.parse::<BucketUrl>().unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
            assert!(!message.contains("hunter2") && !message.contains('\n'), "{message}");
        }
    }
}
