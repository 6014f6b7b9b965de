//! What the page of a job shows, from the server.

use serde::{Deserialize, Serialize};

use super::failures_query::FailuresQuery;
use crate::{
    domain::{error::AppError, import_form::FailuresPage, job::JobView},
    rpc::{exports::get_job, imports::import_failures},
};

/// A job, and a page of its failed users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The job.
    pub job: JobView,
    /// Users that it could not import; empty for an export, and for members who may not see them.
    pub failures: FailuresPage,
    /// Which of them these are.
    pub query: FailuresQuery,
}

/// Fetches the job, and the failed users if they are other ones than those that are known.
pub async fn fetch(id: String, query: FailuresQuery, known: Option<Shown>) -> Result<Shown, AppError> {
    let job = get_job(id.clone()).await?;
    let failed = failed(&job);
    let failures = if failed == 0 || !job.can_see_failures {
        FailuresPage::default()
    } else {
        // A failed user stays as it is; there are only more of them.
        match known.filter(|known| known.query == query && self::failed(&known.job) == failed) {
            Some(known) => known.failures,
            None => import_failures(id, query.code().to_owned(), query.after).await?,
        }
    };
    Ok(Shown { job, failures, query })
}

fn failed(job: &JobView) -> u64 {
    job.summary.map_or(0, |summary| summary.failed)
}
