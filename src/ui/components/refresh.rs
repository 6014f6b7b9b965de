//! A page that shows the server's answer anew after each change that it asked for.

use leptos::prelude::*;

use super::{layout::SessionResource, live::Fetching, submit::Form};

/// Fetches again after each answer to the form, then calls `after`. Who lost their role or session by it gets the
/// frame of the page anew too.
pub fn refresh_on(form: Form, live: Fetching, after: impl Fn() + Copy + 'static) {
    let session = use_context::<SessionResource>();
    form.after_each(move || {
        live.refresh(move || {
            if let (true, Some(SessionResource(session))) = (live.ended.with_untracked(Option::is_some), session) {
                session.refetch();
            }
            after();
        });
    });
}
