//! A page that shows the server's answer anew after each change that it asked for.

use leptos::prelude::*;

use super::{layout::SessionResource, live::Live};

/// Fetches `live` again whenever `version` changes, then calls `after`. Who lost their role or session by it gets the
/// frame of the page anew too.
pub fn refresh_on<T: PartialEq + Send + Sync + 'static>(
    live: Live<T>,
    version: impl Fn() -> usize + Send + Sync + 'static,
    after: impl Fn() + Copy + Send + Sync + 'static,
) {
    let session = use_context::<SessionResource>();
    Effect::new(move |before: Option<usize>| {
        let version = version();
        if before.is_some_and(|before| before != version) {
            live.refresh(move || {
                if let (true, Some(SessionResource(session))) = (live.ended.with_untracked(Option::is_some), session) {
                    session.refetch();
                }
                after();
            });
        }
        version
    });
}
