//! The summary of what is wrong: where to go to mend it.

use leptos::prelude::*;

use super::state::FormState;
use crate::{
    domain::export::{Place, Violation},
    ui::{components::rows::rows, reactive, view},
};

/// The summary's id; a submit that fails moves the focus there.
pub const SUMMARY: &str = "error-summary";

/// What was wrong at the last submit, each with the id of its control, which stays when indexes move.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Found {
    control: String,
    text: String,
}

impl FormState {
    /// What `violations` of the form as it is are shown as.
    pub fn found(self, violations: &[Violation]) -> Vec<Found> {
        let found = |violation: &Violation| Found {
            control: self.control_id(violation.place),
            text: format!("{}{}", label(violation.place), violation.message),
        };
        violations.iter().map(found).collect()
    }
}

/// What was wrong at the last submit, less what is mended since.
///
/// It never grows while someone types: a screen reader would read every keystroke's errors out.
#[component]
pub fn ErrorSummary(
    /// The form.
    state: FormState,
    /// What was wrong at the last submit.
    found: RwSignal<Vec<Found>>,
) -> AnyView {
    let open = move || {
        let wrong: Vec<_> = state.violations().iter().map(|violation| state.control_id(violation.place)).collect();
        found.with(|found| found.iter().filter(|found| wrong.contains(&found.control)).cloned().collect::<Vec<_>>())
    };
    let any = Memo::new(move |_| !open().is_empty());
    // Left to the browser, which moves the focus along; the client router would only scroll.
    let link = |Found { control, text }| view! { <li><a href=format!("#{control}") rel="external">{text}</a></li> };
    reactive(move || {
        any.get().then(|| {
            view! {
                <div class="note note-error" role="alert" id=SUMMARY tabindex="-1">
                    <p><strong>"The export settings need a correction."</strong></p>
                    <ul>{rows(open, Clone::clone, link)}</ul>
                </div>
            }
        })
    })
}

/// Which control it is about, where the message does not say so itself.
fn label(place: Place) -> String {
    match place {
        Place::FieldName(index) => format!("Field {}, User Attribute: ", index + 1),
        Place::FieldTitle(index) => format!("Field {}, Field Name: ", index + 1),
        Place::Query => "Search: ".to_owned(),
        Place::Connection | Place::Format | Place::Limit | Place::Fields => String::new(),
    }
}
