//! Pages in parts of the WebAssembly, which the browser loads when it first shows one of their pages.
//!
//! Only with the feature `split`, which goes with `cargo leptos build --split`; otherwise all is in one file.

use std::pin::Pin;

use leptos::prelude::*;
use leptos_router::ChooseView;

/// A part could not be loaded.
#[cfg(not(feature = "split"))]
pub type LoadError = std::convert::Infallible;
/// A part could not be loaded.
#[cfg(feature = "split")]
pub type LoadError = wasm_split_helpers::SplitLoaderError;

/// What is there once a part is loaded.
pub type Loading<T> = Pin<Box<dyn Future<Output = Result<T, LoadError>>>>;

/// A page in a part, as the view of a route.
#[derive(Clone, Copy)]
pub struct LazyPage {
    /// The part's name.
    pub part: &'static str,
    /// Loads the part.
    #[cfg(feature = "split")]
    pub load: fn() -> Loading<()>,
    /// Makes the page.
    pub view: fn() -> Loading<AnyView>,
}

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        #[cfg(feature = "ssr")]
        name_files(self.part);
        // The router calls `preload` first, so the part is there.
        (self.view)().await.unwrap_or_else(|_| ().into_any())
    }

    async fn preload(&self) {
        #[cfg(feature = "split")]
        {
            let hydrating = Owner::current_shared_context().is_some_and(|context| context.during_hydration());
            let clicks = hydrating.then(HiddenClicks::new);
            match ((self.load)().await, clicks) {
                (Ok(()), None) => {}
                (Ok(()), Some(clicks)) => clicks.end(),
                // The document stays as the server made it, and works as it does without JavaScript.
                (Err(_), Some(clicks)) => {
                    clicks.stay();
                    std::future::pending().await
                }
                (Err(_), None) => {
                    load_whole_page();
                    std::future::pending().await
                }
            }
        }
    }
}

/// Has the document name a part's files, so that the browser doesn't wait for the first file to ask for them. The framework does the
/// same only as long as the request stays on one thread.
#[cfg(feature = "ssr")]
fn name_files(part: &str) {
    use leptos_meta::Link;

    let Some(manifest) = use_context::<leptos::WasmSplitManifest>() else { return };
    let (folder, parts, loader) = manifest.0.get_value();
    // Where they are made, they are noted for the document's head.
    for file in parts.get(part).into_iter().flatten() {
        let href = format!("{folder}/{file}.wasm");
        _ = view! { <Link rel="preload" href as_="fetch" type_="application/wasm" crossorigin="anonymous" /> }
            .to_html();
    }
    _ = view! { <Link rel="modulepreload" href=format!("{folder}/{loader}") crossorigin="anonymous" /> }.to_html();
}

/// A part did not come: the network is away, or the server is newer than this document and has other files. On the way to
/// a page the browser then loads the whole of it.
#[cfg(feature = "split")]
fn load_whole_page() {
    let url = leptos_router::hooks::use_url().get_untracked();
    let search = if url.search().is_empty() { String::new() } else { format!("?{}", url.search()) };
    _ = window().location().set_href(&format!("{}{search}", url.path()));
}

/// Keeps clicks from the router, which listens to them before the part of the first page is there and would do nothing
/// about them: meanwhile the browser follows links.
#[cfg(feature = "split")]
struct HiddenClicks(wasm_bindgen::closure::Closure<dyn Fn(leptos::ev::Event)>);

#[cfg(feature = "split")]
impl HiddenClicks {
    fn new() -> Self {
        let hide = wasm_bindgen::closure::Closure::new(|event: leptos::ev::Event| event.stop_propagation());
        _ = document().add_event_listener_with_callback_and_bool("click", Self::function(&hide), true);
        Self(hide)
    }

    fn function(
        hide: &wasm_bindgen::closure::Closure<dyn Fn(leptos::ev::Event)>,
    ) -> &leptos::web_sys::js_sys::Function {
        wasm_bindgen::JsCast::unchecked_ref(hide.as_ref())
    }

    /// The router may have them.
    fn end(self) {
        _ = document().remove_event_listener_with_callback_and_bool("click", Self::function(&self.0), true);
    }

    /// The router never gets them.
    fn stay(self) {
        self.0.forget();
    }
}

/// Makes a part of the WebAssembly, and for each of its pages a constant that is a route's view.
macro_rules! part {
    ($part:ident { $($name:ident: $function:ident => $page:path),+ $(,)? }) => {$(
        #[doc = concat!("[`", stringify!($page), "`], in the part `", stringify!($part), "`.")]
        pub const $name: $crate::ui::lazy::LazyPage = {
            #[cfg(feature = "split")]
            #[wasm_split_helpers::wasm_split($part, preload(load), fallible)]
            fn $function() -> Result<leptos::prelude::AnyView, $crate::ui::lazy::LoadError> {
                Ok(leptos::prelude::IntoAny::into_any($page()))
            }
            #[cfg(not(feature = "split"))]
            async fn $function() -> Result<leptos::prelude::AnyView, $crate::ui::lazy::LoadError> {
                Ok(leptos::prelude::IntoAny::into_any($page()))
            }
            $crate::ui::lazy::LazyPage {
                part: stringify!($part),
                #[cfg(feature = "split")]
                load: || Box::pin(load()),
                view: || Box::pin($function()),
            }
        };
    )+};
}
pub(crate) use part;
