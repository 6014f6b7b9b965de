//! The import's own files, and nothing else of Muster: a fuzzer has thirty crates to compile instead of four hundred.
#![allow(dead_code, unused_imports, missing_docs)]

pub mod domain {
    #[path = "../../../src/domain/connection.rs"]
    pub mod connection;
    #[path = "../../../src/domain/cursor.rs"]
    pub mod cursor;
    #[path = "../../../src/domain/field.rs"]
    pub mod field;
    #[path = "../../../src/domain/id.rs"]
    pub mod id;
    #[path = "../../../src/domain/import.rs"]
    pub mod import;
    #[path = "../../../src/domain/timestamp.rs"]
    pub mod timestamp;
    #[path = "../../../src/domain/user.rs"]
    pub mod user;
    #[path = "../../../src/domain/user_search.rs"]
    pub mod user_search;
}

pub mod server {
    #[path = "../../../src/server/compact_json.rs"]
    pub mod compact_json;
    #[path = "../../../src/server/import/mod.rs"]
    pub mod import;

    /// Randomness that is the same every time, so that what a fuzzer finds can be found again.
    pub mod random {
        pub fn user_id_suffix() -> String {
            "0".repeat(24)
        }
    }
}
