//! What the address of a job's page says: which of the failed users it shows.

use leptos::prelude::*;
use leptos_router::hooks::use_url;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{import::ErrorCode, job::JobId},
    ui::pages::jobs::{controls::job_path, query::PATH},
};

/// Which failed users the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FailuresQuery {
    /// Only those with this error: `code=PATTERN`.
    pub code: Option<ErrorCode>,
    /// Only those behind the user with this number in the file: `after=120`.
    pub after: u64,
}

impl FailuresQuery {
    /// The address of the job's page that shows these.
    pub fn address(&self, id: &JobId) -> String {
        let code = self.code.map(|code| format!("code={}", code.name()));
        let after = (self.after > 0).then(|| format!("after={}", self.after));
        let query: Vec<_> = code.into_iter().chain(after).collect();
        let path = job_path(id);
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// The code's name; empty: all.
    pub fn code(&self) -> &'static str {
        self.code.map_or("", ErrorCode::name)
    }
}

/// The query of the page's address, for as long as the page is shown.
pub fn use_failures_query() -> Memo<FailuresQuery> {
    let url = use_url();
    Memo::new(move |before: Option<&FailuresQuery>| {
        url.with(|url| {
            let is_here = url.path().strip_prefix(PATH).is_some_and(|path| path.starts_with("/jobs/"));
            // On the way to another page, its address comes before this page goes.
            if let (Some(before), false) = (before, is_here) {
                return *before;
            }
            let params = url.search_params();
            FailuresQuery {
                code: params.get_str("code").and_then(|code| code.parse().ok()),
                after: params.get_str("after").and_then(|after| after.parse().ok()).unwrap_or(0),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let id: JobId = "job_0000000000000001".parse().unwrap();
        for (code, after, query) in [
            (None, 0, ""),
            (Some(ErrorCode::Pattern), 0, "?code=PATTERN"),
            (None, 120, "?after=120"),
            (Some(ErrorCode::DuplicatedUser), 7, "?code=DUPLICATED_USER&after=7"),
        ] {
            let address = FailuresQuery { code, after }.address(&id);
            assert_eq!(address, format!("/users/import-export/jobs/job_0000000000000001{query}"));
        }
    }
}
