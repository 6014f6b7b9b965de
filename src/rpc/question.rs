//! Asking the server: one way for all server functions, so that the browser loads the code for it once.

use std::{pin::Pin, sync::Arc};

use leptos::server_fn::ServerFn;
use serde::{
    Serialize,
    de::{Deserialize, DeserializeOwned},
};

use super::{read::Value, write::write};
use crate::domain::{error::AppError, json_text::Node};

/// The server's answer, on its way.
pub type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A server function with its arguments, whichever it is.
#[derive(Clone)]
pub struct Question {
    path: &'static str,
    /// As the body of a form that is posted.
    arguments: String,
    /// The server does not ask itself over HTTP.
    #[cfg(feature = "ssr")]
    call: Arc<dyn Fn() -> Answering + Send + Sync>,
}

impl PartialEq for Question {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.arguments == other.arguments
    }
}

/// What the macro `server` makes of a server function: the arguments, and which answer there is to them.
pub trait Asks: Clone + Send + Sync + 'static {
    /// What the server answers if all goes well.
    type Answer: DeserializeOwned + 'static;
    /// Where it is asked.
    const PATH: &'static str;

    /// The question, whichever it is.
    fn question(self) -> Question;
}

impl<S> Asks for S
where
    S: ServerFn<Error = AppError> + Serialize + Clone + Send + Sync + 'static,
    S::Output: Serialize + DeserializeOwned + 'static,
{
    type Answer = S::Output;
    const PATH: &'static str = <S as ServerFn>::PATH;

    fn question(self) -> Question {
        Question {
            path: <S as ServerFn>::PATH,
            // Arguments are texts, numbers, flags and lists of them, which a form can always hold.
            arguments: write(&self).unwrap_or_default(),
            #[cfg(feature = "ssr")]
            call: Arc::new(move || {
                let body = self.clone().run_body();
                Box::pin(async move { Answer::of(&body.await) })
            }),
        }
    }
}

impl Question {
    /// Asks what somebody has typed into a form. Browser only.
    pub fn typed(path: &'static str, arguments: String) -> Self {
        Self {
            path,
            arguments,
            #[cfg(feature = "ssr")]
            call: Arc::new(|| Box::pin(std::future::ready(Answer::error(&AppError::Internal)))),
        }
    }

    /// Asks the server.
    #[cfg(feature = "ssr")]
    pub fn ask(&self) -> Answering {
        (self.call)()
    }

    /// Asks the server.
    #[cfg(not(feature = "ssr"))]
    pub fn ask(&self) -> Answering {
        super::post::post(self.path, self.arguments.clone())
    }
}

/// What the server answered: the JSON of a result, which is read where its type is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(Arc<str>);

impl Answer {
    /// The answer with this JSON.
    pub fn from_json(json: impl Into<Arc<str>>) -> Self {
        Self(json.into())
    }

    /// An answer that is known.
    #[cfg(feature = "ssr")]
    pub fn of<T: Serialize>(result: &Result<T, AppError>) -> Self {
        match serde_json::to_string(result) {
            Ok(json) => Self(json.into()),
            Err(error) => {
                tracing::error!(%error, "an answer can't be written");
                Self::error(&AppError::Internal)
            }
        }
    }

    /// A failure that is known.
    pub fn error(error: &AppError) -> Self {
        // Only these come about on the side that asks.
        Self::from_json(match error {
            AppError::NotFound => r#"{"Err":"NotFound"}"#,
            AppError::Unreachable => r#"{"Err":"Unreachable"}"#,
            _ => r#"{"Err":"Internal"}"#,
        })
    }

    /// Its JSON.
    pub fn json(&self) -> &str {
        &self.0
    }

    /// The result, read.
    ///
    /// # Errors
    /// What the server answered instead; [`AppError::Internal`] if the answer is something else.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, AppError> {
        self.open().and_then(|node| T::deserialize(Value(node)).map_err(|_| AppError::Internal))
    }

    /// What the server answered instead of a result.
    pub fn failure(&self) -> Option<AppError> {
        self.open().err()
    }

    /// What it holds if all went well: the part that is the same for all types.
    fn open(&self) -> Result<Node, AppError> {
        let member = match Node::parse(&self.0) {
            Some(Node::Object(mut members)) => members.pop(),
            _ => None,
        };
        match member {
            Some((name, node)) if name == "Ok" => Ok(node),
            Some((_, node)) => Err(AppError::deserialize(Value(node)).unwrap_or(AppError::Internal)),
            None => Err(AppError::Internal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let read = |json: &str| Answer::from_json(json).read::<Vec<u64>>();
        assert_eq!(read(r#"{"Ok":[1,2]}"#), Ok(vec![1, 2]));
        assert_eq!(read(r#"{"Err":"NotFound"}"#), Err(AppError::NotFound));
        assert_eq!(read(r#"{"Err":{"TooManyAttempts":{"seconds":5}}}"#), Err(AppError::TooManyAttempts { seconds: 5 }));
        for broken in ["", "{}", r#"{"Ok":"#, r#"{"Ok":"x"}"#, r#"{"Err":"x"}"#, "<html>"] {
            assert_eq!(read(broken), Err(AppError::Internal), "{broken}");
        }
        for error in [AppError::NotFound, AppError::Unreachable, AppError::Internal] {
            assert_eq!(Answer::error(&error).read::<()>(), Err(error));
        }
    }
}
