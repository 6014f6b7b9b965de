//! The list of jobs: pages of it, and the member's own.

use std::collections::HashSet;

use muster::{domain::job::JobsPage, server::store::jobs::Lane};

use crate::{
    databases::on_every_database,
    support::{World, request},
};

on_every_database! {
    pages_hold_every_job_once_the_newest_first,
}

async fn pages_hold_every_job_once_the_newest_first(mut world: World) {
    world.settings.workers = 0;
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    assert_eq!(viewer.jobs(&[]).await, JobsPage::default());
    let mut added = Vec::new();
    for number in 0..120 {
        let member = if number % 3 == 0 { "viewer@acme.test" } else { "editor@acme.test" };
        added.push((world.add_job(Lane::Bulk, &request("csv", &[]), member).await, member));
        // Jobs of the same millisecond are in the order of their ids.
        world.clock.advance_millis(i64::from(number % 2));
    }
    for (mine, sizes) in [("false", vec![50, 50, 20]), ("true", vec![40])] {
        let (mut found, mut pages, mut older_than) = (Vec::new(), Vec::new(), String::new());
        loop {
            let page = viewer.jobs(&[("mine", mine), ("older_than", &older_than)]).await;
            pages.push(page.jobs.len());
            found.extend(page.jobs);
            match page.older_than {
                Some(id) => older_than = id.to_string(),
                None => break,
            }
        }
        assert_eq!(pages, sizes, "mine: {mine}");
        assert!(found.is_sorted_by_key(|job| std::cmp::Reverse((job.created_at, job.id.clone()))));
        let expected = added.iter().filter(|(_, member)| mine == "false" || *member == "viewer@acme.test");
        let found: HashSet<_> = found.into_iter().map(|job| job.id).collect();
        assert_eq!(found, expected.map(|(id, _)| id.clone()).collect());
    }
    let gone = viewer.jobs(&[("older_than", "job_0000000000000000")]).await;
    assert_eq!(gone, JobsPage::default(), "whatever was older has expired with it");
    let nonsense = viewer.rpc("list_jobs", &[("older_than", "2")]).await;
    assert_eq!(nonsense.status(), 422);
    assert!(nonsense.text().await.unwrap().contains("This page of jobs does not exist."));
    server.running.stop().await;
}
