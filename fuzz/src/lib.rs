//! The import's own files, and nothing else of Muster: a fuzzer has thirty crates to compile instead of four hundred.
#![allow(dead_code, unused_imports, missing_docs)]

#[path = "../../src/domain"]
pub mod domain {
    pub mod connection;
    pub mod cursor;
    pub mod field;
    pub mod id;
    pub mod import;
    pub mod timestamp;
    pub mod user;
    pub mod user_search;
}

#[path = "../../src/server"]
pub mod server {
    pub mod compact_json;
    pub mod import;

    /// Randomness that is the same every time, so that what a fuzzer finds can be found again.
    pub mod random {
        pub fn user_id_suffix() -> String {
            "0".repeat(24)
        }
    }
}
