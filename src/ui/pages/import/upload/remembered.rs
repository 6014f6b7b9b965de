//! Uploads that were interrupted: kept in the browser, so that they go on after a reload.

use leptos::{
    prelude::*,
    web_sys::{File, Storage},
};

use super::now;

/// What the keys of all uploads begin with.
const PREFIX: &str = "muster-upload ";

/// How long the server keeps an upload to which nothing is added.
const LIFETIME_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// What tells a file from others: browsers don't say where it is.
pub fn key(file: &File) -> String {
    // Both are whole numbers, and code to write others weighs more than all else of this file.
    format!("{PREFIX}{} {} {}", file.size() as u64, file.last_modified() as i64, file.name())
}

/// Where the upload of the file with this key is.
pub fn find(key: &str) -> Option<String> {
    let kept = storage()?.get_item(key).ok().flatten()?;
    fresh(&kept, now()).map(str::to_owned)
}

/// Remembers where it is. A browser that keeps nothing begins anew after a reload.
pub fn keep(key: &str, location: &str) {
    if let Some(storage) = storage() {
        _ = storage.set_item(key, &format!("{} {location}", now()));
    }
}

/// Forgets it.
pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        _ = storage.remove_item(key);
    }
}

/// The name of a file whose upload was interrupted. What the server has deleted by now is forgotten.
pub fn unfinished() -> Option<String> {
    let storage = storage()?;
    let keys: Vec<_> =
        (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten()).collect();
    let mut found = None;
    for key in keys {
        let Some(name) = key.strip_prefix(PREFIX).and_then(|rest| rest.splitn(3, ' ').nth(2)) else { continue };
        if find(&key).is_some() {
            found = Some(name.to_owned());
        } else {
            forget(&key);
        }
    }
    found
}

/// What was kept, unless it is too old.
fn fresh(kept: &str, now: u64) -> Option<&str> {
    let (at, location) = kept.split_once(' ')?;
    let age = now.saturating_sub(at.parse().ok()?);
    (age < LIFETIME_MILLIS).then_some(location)
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_has_deleted_is_not_gone_on_with() {
        for (kept, now, location) in [
            ("1000 /uploads/upl_1", 1_000, Some("/uploads/upl_1")),
            ("1000 /uploads/upl_1", 1_000 + LIFETIME_MILLIS - 1, Some("/uploads/upl_1")),
            ("1000 /uploads/upl_1", 1_000 + LIFETIME_MILLIS, None),
            ("/uploads/upl_1", 1_000, None),
            ("", 1_000, None),
        ] {
            assert_eq!(fresh(kept, now), location, "{kept}");
        }
    }
}
