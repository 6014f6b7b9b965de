//! The job that was submitted a moment ago: the page Import/Export Users points it out.

use leptos::prelude::*;

use crate::domain::job::JobId;

/// Its id, from the form's page to the list's page.
#[derive(Clone, Copy)]
pub struct Submitted(pub RwSignal<Option<JobId>>);

/// Makes [`Submitted`] known to all pages.
pub fn provide_submitted() {
    provide_context(Submitted(RwSignal::new(None)));
}

/// The signal of [`Submitted`].
pub fn use_submitted() -> RwSignal<Option<JobId>> {
    use_context::<Submitted>().map_or_else(|| RwSignal::new(None), |Submitted(id)| id)
}
