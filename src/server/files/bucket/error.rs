//! What an object store's failures mean for people.

use std::{error::Error, io};

/// Writes a failure with all that is known into the log; the error has words for whoever waits for the file.
pub(in crate::server::files) fn failed(error: object_store::Error) -> io::Error {
    tracing::error!(error = chain(&error), "the object store failed");
    io::Error::other(words(&error))
}

/// `None`: there is no such object.
///
/// # Errors
/// For every other failure.
pub(in crate::server::files) fn found<T>(result: object_store::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// The failure in a few words that name nothing.
pub(super) fn words(error: &object_store::Error) -> &'static str {
    const REFUSED: &str = "the object store refuses the server's credentials";
    const MISSING: &str = "the object store has no such bucket, or the file has vanished from it";
    match error {
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => REFUSED,
        object_store::Error::NotFound { .. } => MISSING,
        object_store::Error::Precondition { .. } => "the file has changed in the object store",
        // Listing has no kinds of errors: only the text has the status.
        error => match status(&chain(error)) {
            Some("401" | "403") => REFUSED,
            Some("404") => MISSING,
            _ => "the object store can't be reached, or fails",
        },
    }
}

/// The HTTP status of which an error's text speaks.
fn status(text: &str) -> Option<&str> {
    text.split_once("status code: ")?.1.get(..3)
}

/// The failure and its causes, on one line.
pub(super) fn chain(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        // Most causes are in the words of what they caused.
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = next.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_people() {
        let listing = |text: &str| object_store::Error::Generic { store: "S3", source: text.into() };
        let denied = object_store::Error::PermissionDenied { path: "a".to_owned(), source: "b".into() };
        for (error, part) in [
            (denied, "credentials"),
            (listing("Server returned non-2xx status code: 403 Forbidden: <Error>"), "credentials"),
            (listing("Server returned non-2xx status code: 404 Not Found: <Error>"), "no such bucket"),
            (listing("Server returned non-2xx status code: 503 Slow Down"), "can't be reached"),
            (listing("status code: 4"), "can't be reached"),
            (listing("error sending request"), "can't be reached"),
        ] {
            assert!(words(&error).contains(part), "{error}: {}", words(&error));
        }
    }

    #[test]
    fn causes_are_told_once_and_on_one_line() {
        let source = std::io::Error::new(io::ErrorKind::NotConnected, "refused\n  by the host");
        let error = object_store::Error::Generic { store: "S3", source: source.into() };
        assert_eq!(chain(&error), "Generic S3 error: refused by the host");
    }
}
