//! What the page Import Users offers to whom.

use serde::{Deserialize, Serialize};

use super::connection::Connection;

/// What a member who may import can choose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportOptions {
    /// The connections that users can be imported into, by name.
    pub connections: Vec<Connection>,
    /// Most bytes of a file.
    pub max_bytes: u64,
    /// Whether read-only attributes can be restored.
    pub can_restore: bool,
}
