//! An import's settings.

use serde::{Deserialize, Serialize};

/// What an import was asked to do, as its job keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportInput {
    /// The connection's id.
    pub connection_id: String,
    /// Whether users that are there already (by their e-mail address) are updated rather than failures.
    #[serde(default)]
    pub upsert: bool,
    /// Whether attributes that an import may not set are kept as they stand in the file.
    #[serde(default)]
    pub restore: bool,
    /// Whether nothing is changed: the job tells what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// What a program calls the import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The file's name on the computer that it came from, for people; nothing else is told by it.
    #[serde(default)]
    pub file_name: String,
    /// The file's length, as it was uploaded.
    #[serde(default)]
    pub file_bytes: u64,
}
