//! The file: chosen, or dropped anywhere on the page.

use leptos::{
    ev, html,
    prelude::*,
    web_sys::{DataTransfer, File},
};

use super::upload::remembered;
use crate::{
    domain::error::bytes_in_words,
    ui::{components::alert::FieldError, effect::effect, format, view},
};

/// The id of the control.
pub const FILE: &str = "file";

/// What the browser offers to choose first.
const ACCEPTED: &str = ".json,.ndjson,.jsonl,.csv,.gz";

/// A file that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chosen {
    name: String,
    size: u64,
    /// Whether a part of it was uploaded before.
    begun: bool,
}

/// The file that the control holds. Browser only.
pub fn chosen_file(input: NodeRef<html::Input>) -> Option<File> {
    input.get_untracked()?.files()?.get(0)
}

/// The control, what it takes, and where a file can be dropped.
#[component]
pub fn FileSection(
    /// The control.
    input: NodeRef<html::Input>,
    /// Most bytes of a file.
    max_bytes: u64,
    /// Whether the page's script runs.
    runs: RwSignal<bool>,
    /// Whether the form can't be changed now.
    busy: Signal<bool>,
    /// What is wrong with the file.
    error: Signal<Option<String>>,
    /// Told that something was dropped, and what is wrong with it.
    on_drop: Callback<Option<&'static str>>,
) -> AnyView {
    let chosen = RwSignal::new(None::<Chosen>);
    let over = RwSignal::new(false);
    let unfinished = RwSignal::new(None::<String>);
    let look = move || {
        chosen.set(chosen_file(input).map(|file| Chosen {
            name: file.name(),
            // Below 2^53.
            size: file.size() as u64,
            begun: remembered::find(&remembered::key(&file)).is_some(),
        }));
    };
    effect(move || {
        // Someone may have chosen before the page was taken over, and browsers restore what was chosen.
        look();
        unfinished.set(remembered::unfinished());
        let take = move |dropped: DataTransfer| {
            let files = dropped.files().filter(|files| files.length() > 0);
            match (files, input.get_untracked()) {
                (Some(files), Some(input)) if files.length() == 1 => {
                    input.set_files(Some(&files));
                    look();
                    on_drop.run(None);
                }
                (Some(_), Some(_)) => on_drop.run(Some("Drop one file at a time.")),
                _ => {}
            }
        };
        let listeners = [
            window_event_listener(ev::dragover, move |event| {
                if event.data_transfer().is_some_and(|data| has_files(&data)) {
                    // Lets it be dropped; else the browser would leave the page and show the file.
                    event.prevent_default();
                    over.set(!busy.get_untracked());
                }
            }),
            window_event_listener(ev::dragleave, move |event| {
                // Left the window, not just an element of the page.
                if event.related_target().is_none() {
                    over.set(false);
                }
            }),
            window_event_listener(ev::drop, move |event| {
                over.set(false);
                if let Some(data) = event.data_transfer().filter(has_files) {
                    event.prevent_default();
                    if !busy.get_untracked() {
                        take(data);
                    }
                }
            }),
        ];
        on_cleanup(move || listeners.into_iter().for_each(|listener| listener.remove()));
    });
    let is_wrong = move || error.with(Option::is_some);
    view! {
        <section class="form-section" aria-labelledby="import-file">
            <h2 class="form-title" id="import-file">"File"</h2>
            <div class="drop" class:is-over=over>
                <div class="field">
                    <label for=FILE>"File with users"</label>
                    <input
                        id=FILE
                        name="file"
                        type="file"
                        accept=ACCEPTED
                        required
                        node_ref=input
                        aria-invalid=move || is_wrong().then_some("true")
                        aria-describedby=move || Some(if is_wrong() { "file-error file-hint" } else { "file-hint" })
                        on:change=move |_| look()
                    />
                    <FieldError id="file-error" message=error />
                </div>
                <div class="drop-news" role="status">{move || chosen.get().map(shown)}</div>
                {move || {
                    (runs.get() && chosen.with(Option::is_none))
                        .then(|| view! { <p class="hint">"Or drop it anywhere on this page."</p> })
                }}
            </div>
            {move || unfinished.get().filter(|_| chosen.with(Option::is_none)).map(resumable)}
            <div class="hint hints" id="file-hint">
                <p>
                    {format!(
                        "A JSON array of users, NDJSON (a user on each line) or a CSV file that Muster exported, each also \
                         gzipped; {} at most.",
                        bytes_in_words(max_bytes),
                    )}
                </p>
                <p>
                    "Password hashes and second factors are kept encrypted, and never shown, logged or exported."
                </p>
            </div>
        </section>
    }
}

fn shown(Chosen { name, size, begun }: Chosen) -> AnyView {
    let begun = begun.then_some(" A part of it was uploaded before: the upload goes on there.");
    view! { <p class="wrap-anywhere"><strong>{name}</strong> ", " {format::bytes(size)} "." {begun}</p> }
}

/// What can be gone on with.
fn resumable(name: String) -> AnyView {
    view! {
        <p class="note wrap-anywhere">
            "The upload of " <strong>{name}</strong>
            " is not finished. Choose the file again, and it goes on where it stopped."
        </p>
    }
}

/// Whether files are dragged, not a text or a link of the page.
fn has_files(data: &DataTransfer) -> bool {
    data.types().includes(&"Files".into(), 0)
}
