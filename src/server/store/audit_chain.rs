//! The hash chain of the audit log: how an entry is hashed, and how a chain is checked. `docs/AUDIT.md` has the format for
//! those who check it with another program.

use serde::{Deserialize, Serialize};

use crate::server::random::sha256_hex;

/// The hash before the first entry's.
pub const FIRST_PREV_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// All columns of an entry, as they are hashed and exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When, in ISO 8601 with milliseconds.
    pub at: String,
    /// `member`, `system`, `operator` or `anonymous`.
    pub actor: String,
    /// Key of the member who acted, or whose account was tried.
    pub member_id: Option<i64>,
    /// That member's e-mail address as it then was.
    pub member_email: Option<String>,
    /// What was done.
    pub action: String,
    /// The job that it is about.
    pub job_id: Option<String>,
    /// The address it came from.
    pub address: Option<String>,
    /// What the client said it was.
    pub user_agent: Option<String>,
    /// A JSON object, as text: the hash is over its bytes.
    pub details: String,
    /// The hash of the entry before.
    pub prev_hash: String,
    /// The hash of this one.
    pub hash: String,
}

impl Record {
    /// What [`Record::hash`] must be: SHA-256 over the other columns, each as its length in bytes, a colon, its text and a
    /// line feed; an absent one is a hyphen and a line feed. So no two entries are the same bytes.
    pub fn compute_hash(&self) -> String {
        let (seq, member_id) = (self.seq.to_string(), self.member_id.map(|id| id.to_string()));
        let columns = [
            Some(&self.prev_hash),
            Some(&seq),
            Some(&self.at),
            Some(&self.actor),
            member_id.as_ref(),
            self.member_email.as_ref(),
            Some(&self.action),
            self.job_id.as_ref(),
            self.address.as_ref(),
            self.user_agent.as_ref(),
            Some(&self.details),
        ];
        let mut text = String::new();
        for column in columns {
            match column {
                Some(value) => text.extend([value.len().to_string().as_str(), ":", value, "\n"]),
                None => text.push_str("-\n"),
            }
        }
        sha256_hex(text.as_bytes())
    }
}

/// An entry that must be in the chain: one that was noted outside of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Its place.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

impl std::str::FromStr for Anchor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(seq, hash)| Some((seq.parse().ok()?, hash.to_ascii_lowercase())));
        match parts {
            Some((seq, hash)) if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Ok(Self { seq, hash })
            }
            _ => Err("use SEQ:HASH, an entry's number and the 64 hexadecimal digits of its hash".to_owned()),
        }
    }
}

/// What is wrong with a chain: the first thing that is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The columns don't have this hash.
    #[error("entry {0} was changed: its hash is not that of its columns")]
    Changed(i64),
    /// It is not the entry that must come here.
    #[error("entry {found} comes where entry {expected} must be: entries were removed, inserted or reordered")]
    OutOfOrder {
        /// The one that must come.
        expected: i64,
        /// The one that does.
        found: i64,
    },
    /// Its `prev_hash` is not the hash of the entry before.
    #[error("entry {0} does not follow from the one before it: one of the two was replaced")]
    NotLinked(i64),
    /// The noted entry is not there.
    #[error("entry {0}, which was expected, is not there: the end was cut off")]
    Missing(i64),
    /// The noted entry has another hash.
    #[error("entry {0} has another hash than was expected: the chain was replaced")]
    Replaced(i64),
}

/// Checks a chain, entry by entry, from its first on.
#[derive(Debug, Clone)]
pub struct Verifier {
    gaps_allowed: bool,
    expected: Option<Anchor>,
    last: Option<Anchor>,
    entries: u64,
    gaps: u64,
}

/// A chain without a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many entries.
    pub entries: u64,
    /// How often entries are left out between two; only where that was allowed.
    pub gaps: u64,
    /// The last entry; absent for an empty log.
    pub last: Option<Anchor>,
}

impl Verifier {
    /// A verifier of a whole log or, with `gaps_allowed`, of some of its entries. `expected` must be among them.
    pub fn new(gaps_allowed: bool, expected: Option<Anchor>) -> Self {
        Self { gaps_allowed, expected, last: None, entries: 0, gaps: 0 }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// [`Broken`], if it can't be the next.
    pub fn check(&mut self, record: &Record) -> Result<(), Broken> {
        let (last_seq, last_hash) = match &self.last {
            Some(last) => (last.seq, last.hash.as_str()),
            None => (0, FIRST_PREV_HASH),
        };
        let expected = last_seq.saturating_add(1);
        let gap = record.seq != expected;
        if gap && !(self.gaps_allowed && record.seq > expected) {
            return Err(Broken::OutOfOrder { expected, found: record.seq });
        }
        if record.compute_hash() != record.hash {
            return Err(Broken::Changed(record.seq));
        }
        if !gap && record.prev_hash != last_hash {
            return Err(Broken::NotLinked(record.seq));
        }
        if let Some(expected) = self.expected.take_if(|expected| expected.seq == record.seq)
            && expected.hash != record.hash
        {
            return Err(Broken::Replaced(record.seq));
        }
        self.last = Some(Anchor { seq: record.seq, hash: record.hash.clone() });
        self.entries += 1;
        self.gaps += u64::from(gap);
        Ok(())
    }

    /// Ends the chain.
    ///
    /// # Errors
    /// [`Broken::Missing`], if the expected entry did not come.
    pub fn finish(self) -> Result<Verified, Broken> {
        match self.expected {
            Some(expected) => Err(Broken::Missing(expected.seq)),
            None => Ok(Verified { entries: self.entries, gaps: self.gaps, last: self.last }),
        }
    }
}
