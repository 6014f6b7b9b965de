//! The summary of what is wrong: where to go to mend it.

use leptos::prelude::*;

use super::state::FormState;
use crate::{
    domain::export::{Place, Violation},
    ui::view,
};

/// The summary's id; a submit that fails moves the focus there.
pub const SUMMARY: &str = "error-summary";

/// What was wrong at the last submit, less what is mended since.
///
/// It never grows while someone types: a screen reader would read every keystroke's errors out.
#[component]
pub fn ErrorSummary(
    /// The form.
    state: FormState,
    /// What was wrong at the last submit.
    #[prop(into)]
    found: Signal<Vec<Violation>>,
) -> impl IntoView {
    // Each with the id of its control, which stays when indexes move.
    let items = Memo::new(move |_| {
        let item = |violation: &Violation| Item {
            control: state.control_id(violation.place),
            text: format!("{}{}", label(violation.place), violation.message),
        };
        found.with(|found| found.iter().map(item).collect::<Vec<_>>())
    });
    let open = Memo::new(move |_| {
        let wrong: Vec<_> = state.violations().iter().map(|violation| state.control_id(violation.place)).collect();
        items.with(|items| items.iter().filter(|item| wrong.contains(&item.control)).cloned().collect::<Vec<_>>())
    });
    move || {
        let open = open.get();
        (!open.is_empty()).then(|| {
            let links: Vec<_> = open
                .into_iter()
                .map(|Item { control, text }| {
                    // Left to the browser, which moves the focus along; the client router would only scroll.
                    view! { <li><a href=format!("#{control}") rel="external">{text}</a></li> }
                })
                .collect();
            view! {
                <div class="note note-error" role="alert" id=SUMMARY tabindex="-1">
                    <p><strong>"The export settings need a correction."</strong></p>
                    <ul>{links}</ul>
                </div>
            }
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    control: String,
    text: String,
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
