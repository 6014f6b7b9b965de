//! What several parts of the WebAssembly have in common, named once so that it is in the main part.
//!
//! Otherwise each set of parts that has something in common would get a file of its own for it: some forty for a page, and
//! together they weigh a tenth more. Nothing here ever runs. What belongs here is found by weighing: `target/site/pkg`
//! has a file `chunk_…` for everything that is missing. What only one or two parts have does not belong here, since all pages
//! load it.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    hint::black_box,
};

use leptos::{ev, html, prelude::*};
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};
use serde::{Deserialize, Serialize};

use super::{
    components::{
        alert::{Alert, FieldError, refusal},
        asked::{Asked, answered_well},
        empty::EmptyState,
        failure::{Failure, GONE},
        focus::focus_soon,
        rows::rows,
        submit::{Submit, SubmitForm},
        time::{Countdown, Time},
    },
    effect::effect,
    format,
    pages::jobs::{controls::job_path, submitted::use_submitted},
    view,
};
use crate::{
    domain::{
        connection::Connection, error::AppError, export::FieldInput, export_form::ExportForm, field::FieldSpec,
        job::JobId, member::Member, timestamp::Timestamp,
    },
    rpc::{
        read::read,
        session::{SignIn, SignInWaitsForCode},
        write::write,
    },
};

/// Words that are in several parts. They weigh nothing, but every set of parts would get a file of its own for them.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    " ", ", ", ".", "Address", "All connections", "Back to Import/Export Users", "Back to Users", "Created",
    "Created by", "Expires", "Export Users", "Import Users", "Job", "Never", "Older", "Sessions", "Signed in",
    "Status", "_blank", "actions", "address", "announcement", "announcement quiet", "auto", "back",
    "badge badge-completed", "button button-primary", "button button-small", "card", "card-title", "cell",
    "cell-actions", "cell-lead", "cell-wide", "check-line", "checkbox", "chip", "clipboard", "codes", "disabled",
    "disclosure", "errors", "expires_at", "fact", "faint", "field", "field-pair", "format", "get", "group", "hidden",
    "hint", "job_id", "link", "list", "navigator", "new-password", "newer", "next", "none", "note", "note note-good",
    "nowrap", "numeric", "off", "older", "page", "page-head", "paging", "password", "q", "quiet", "result", "row",
    "rowgroup", "rows", "search", "second_factor", "secret", "section-title", "stack", "table table-rows", "total",
    "user", "wrap-anywhere", "–",
];

/// Keeps what [`common`] has and [`WORDS`] in the main part, and [`common`] itself out of every file.
///
/// Nothing is at so low an address. The compiler does not know that, nor does what makes the parts: the call is compiled, and
/// what it needs is in the main part. `wasm-opt`, which comes last, does know, and leaves the call out.
pub fn keep() {
    static SOMEWHERE: u8 = 0;
    if (&raw const SOMEWHERE).addr() < 64 {
        let word = black_box(WORDS).first().copied().unwrap_or_default();
        black_box(common(word, black_box(String::new)));
    }
}

/// Types that several parts read or write.
#[derive(Deserialize)]
struct Values {
    at: Timestamp,
    maybe_at: Option<Timestamp>,
    job: JobId,
    maybe_job: Option<JobId>,
    member: Member,
    flag: bool,
    number: i64,
    maybe_number: Option<i64>,
    texts: Vec<String>,
    connections: Vec<Connection>,
    fields: Vec<FieldInput>,
}

/// Types of the arguments of several server functions.
#[derive(Serialize)]
struct Arguments {
    text: String,
    flag: bool,
}

/// Reads and writes each.
fn values(json: &str) -> Option<String> {
    let Values { at, maybe_at, job, maybe_job, member, flag, number, maybe_number, texts, connections, fields } =
        read(json).ok()?;
    let all = [
        job.to_string(),
        FieldSpec::defaults().first()?.path.to_string(),
        number.to_string(),
        json.to_ascii_uppercase(),
        json.len().to_string(),
        json.split(['[', ']']).collect::<Vec<_>>().join(json),
        json.trim().to_owned(),
        member.email,
        format!("{json}-error"),
        format!("{json}-hint"),
        format!("{json}: "),
        format!("{json}."),
        job_path(&job),
        black_box(fields.clone()).into_iter().chain(fields).map(|field| field.name).collect(),
        connections.into_iter().map(|connection| String::from(connection.name)).collect(),
        write(&Arguments { text: json.split_once('/')?.0.to_owned(), flag }).ok()?,
    ];
    let mut hasher = DefaultHasher::new();
    (number, json.is_empty(), texts.first().cloned()).hash(&mut hasher);
    let known = [maybe_at, None].contains(&maybe_at)
        || hasher.finish() == 0
        || maybe_at == Some(at)
        || flag
        || maybe_number.is_some()
        || maybe_job.is_some()
        || json.eq_ignore_ascii_case(texts.first()?);
    known.then(|| all.concat())
}

/// Each component that two parts have, and each element with the kinds of attributes and of content that two have.
fn common(word: &'static str, text: fn() -> String) -> AnyView {
    let at = Timestamp(0);
    let flag = RwSignal::new(false);
    let words = RwSignal::new(word);
    let typed = RwSignal::new(text());
    let shown = Memo::new(move |_| flag.get());
    let error = Signal::derive(move || flag.get().then(|| typed.get()));
    let submit = Submit::to::<SignIn>();
    let asked = Asked::new(|| SignInWaitsForCode {});
    let node = NodeRef::<html::Form>::new();
    let note = Memo::new(move |_| error.get());
    // The rest is outside of the effect: what is in a closure can't be left out.
    effect(move || flag.set(true));
    if let Some(form) = node.get_untracked() {
        form.reset();
    }
    focus_soon(text());
    flag.set(error.with(Option::is_some) || note.with(Option::is_some));
    words.set(word);
    use_submitted().set(None);
    let names: Vec<_> = FieldSpec::defaults().iter().map(|field| field.title().to_owned()).collect();
    let param = |map: &ParamsMap| map.get(word).unwrap_or_default();
    typed.set([names.join(word), format::bytes(0), format::counted(0, word), ExportForm::default().to_url()].concat());
    typed.set([use_query_map().with(param), use_params_map().with(param), values(word).unwrap_or_default()].join(word));
    typed.set([word, word].join(word));
    flag.set(Timestamp::from_date(word).is_some() || submit.pending());
    words.try_set(untrack(|| if submit.pending() { word } else { "" }));
    let trouble = black_box(submit.error()).clone();
    flag.set(StoredValue::new(trouble.is_none()).try_get_value().unwrap_or_default());
    submit.after_each(move || flag.set(true));
    Callback::new(move |()| flag.set(true)).run(());
    let some = || flag.get_untracked().then_some(word);
    let some_text = || flag.get_untracked().then(|| typed.get_untracked());
    let (views, others): (Vec<AnyView>, Vec<AnyView>) = Default::default();
    let components = view! {
        <Alert><p>{text()}</p></Alert>
        <FieldError id=text() message=error />
        <FieldError id=word message=some_text() />
        <EmptyState title=word><p>{word}</p></EmptyState>
        <Failure error=AppError::Internal not_found=GONE />
        <SubmitForm form=submit.form class=word>{word}</SubmitForm>
        <SubmitForm form=submit.form><button class=word type=word>{word}</button></SubmitForm>
        <Time at />
        <Countdown at />
        {refusal(move || submit.error())}
        {answered_well(asked, |()| ().into_any())}
        {rows(move || vec![typed.get()], String::clone, |text| text.into_any())}
    };
    let tables = view! {
        <div class=word>
            <table class=word role=word aria-label=word aria-labelledby=word>
                <tbody role=word>{others}</tbody>
                <tbody role=word><tr role=word class:is-new=move || flag.get()>{views}</tr></tbody>
            </table>
        </div>
        <td role=word class=word data-label=word dir=word>{text()}</td>
        <td role=word data-label=word>{view! { <code class=word>{text()}</code> }}</td>
        <td role=word class=word>{move || typed.get()}</td>
        <td role=word class=word>{move || shown.get().then(|| view! { <p class=word>{word}</p> })}</td>
        <dl class=word><div class=word><dt>{word}</dt><dd class=word>{text()}</dd></div><dd>{Vec::<AnyView>::new()}</dd></dl>
        <ul class=word><li class=word>{word}</li></ul>
    };
    let controls = view! {
        <form
            class=word
            method=word
            action=word
            novalidate
            node_ref=node
            aria-label=word
            on:submit=move |event: ev::SubmitEvent| submit.send_typed(&event)
        >
            <fieldset class=word>{word}</fieldset>
            <label for=word>{word}</label>
            <label for=text()>{word}</label>
            <input
                id=word
                name=word
                type=word
                class=word
                value=text()
                autocomplete=word
                autocapitalize=word
                spellcheck=word
                dir=word
                prop:value=move || typed.get()
                aria-invalid=move || flag.get().then_some(word)
                required
                readonly
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <input
                id=text()
                name=text()
                value=word
                max=word
                minlength=text()
                checked=flag.get_untracked()
                aria-invalid=some()
                aria-describedby=move || flag.get().then_some(word)
                on:change=move |event| flag.set(event_target_checked(&event))
            />
            <select
                id=word
                name=word
                aria-label=text()
                aria-invalid=some()
                on:change=move |event| typed.set(event_target_value(&event))
            >
                <option value=text() selected=flag.get_untracked()>{text()}</option>
                <option value=word>{word}</option>
            </select>
            <input value=move || typed.get() aria-describedby=word />
            <button type=word>{word}</button>
            <div><button class=word>{word}</button></div>
            <button
                class=word
                id=text()
                type=word
                name=word
                value=move || typed.get()
                aria-busy=move || flag.get().then_some(word)
                aria-describedby=word
                on:click=move |event: ev::MouseEvent| event.prevent_default()
            >
                {word}
            </button>
        </form>
        <form method=word action=text()>{word}</form>
        <option value=text()></option>
        <datalist id=word>{Vec::<AnyView>::new()}</datalist>
    };
    let texts = view! {
        <section class=word aria-labelledby=word>
            <h1 class=word id=word tabindex=word>{text()}</h1>
            <h2 class=word id=word tabindex=word>{word}</h2>
            <p class=word id=word role=word>{move || words.get()}</p>
            <p class=text()>{move || typed.get()}<strong>{text()}</strong></p>
            <details class=word><summary class=word aria-label=text()>{word}</summary><p>{text()}</p></details>
            <nav class=word aria-label=word>{some_text()}</nav>
            <nav class=word>{Vec::<AnyView>::new()}</nav>
            <a class=word href=text() rel=word dir=word aria-current=move || flag.get().then_some(word)>{text()}</a>
            <a href=word rel=word>{word}</a>
            <a href=text() target=word>{word}</a>
            <p><code class=word>{text()}</code></p>
            <p><code>{text()}</code><code aria-label=text()>{some_text()}</code></p>
            <p><strong>{word}</strong></p>
            <p><b>"."</b>{text()}</p>
            <summary>{some_text()}</summary>
            <div><ul>{note.get()}</ul></div>
            <span class=word id=word aria-hidden=word dir=word>{text()}</span>
            <span class=text()>{move || shown.get().then_some(word)}</span>
            <pre class=word tabindex=word role=word aria-labelledby=word>{word}</pre>
            <svg class=word viewBox=word width=word height=word aria-hidden=word focusable=word><path class=word d=word /></svg>
        </section>
    };
    view! { {components} {tables} {controls} {texts} }
}
