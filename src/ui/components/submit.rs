//! Forms that a server function answers, with and without JavaScript.

use std::marker::PhantomData;

use leptos::{
    ev::SubmitEvent,
    prelude::*,
    server::ServerActionError,
    task::spawn_local,
    wasm_bindgen::JsCast,
    web_sys::{FormData, HtmlFormElement, UrlSearchParams},
};
use serde::de::DeserializeOwned;

use crate::{
    domain::error::AppError,
    rpc::question::{Answer, Asks, Question},
    ui::{effect::on_change, view},
};

/// Sends forms to a server function, and has its answer to the last one.
pub struct Submit<T> {
    /// All that is the same whatever the answer is.
    pub form: Form,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Submit<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Submit<T> {}

/// A form and what came of it.
#[derive(Clone, Copy)]
pub struct Form {
    /// Where it is posted to.
    path: &'static str,
    answer: RwSignal<Option<Answer>>,
    /// Counts the answers.
    version: RwSignal<usize>,
    /// The question that is under way.
    asked: RwSignal<Option<Question>>,
}

impl<T: DeserializeOwned + 'static> Submit<T> {
    /// Sends forms to `S`. It begins with the error of a form that was posted without JavaScript.
    pub fn to<S: Asks<Answer = T>>() -> Self {
        Self { form: Form::new(S::PATH), of: PhantomData }
    }

    /// Sends what the arguments say instead of a form.
    pub fn send<S: Asks<Answer = T>>(self, arguments: S) {
        self.form.ask(arguments.question());
    }

    /// The last answer. Tracked.
    pub fn answer(self) -> Option<Result<T, AppError>> {
        self.form.answer.get().map(|answer| answer.read())
    }

    /// The last answer. Not tracked, and none where the page was left meanwhile.
    pub fn answer_untracked(self) -> Option<Result<T, AppError>> {
        self.form.answer.try_get_untracked().flatten().map(|answer| answer.read())
    }
}

impl<T> std::ops::Deref for Submit<T> {
    type Target = Form;

    fn deref(&self) -> &Form {
        &self.form
    }
}

impl Form {
    fn new(path: &'static str) -> Self {
        let error = use_context::<ServerActionError>().filter(|error| error.path() == path);
        let answer = error.map(|error| posted(error.err()));
        Self { path, answer: RwSignal::new(answer), version: RwSignal::new(0), asked: RwSignal::new(None) }
    }

    /// Where it is posted to.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// How many answers there were. Tracked.
    pub fn version(&self) -> usize {
        self.version.get()
    }

    /// Whether an answer is under way. Tracked.
    pub fn pending(&self) -> bool {
        self.asked.with(Option::is_some)
    }

    /// Whether the question under way is this one. Tracked.
    pub fn asks<S: Asks>(&self, arguments: S) -> bool {
        self.asked.get() == Some(arguments.question())
    }

    /// Does something after each answer. Browser only.
    pub fn after_each(&self, then: impl Fn() + 'static) {
        let version = self.version;
        on_change(move || version.get(), move |_, _| then());
    }

    /// What went wrong the last time. Tracked.
    pub fn error(&self) -> Option<AppError> {
        self.answer.get().and_then(|answer| answer.failure())
    }

    /// Forgets the last answer.
    pub fn clear(&self) {
        self.answer.set(None);
    }

    /// Sends what the form of the event holds. Browser only.
    pub fn send_typed(&self, event: &SubmitEvent) {
        event.prevent_default();
        if let Some(typed) = typed(event) {
            self.ask(Question::typed(self.path, typed));
        }
    }

    fn ask(self, question: Question) {
        self.asked.set(Some(question.clone()));
        spawn_local(async move {
            let answer = question.ask().await;
            // The page may have been left meanwhile.
            self.asked.try_set(None);
            self.answer.try_set(Some(answer));
            self.version.try_update(|version| *version += 1);
        });
    }
}

/// A form that is posted to its server function: by this page where scripts run, else by the browser.
#[component]
pub fn SubmitForm(
    /// What it does.
    form: Form,
    /// Its classes.
    #[prop(optional)]
    class: Option<&'static str>,
    /// Its controls.
    children: Children,
) -> AnyView {
    view! {
        <form class=class method="post" action=form.path on:submit=move |event| form.send_typed(&event)>
            {children()}
        </form>
    }
}

/// What a form's controls hold, as the browser would post it.
fn typed(event: &SubmitEvent) -> Option<String> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    fields_of(&FormData::new_with_form(&form).ok()?)
}

/// The fields of a form, as the browser would write them behind an address. Browser only.
pub fn fields_of(data: &FormData) -> Option<String> {
    UrlSearchParams::new_with_str_sequence_sequence(data).ok()?.to_string().as_string()
}

/// The error of a form that was posted without JavaScript: the server has the browser come back with it in the address.
#[cfg(feature = "ssr")]
fn posted(error: &str) -> Answer {
    Answer::of::<()>(&Err(leptos::server_fn::error::ServerFnUrlError::decode_err(error)))
}

/// The error of a form that was posted without JavaScript: the server has the browser come back with it in the address.
#[cfg(not(feature = "ssr"))]
fn posted(error: &str) -> Answer {
    let decoded = window().atob(&error.replace('-', "+").replace('_', "/")).ok();
    // Each of its characters is a byte.
    let json = decoded.and_then(|bytes| String::from_utf8(bytes.chars().map(|byte| byte as u8).collect()).ok());
    json.map_or_else(|| Answer::error(&AppError::Internal), |json| Answer::from_json(format!(r#"{{"Err":{json}}}"#)))
}
