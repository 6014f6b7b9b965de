//! What the server is asked for while a page is rendered, and what the page shows of its answer.
//!
//! One type of resource and one of view serve all answers: each more would weigh several kilobytes in the browser.

use std::{marker::PhantomData, pin::Pin, sync::Arc};

use leptos::{
    prelude::*,
    server::codee::{Decoder, Encoder},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{failure::Failure, loading::Loading};
use crate::{
    domain::error::AppError,
    rpc::{
        question::{Answer, Asks, Question},
        read::{OfOtherShape, read},
    },
    ui::view,
};

/// Answers go into the document as they are.
pub struct AsItIs;

impl Encoder<Answer> for AsItIs {
    type Error = std::convert::Infallible;
    type Encoded = String;

    fn encode(answer: &Answer) -> Result<String, Self::Error> {
        Ok(answer.json().to_owned())
    }
}

impl Decoder<Answer> for AsItIs {
    type Error = std::convert::Infallible;
    type Encoded = str;

    fn decode(json: &str) -> Result<Answer, Self::Error> {
        Ok(Answer::from_json(json))
    }
}

/// Other values go into the document as JSON, and are read as answers are.
pub struct AsJson;

impl<T: Serialize> Encoder<T> for AsJson {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for AsJson {
    type Error = OfOtherShape;
    type Encoded = str;

    fn decode(json: &str) -> Result<T, Self::Error> {
        read(json)
    }
}

/// A value that the server has when it renders a page, and the browser has of it.
pub fn shared<T: Serialize + DeserializeOwned + 'static>(of_server: impl FnOnce() -> T) -> T {
    SharedValue::<T, AsJson>::new_with_encoding(of_server).into_inner()
}

/// A resource: the server's answer to a question. The server's answer comes with the page; in the browser, another
/// question brings another one.
pub struct Asked<T> {
    answer: Resource<Answer, AsItIs>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Asked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Asked<T> {}

impl<T: DeserializeOwned + 'static> Asked<T> {
    /// Asks what `question` says, now and whenever it says something else.
    pub fn new<S: Asks<Answer = T>>(question: impl Fn() -> S + Send + Sync + 'static) -> Self {
        Self::maybe(move || Some(question()))
    }

    /// The same where there may be nothing to ask for: then it is not found.
    pub fn maybe<S: Asks<Answer = T>>(question: impl Fn() -> Option<S> + Send + Sync + 'static) -> Self {
        Self { answer: answer_to(Arc::new(move || question().map(Asks::question))), of: PhantomData }
    }

    /// Waits for the answer.
    pub async fn read(self) -> Result<T, AppError> {
        self.answer.await.read()
    }

    /// The answer, once it is there. Tracked.
    pub fn get(self) -> Option<Result<T, AppError>> {
        self.answer.get().map(|answer| answer.read())
    }

    /// Asks again.
    pub fn refetch(self) {
        self.answer.refetch();
    }
}

fn answer_to(question: Arc<dyn Fn() -> Option<Question> + Send + Sync>) -> Resource<Answer, AsItIs> {
    Resource::new_with_options(
        move || question(),
        |question| match question {
            Some(question) => question.ask(),
            None => Box::pin(std::future::ready(Answer::error(&AppError::NotFound))),
        },
        false,
    )
}

/// Shows what `view` makes of what it waits for, and meanwhile that the page is loading; later on, what was shown before.
pub fn waiting<F>(view: impl Fn() -> F + Send + Sync + 'static) -> AnyView
where
    F: Future<Output = AnyView> + Send + 'static,
{
    waiting_with(|| view! { <Loading /> }, view)
}

/// The same with something else to show meanwhile.
pub fn waiting_with<F>(fallback: fn() -> AnyView, view: impl Fn() -> F + Send + Sync + 'static) -> AnyView
where
    F: Future<Output = AnyView> + Send + 'static,
{
    transition(fallback, Arc::new(move || Box::pin(view())))
}

/// A view that is yet to come.
pub type Coming = Pin<Box<dyn Future<Output = AnyView> + Send>>;

fn transition(fallback: fn() -> AnyView, view: Arc<dyn Fn() -> Coming + Send + Sync>) -> AnyView {
    view! { <Transition fallback>{move || Suspend::new(view())}</Transition> }
}

/// Shows what `view` makes of an answer, good or not.
pub fn answered<T: DeserializeOwned + 'static>(
    asked: Asked<T>,
    view: impl Fn(Result<T, AppError>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    fn shown(answer: Resource<Answer, AsItIs>, view: Arc<dyn Fn(Answer) -> AnyView + Send + Sync>) -> AnyView {
        waiting(move || {
            let view = view.clone();
            async move { view(answer.await) }
        })
    }
    shown(asked.answer, Arc::new(move |answer| view(answer.read())))
}

/// Shows what `view` makes of a good answer, and otherwise that the page can't be shown, and why.
pub fn answered_well<T: DeserializeOwned + 'static>(
    asked: Asked<T>,
    view: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    answered(asked, move |answer| match answer {
        Ok(answer) => view(answer),
        Err(error) => view! { <Failure error /> },
    })
}
