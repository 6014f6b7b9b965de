//! What the address of the page Import/Export Users says: which of the jobs it shows.

use leptos::prelude::*;
use leptos_router::hooks::use_url;

use crate::domain::job::JobId;

/// The address of the page.
pub const PATH: &str = "/users/import-export";

/// Which jobs the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobsQuery {
    /// Only the member's own: `jobs=mine`.
    pub mine: bool,
    /// Only those older than the job with this id, unless it is empty: `older=job_…`.
    pub older_than: String,
}

impl JobsQuery {
    /// The address that shows these jobs.
    pub fn address(&self) -> String {
        let mine = self.mine.then(|| "jobs=mine".to_owned());
        let older = self.older_than.parse::<JobId>().ok().map(|id| format!("older={id}"));
        let query: Vec<_> = mine.into_iter().chain(older).collect();
        if query.is_empty() { PATH.to_owned() } else { format!("{PATH}?{}", query.join("&")) }
    }
}

/// The query of the page's address, for as long as the page is shown.
pub fn use_jobs_query() -> Memo<JobsQuery> {
    let url = use_url();
    Memo::new(move |before: Option<&JobsQuery>| {
        url.with(|url| {
            // On the way to another page, its address comes before this page goes.
            if let (Some(before), true) = (before, url.path() != PATH) {
                return before.clone();
            }
            JobsQuery {
                mine: url.search_params().get_str("jobs") == Some("mine"),
                older_than: url.search_params().get("older").unwrap_or_default(),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::JobsQuery;

    #[test]
    fn addresses() {
        for (mine, older_than, address) in [
            (false, "", "/users/import-export"),
            (true, "", "/users/import-export?jobs=mine"),
            (false, "job_0000000000000001", "/users/import-export?older=job_0000000000000001"),
            (true, "job_0000000000000001", "/users/import-export?jobs=mine&older=job_0000000000000001"),
        ] {
            assert_eq!(JobsQuery { mine, older_than: older_than.to_owned() }.address(), address);
        }
    }
}
