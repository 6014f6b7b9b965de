//! The form of the page Import Users, and what the page shows of the users that were not imported.

use serde::{Deserialize, Serialize};

use super::{
    error::AppError,
    id::prefixed_id,
    import::{ErrorCode, FailedUser},
    job::JobView,
};

prefixed_id! {
    /// Identifies an upload, and its file: `upl_` and 16 letters or digits.
    UploadId, "upl_"
}

/// The page Import Users, which also takes the form with the file of a browser without JavaScript.
pub const PATH: &str = "/users/import-export/import";

/// Where resumable uploads begin, by the tus protocol 1.0.
pub const UPLOADS: &str = "/uploads";

/// What the form's controls hold but the file, right or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportForm {
    /// The finished upload's id; empty where the file comes with the form.
    pub upload: String,
    /// The connection's id.
    pub connection: String,
    /// Whether users that are there already, by their e-mail address, are updated.
    pub upsert: bool,
    /// Whether attributes that an import may not set are kept as they stand in the file. Admins only.
    pub restore: bool,
    /// Whether nothing is changed: the job tells what would happen.
    pub dry_run: bool,
}

/// Where in the form something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportPlace {
    /// The file.
    File,
    /// The connection.
    Connection,
    /// The switch that keeps read-only attributes.
    Restore,
}

/// A broken rule of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportViolation {
    /// Where.
    pub place: ImportPlace,
    /// One sentence for a person.
    pub message: String,
}

impl ImportViolation {
    /// A rule that is broken at `place`.
    pub fn new(place: ImportPlace, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }
}

/// The answer to a form that a browser without JavaScript has posted, where it leads to no job: the page shows the form again,
/// with the error at its field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedImport {
    /// The form.
    pub form: ImportForm,
    /// What is wrong.
    pub error: AppError,
}

/// The address that takes a `POST` for all failed users of an import, as NDJSON.
pub fn failures_path(job_id: &super::job::JobId) -> String {
    format!("/users/import-export/jobs/{job_id}/failures")
}

/// A page of the users that an import could not import, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FailuresPage {
    /// At most [`FailuresPage::SIZE`] users.
    pub failures: Vec<FailedUser>,
    /// What comes after this number is the next page; `None`: there is none.
    pub next: Option<u64>,
    /// How many users there are of each code; a user with several errors counts for each of their codes.
    pub codes: Vec<(ErrorCode, u64)>,
    /// How many users failed, whatever their codes.
    pub total: u64,
}

impl FailuresPage {
    /// Users on a page.
    pub const SIZE: usize = 50;
}

/// What the page of a job shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownJob {
    /// The job.
    pub job: JobView,
    /// Users that it could not import; none for an export, and for members who may not see them.
    pub failures: FailuresPage,
    /// Which of them these are: those with this error code, or all.
    pub code: Option<ErrorCode>,
    /// And those after the user with this number in the file.
    pub after: u64,
}

/// Most characters of a file's name that are kept.
const MAX_FILE_NAME_CHARS: usize = 255;

/// A file's name as a browser or a program tells it, without folders and what no name has: it is shown, and nothing else is done
/// with it.
pub fn file_name(told: &str) -> String {
    let name = told.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|char| !char.is_control()).take(MAX_FILE_NAME_CHARS).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        for (told, expected) in [
            ("users.json", "users.json"),
            ("C:\\Users\\Ann\\users.json", "users.json"),
            ("../../etc/passwd", "passwd"),
            ("a/", ""),
            (" a\r\nb\0.json ", "ab.json"),
            ("пользователи.ndjson.gz", "пользователи.ndjson.gz"),
            ("", ""),
        ] {
            assert_eq!(file_name(told), expected, "{told:?}");
        }
        assert_eq!(file_name(&"é".repeat(300)).chars().count(), 255);
    }
}
