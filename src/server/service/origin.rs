//! Where a request came from, for the audit log and for limits by address.

use std::net::IpAddr;

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address; absent for the command line.
    pub address: Option<IpAddr>,
    /// What the client says it is, cut to [`Origin::MAX_USER_AGENT_CHARS`].
    pub user_agent: Option<String>,
}

impl Origin {
    /// Most characters that are kept of what a client says of itself.
    pub const MAX_USER_AGENT_CHARS: usize = 256;
}
