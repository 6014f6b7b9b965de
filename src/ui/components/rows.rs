//! Lists whose entries come and go while the page shows them.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use leptos::prelude::*;

use crate::ui::view;

/// An entry that may have to be shown.
#[derive(Clone)]
struct Entry {
    key: u64,
    view: Arc<dyn Fn() -> AnyView + Send + Sync>,
}

/// What `view` makes of each entry. An entry with the key of one that is shown already stays the same element.
pub fn rows<T, K, V>(
    each: impl Fn() -> Vec<T> + Send + Sync + 'static,
    key: impl Fn(&T) -> K + Send + Sync + 'static,
    view: V,
) -> AnyView
where
    T: Clone + Send + Sync + 'static,
    K: Hash,
    V: Fn(T) -> AnyView + Clone + Send + Sync + 'static,
{
    let entry = move |value: T| {
        let mut hasher = DefaultHasher::new();
        key(&value).hash(&mut hasher);
        let view = view.clone();
        Entry { key: hasher.finish(), view: Arc::new(move || view(value.clone())) }
    };
    keyed(Arc::new(move || each().into_iter().map(&entry).collect()))
}

/// The part that is the same for all lists.
fn keyed(each: Arc<dyn Fn() -> Vec<Entry> + Send + Sync>) -> AnyView {
    view! { <For each=move || each() key=|entry| entry.key children=|entry| (entry.view)() /> }
}
