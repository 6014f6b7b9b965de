//! What several parts of the WebAssembly have in common, named once so that it is in the main part.
//!
//! Otherwise each set of parts that has something in common would get a file of its own for it: some forty for a page, and
//! together they weigh a quarter more. Nothing here ever runs. What belongs here is found by weighing: `target/site/pkg`
//! has a file `chunk_…` for everything that is missing.

use leptos::{ev, html, prelude::*};
use leptos_router::{
    hooks::{use_params_map, use_query_map, use_url},
    params::ParamsMap,
};

use super::{
    components::{
        alert::{Alert, FieldError, refusal},
        asked::{Asked, answered, answered_well, shared, waiting},
        copy::CopyButton,
        empty::EmptyState,
        failure::{Failure, GONE},
        focus::focus_soon,
        live::{Live, Trouble},
        refresh::refresh_on,
        rows::rows,
        shown_once::ShownOnce,
        submit::{Submit, SubmitForm},
        time::{Countdown, Time},
    },
    format,
    pages::jobs::submitted::use_submitted,
    view,
};
use crate::{
    domain::{
        error::AppError, export::FieldInput, export_form::ExportForm, field::FieldSpec, timestamp::Timestamp,
        users_query::UsersQuery,
    },
    rpc::{
        session::{SignIn, SignInWaitsForCode},
        users::{CountUsers, ListConnections},
    },
};

/// Words that are in several parts. They weigh nothing, but every set of parts would get a file of its own for them.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    " ", "Address", "Back to Import/Export Users", "Back to Users", "Export Users", "Never", "Older", "Signed in",
    "actions", "address", "auto", "back", "button button-primary", "card", "cell", "cell-actions", "cell-lead",
    "cell-wide", "check-line", "checkbox", "chip", "codes", "disabled", "fact", "faint", "get", "group", "hidden",
    "link", "new-password", "next", "none", "note", "note note-good", "nowrap", "numeric", "off", "older",
    "page-head", "paging", "password", "quiet", "row", "rowgroup", "second_factor", "secret", "section-title",
    "stack", "table table-rows", "user", "wrap-anywhere", "–",
];

/// Keeps [`common`] and [`WORDS`] from being left out.
pub fn keep() {
    std::hint::black_box((common as fn(&'static str, fn() -> String) -> AnyView, WORDS));
}

/// Each component that two parts have, and each element with the kinds of attributes and of content that two have.
fn common(word: &'static str, text: fn() -> String) -> AnyView {
    let at = Timestamp(0);
    let flag = RwSignal::new(false);
    let words = RwSignal::new(word);
    let typed = RwSignal::new(text());
    let list = RwSignal::new(vec![text()]);
    let shown = Memo::new(move |_| list.with(Vec::is_empty));
    let error = Signal::derive(move || flag.get().then(|| typed.get()));
    let submit = Submit::to::<SignIn>();
    let asked = Asked::new(|| SignInWaitsForCode {});
    let live = Live::new((), |()| true, || SignInWaitsForCode {});
    let node = NodeRef::<html::Form>::new();
    let note = Memo::new(move |_| error.get());
    refresh_on(submit.form, live.fetching, move || focus_soon(word));
    Effect::new(move |_| {
        if let (Some(form), Some(_)) = (node.get(), node.get_untracked()) {
            form.reset();
        }
        focus_soon(text());
        flag.set(error.with(Option::is_some) || note.with(Option::is_some));
        typed.set([word, word].join(word));
        typed.set(format::bytes(0));
        words.set(word);
        use_submitted().set(None);
        let names: Vec<_> = FieldSpec::defaults().iter().map(|field| field.title().to_owned()).collect();
        typed.set(names.join(word));
        typed.set(ExportForm::default().to_url());
        typed.set(UsersQuery::default().to_url());
        let param = |map: &ParamsMap| map.get(word).unwrap_or_default();
        typed.set(use_query_map().with(param));
        typed.set(use_params_map().with(param));
        flag.set(Timestamp::from_date(word).is_some());
    });
    shared(|| Some(typed.get_untracked()));
    shared(Vec::<FieldInput>::new);
    let connections = Asked::new(|| ListConnections {});
    let count = Asked::maybe(move || {
        let query = UsersQuery::parse(&use_url().with(|url| url.search().to_owned()));
        flag.get().then_some(CountUsers { query, exact: flag.get() })
    });
    let connections = waiting(move || async move {
        let known = connections.read().await.map_or(0, |connections| connections.len());
        let found = count.get().and_then(Result::ok).map_or(0, |found| found.users);
        view! { {format::counted(found, word)} {known.to_string()} }
    });
    let some = || flag.get_untracked().then_some(word);
    let some_text = || flag.get_untracked().then(|| typed.get_untracked());
    let views: Vec<AnyView> = Vec::new();
    let maybe: Option<AnyView> = None;
    let components = view! {
        <Alert><p>{text()}</p></Alert>
        <FieldError id=text() message=error />
        <FieldError id=word message=some_text() />
        <CopyButton label=word text=text() />
        <EmptyState title=word><p>{word}</p></EmptyState>
        <Failure error=AppError::Internal not_found=GONE />
        <ShownOnce id=word label=word value=text() button=word />
        <SubmitForm form=submit.form class=word>{word}</SubmitForm>
        <SubmitForm form=submit.form><button class=word type=word>{word}</button></SubmitForm>
        <Time at />
        <Countdown at />
        <Trouble error=live.trouble />
        {refusal(move || submit.error())}
        {answered(asked, |_| ().into_any())}
        {answered_well(asked, |()| ().into_any())}
        {rows(move || list.get(), String::clone, |text| text.into_any())}
        {live.page(GONE, || ().into_any())}
    };
    let tables = view! {
        <div class=word>
            <table class=word role=word aria-label=word aria-labelledby=word>
                <thead role=word><tr role=word class:is-new=move || flag.get()><th role=word scope=word class=word>{word}</th></tr></thead>
                <tbody role=word>{views}</tbody>
            </table>
        </div>
        <td role=word class=word data-label=word dir=word>{text()}</td>
        <td role=word data-label=word>{view! { <code class=word>{text()}</code> }}</td>
        <td role=word class=word>{move || typed.get()}</td>
        <td role=word class=word>{move || shown.get().then(|| view! { <strong class=word>{word}</strong> })}</td>
        <dl class=word><div class=word class:fact-wide=flag.get_untracked()><dt>{word}</dt><dd class=word>{text()}</dd></div></dl>
        <dl>{word}<dt>{text()}</dt><dd>{maybe}</dd></dl>
        <ul class=word><li class=word>{word}</li></ul>
        <ol class=word><li>{text()}</li></ol>
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
            <fieldset class=word><legend>{word}</legend></fieldset>
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
                placeholder=typed
                list=word
                dir=word
                min=move || words.get()
                prop:value=move || typed.get()
                aria-invalid=move || flag.get().then_some(word)
                aria-describedby=move || error.get()
                autofocus=flag.get_untracked()
                required
                readonly
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <input
                id=text()
                name=text()
                value=word
                min=word
                max=word
                minlength=text()
                checked=flag.get_untracked()
                aria-invalid=some()
                aria-describedby=text()
                prop:value=text()
                on:change=move |event| flag.set(event_target_checked(&event))
            />
            <select
                id=word
                name=word
                aria-label=text()
                aria-invalid=some()
                aria-describedby=some()
                prop:value=move || words.get()
                on:change=move |event| typed.set(event_target_value(&event))
            >
                <option value=text() selected=flag.get_untracked()>{text()}</option>
                <option value=word>{word}</option>
            </select>
            <button
                class=word
                id=text()
                type=word
                name=word
                value=move || typed.get()
                aria-label=typed
                aria-busy=move || flag.get().then_some(word)
                aria-describedby=word
                on:click=move |event: ev::MouseEvent| event.prevent_default()
            >
                {word}
            </button>
        </form>
        <datalist id=word>{Vec::<AnyView>::new()}</datalist>
    };
    let texts = view! {
        <section class=word aria-labelledby=word>
            <h1 class=word id=word tabindex=word>{text()}</h1>
            <h2 class=word id=word tabindex=word>{word}</h2>
            <h3 class=word id=word>{text()}</h3>
            <p class=word id=word role=word>{move || words.get()}</p>
            <p class=text()>{move || typed.get()}<strong>{text()}</strong></p>
            <details class=word><summary class=word aria-label=text()>{word}</summary><p>{text()}</p></details>
            <nav class=word aria-label=word>{some_text()}</nav>
            <a class=word href=text() rel=some() dir=word aria-current=move || flag.get().then_some(word)>{text()}</a>
            <a href=word rel=word>{word}</a>
            <a href=text()>{word}</a>
            <p><code class=word>{text()}</code></p>
            <p><code>{text()}</code></p>
            <div><ul>{note.get()}</ul></div>
            <details><summary>{text()}</summary></details>
            <span class=word id=word aria-hidden=word dir=word>{text()}</span>
            <span class=move || typed.get()>{move || shown.get().then_some(word)}</span>
            <pre class=word tabindex=word role=word aria-labelledby=word>{word}</pre>
            <svg class=word viewBox=word width=word height=word aria-hidden=word focusable=word><path class=word d=word /></svg>
        </section>
    };
    view! { {components} {connections} {tables} {controls} {texts} }
}
