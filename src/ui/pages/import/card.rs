//! The form as a whole: checking it, uploading its file, submitting it.

use leptos::{
    ev::SubmitEvent,
    html,
    prelude::*,
    task::spawn_local,
    web_sys::{AbortController, Element, File, FormData},
};

use send_wrapper::SendWrapper;

use super::{
    file::{FILE, FileSection, chosen_file},
    settings::SettingsSection,
    transfer::{CANCEL, Transfer},
    upload::{self, Progress, Refusal, Uploaded},
};
use crate::{
    domain::{
        error::AppError,
        import_form::{ImportForm, ImportPlace, ImportViolation, PATH, PostedImport},
        import_options::ImportOptions,
        job::JobId,
    },
    rpc::imports::SubmitImport,
    ui::{
        components::{alert::Alert, focus::focus_soon, submit::Submit},
        effect::effect,
        view,
    },
};

/// The ids of the two buttons that submit.
const IMPORT: &str = "import-users";
const DRY_RUN: &str = "dry-run";

/// What a form that was sent is waiting for.
#[derive(Clone, Copy)]
struct Sending {
    progress: Progress,
    submit: Submit<JobId>,
    /// Ends the upload that runs. In the browser alone: the server drops the page on another thread than it was made on.
    abort: StoredValue<Option<SendWrapper<AbortController>>>,
    /// The file that is on the server, for as long as it is of use.
    uploaded: StoredValue<Option<SendWrapper<Uploaded>>>,
    /// What is wrong, each at its field.
    found: RwSignal<Vec<ImportViolation>>,
    /// What went wrong otherwise.
    error: RwSignal<Option<AppError>>,
    /// What is said of it all.
    news: RwSignal<&'static str>,
}

/// The form. With JavaScript the file is uploaded first, in slices; without, it is in the form.
#[component]
pub fn FormCard(
    /// What there is to choose.
    options: ImportOptions,
    /// What a form that was posted without JavaScript has brought.
    posted: Option<PostedImport>,
) -> AnyView {
    let ImportOptions { connections, max_bytes, can_restore } = options;
    let (form, error) = posted.map_or_else(Default::default, |posted| (posted.form, Some(posted.error)));
    let sending = Sending::new();
    sending.refuse(error);
    let Sending { progress, found, error, news, .. } = sending;
    let element = NodeRef::<html::Form>::new();
    let input = NodeRef::<html::Input>::new();
    let runs = RwSignal::new(false);
    effect(move || runs.set(true));
    sending.follow_answers();

    let busy = Memo::new(move |_| progress.sent.with(Option::is_some));
    let error_at = move |place| {
        let message = move |found: &Vec<ImportViolation>| {
            found.iter().find(|violation| violation.place == place).map(|violation| violation.message.clone())
        };
        Signal::derive(move || found.with(message))
    };
    let on_drop = Callback::new(move |wrong: Option<&'static str>| {
        found.update(|found| {
            found.retain(|violation| violation.place != ImportPlace::File);
            found.extend(wrong.map(|wrong| ImportViolation::new(ImportPlace::File, wrong)));
        });
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (false, Some(element)) = (busy.get_untracked(), element.get_untracked()) else { return };
        let Ok(data) = FormData::new_with_form(&element) else { return };
        let mut form = read(&data);
        form.dry_run = event.submitter().is_some_and(|button| button.id() == DRY_RUN);
        let file = chosen_file(input);
        let wrong = check(&form, file.as_ref(), max_bytes);
        if let (true, Some(file)) = (wrong.is_empty(), file) {
            sending.begin(file, form);
        } else {
            sending.show(wrong);
        }
    };
    let on_cancel = Callback::new(move |()| sending.cancel(input));
    let alert = move || error.get().map(|error| view! { <Alert>{explained(&error)}</Alert> });
    view! {
        <form
            class="card form"
            method="post"
            action=PATH
            enctype="multipart/form-data"
            // Until it runs, the browser checks what is required: better than after the file was sent.
            novalidate=runs
            node_ref=element
            on:submit=on_submit
            on:change=move |event| {
                let id = event_target::<Element>(&event).id();
                found.update(|found| found.retain(|violation| control(violation.place) != id));
            }
        >
            {move || alert()}
            <fieldset class="form-part" role="none" disabled=busy>
                <FileSection input max_bytes runs busy=busy.into() error=error_at(ImportPlace::File) on_drop />
                <SettingsSection
                    connections
                    can_restore
                    form
                    connection_error=error_at(ImportPlace::Connection)
                    restore_error=error_at(ImportPlace::Restore)
                />
            </fieldset>
            <Transfer progress on_cancel />
            <div class="form-foot" hidden=busy>
                <p class="hint form-news" id="dry-run-hint">
                    "A dry run shows what would happen and changes nothing."
                </p>
                <button
                    class="button"
                    type="submit"
                    id=DRY_RUN
                    name="dry_run"
                    value="true"
                    aria-describedby="dry-run-hint"
                >
                    "Dry Run"
                </button>
                <button class="button button-primary" type="submit" id=IMPORT>"Import Users"</button>
            </div>
        </form>
        <p class="unseen" role="status">{move || news.get()}</p>
    }
}

impl Sending {
    fn new() -> Self {
        let sending = Self {
            progress: Progress::new(),
            submit: Submit::to::<SubmitImport>(),
            abort: StoredValue::new(None),
            uploaded: StoredValue::new(None),
            found: RwSignal::new(Vec::new()),
            error: RwSignal::new(None),
            news: RwSignal::new(""),
        };
        // Whoever leaves the page ends the upload; it can be gone on with.
        on_cleanup(move || sending.stop());
        sending
    }

    /// Ends the upload that runs, if there is one.
    fn stop(self) {
        if let Some(Some(abort)) = self.abort.try_update_value(Option::take) {
            abort.abort();
        }
    }

    /// Shows what the server refused: at its field, where it has one.
    fn refuse(self, error: Option<AppError>) {
        let at_file = |error: &AppError| vec![ImportViolation::new(ImportPlace::File, error.to_string())];
        let (found, error) = match error {
            Some(AppError::InvalidImport(violations)) => (violations, None),
            Some(error @ AppError::TooLarge { .. }) => (at_file(&error), None),
            error => (Vec::new(), error),
        };
        self.found.set(found);
        self.error.set(error);
    }

    /// Shows what is wrong, and leads there.
    fn show(self, wrong: Vec<ImportViolation>) {
        if let Some(first) = wrong.first() {
            focus_soon(control(first.place));
        }
        self.error.set(None);
        self.found.set(wrong);
    }

    /// Uploads the file, then submits the form.
    fn begin(self, file: File, mut form: ImportForm) {
        let Ok(abort) = AbortController::new() else { return };
        let signal = abort.signal();
        self.abort.set_value(Some(SendWrapper::new(abort)));
        self.show(Vec::new());
        self.news.set("Uploading the file.");
        self.progress.sent.set(Some(upload::Sent { bytes: 0, total: file.size() as u64, seconds_left: None }));
        focus_soon(CANCEL);
        spawn_local(async move {
            match upload::upload(&file, self.progress, &signal).await {
                Ok(uploaded) => {
                    form.upload.clone_from(&uploaded.id);
                    self.uploaded.try_set_value(Some(SendWrapper::new(uploaded)));
                    self.news.try_set("The file is on the server.");
                    self.submit.send(SubmitImport { form });
                }
                // The page is gone, or says so itself.
                Err(None) => {}
                Err(Some(refusal)) => self.fail(refusal),
            }
        });
    }

    fn cancel(self, input: NodeRef<html::Input>) {
        // What is submitted is a job, and cancelled on its page.
        if untrack(|| self.submit.pending()) {
            return;
        }
        self.stop();
        self.progress.sent.set(None);
        self.news.set("The upload was cancelled. Nothing was imported.");
        focus_soon(IMPORT);
        if let Some(file) = chosen_file(input) {
            spawn_local(async move { upload::discard(&file).await });
        }
    }

    /// The upload has come to an end that another try would not change.
    fn fail(self, refusal: Refusal) {
        let error = match refusal {
            Refusal::SignedOut => AppError::Unauthenticated,
            Refusal::Forbidden => AppError::Forbidden,
            Refusal::NoSpace => AppError::DiskFull,
            Refusal::TooLarge => at_file("The file is larger than this server takes."),
            Refusal::Unreadable => at_file("The file can't be read any more, or was changed: choose it again."),
            _ => AppError::Internal,
        };
        self.end(error);
    }

    /// Back to the form, with what is wrong.
    fn end(self, error: AppError) {
        self.progress.sent.set(None);
        self.news.set("");
        self.refuse(Some(error));
        focus_soon(self.found.with_untracked(|found| found.first().map_or(IMPORT, |first| control(first.place))));
    }

    fn follow_answers(self) {
        self.submit.after_each(move || {
            match self.submit.answer_untracked() {
                // The redirect to the job follows by itself.
                Some(Ok(_)) => {
                    self.uploaded.with_value(|uploaded| uploaded.iter().for_each(|uploaded| uploaded.forget()));
                }
                Some(Err(error)) => self.end(error),
                None => {}
            }
            self.uploaded.set_value(None);
        });
    }
}

fn at_file(message: &str) -> AppError {
    AppError::InvalidImport(vec![ImportViolation::new(ImportPlace::File, message)])
}

/// The id of the control at `place`.
fn control(place: ImportPlace) -> &'static str {
    match place {
        ImportPlace::File => FILE,
        ImportPlace::Connection => "connection",
        ImportPlace::Restore => "restore",
    }
}

/// What the controls hold but the file.
fn read(data: &FormData) -> ImportForm {
    let is_checked = |name| data.has(name);
    ImportForm {
        connection: data.get("connection").as_string().unwrap_or_default(),
        upsert: is_checked("upsert"),
        restore: is_checked("restore"),
        ..ImportForm::default()
    }
}

/// What can be told without the server.
fn check(form: &ImportForm, file: Option<&File>, max_bytes: u64) -> Vec<ImportViolation> {
    let at_file = |message: String| ImportViolation::new(ImportPlace::File, message);
    let file = match file.map(|file| file.size() as u64) {
        None => Some(at_file("Choose a file.".to_owned())),
        Some(0) => Some(at_file("The file is empty.".to_owned())),
        Some(size) if size > max_bytes => Some(at_file(AppError::TooLarge { most: max_bytes }.to_string())),
        Some(_) => None,
    };
    let connection =
        form.connection.is_empty().then(|| ImportViolation::new(ImportPlace::Connection, "Choose a connection."));
    file.into_iter().chain(connection).collect()
}

/// What went wrong, and what to do.
fn explained(error: &AppError) -> AnyView {
    let text = error.to_string();
    match error {
        AppError::Unauthenticated => view! {
            <p>
                "Your session has ended. "
                <a href=format!("/sign-in?next={PATH}") target="_blank" rel="external">"Sign in in another tab"</a>
                ", then press the button again: the upload goes on where it stopped."
            </p>
        },
        _ => view! { <p>{text}</p> },
    }
}
