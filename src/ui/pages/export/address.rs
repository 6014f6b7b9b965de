//! The form in the browser's address.

use leptos::{prelude::*, wasm_bindgen::JsValue};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_url},
};

use crate::domain::export_form::{ExportForm, ExportQuery, PATH};

/// Longest address that is written, in bytes: proxies refuse longer ones, and then a reload would fail.
const MAX_BYTES: usize = 8_000;

/// The page's address, which a form begins with and then writes.
#[derive(Clone, Copy)]
pub struct FormAddress {
    search: Memo<String>,
    /// Counts the resets that leave the address as the router knows it: each asks for a new form.
    resets: RwSignal<u32>,
    /// What the form wrote last. When the router comes to know of it, by a link to a field say, that is no new form.
    written: StoredValue<Option<ExportForm>>,
}

impl FormAddress {
    /// The address of the page that is being made.
    pub fn new() -> Self {
        let url = use_url();
        let search = Memo::new(move |_| url.with(|url| url.search().to_owned()));
        Self { search, resets: RwSignal::new(0), written: StoredValue::new(None) }
    }

    /// Which form is shown, counted from 0; another one begins with what [`Self::query`] says.
    pub fn form_number(self) -> Memo<usize> {
        Memo::new(move |before: Option<&usize>| {
            self.resets.track();
            self.search.track();
            let query = self.query();
            let is_own = !query.check && self.written.get_value() == Some(query.into_form());
            before.map_or(0, |before| if is_own { *before } else { before + 1 })
        })
    }

    /// What the address says. Not tracked.
    pub fn query(self) -> ExportQuery {
        self.search.with_untracked(|search| ExportQuery::parse(search))
    }

    /// Makes the address that of the form, without a new entry in the browser's history. Browser only.
    pub fn write(self, form: &ExportForm) {
        let url = form.to_url();
        // By the time that a pause is over, another page may be there.
        let is_here = location().pathname().is_ok_and(|path| path == PATH);
        if let Ok(history) = window().history()
            && is_here
            && url.len() <= MAX_BYTES
        {
            self.written.set_value(Some(form.clone()));
            let state = history.state().unwrap_or(JsValue::NULL);
            // A browser that refuses has seen too many changes: the next one may get through.
            let _ = history.replace_state_with_url(&state, "", Some(&url));
        }
    }

    /// Gives what begins with a new, empty form. Browser only.
    pub fn resetter(self) -> impl Fn() + Clone + 'static {
        let navigate = use_navigate();
        move || {
            if self.search.with_untracked(String::is_empty) {
                self.write(&ExportForm::default());
                // It is asked for, not typed: the form that is shown is another one.
                self.written.set_value(None);
                self.resets.update(|resets| *resets += 1);
            } else {
                self.written.set_value(None);
                navigate(PATH, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
            }
        }
    }
}
