//! One tab at a time: two that upload the same file must not write into one upload.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::js_sys::{Function, Object, Promise, Reflect},
};

/// A name that no other tab of this browser has meanwhile. The browser gives it back by itself when the tab goes.
pub struct Lock(Option<Function>);

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = &self.0 {
            _ = release.call0(&JsValue::NULL);
        }
    }
}

/// Takes the name; `None`: another tab has it.
///
/// Browsers have locks on pages that came by https or from this machine. Elsewhere each tab gets its way: then two that
/// upload the same file take turns, because the server refuses what does not follow the bytes it has.
pub async fn take(name: &str) -> Option<Lock> {
    let Some((locks, request)) = requester() else { return Some(Lock(None)) };
    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let mut answer = None;
    let answered = Promise::new(&mut |resolve, _| answer = Some(resolve));
    // The lock is held for as long as the promise is open that this gives back.
    let granted: Closure<dyn FnMut(JsValue) -> Promise> = Closure::once(move |lock: JsValue| {
        if let Some(answer) = answer {
            _ = answer.call1(&JsValue::NULL, &JsValue::from_bool(lock.is_object()));
        }
        held
    });
    let options = Object::new();
    _ = Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE);
    let asked = request.call3(&locks, &name.into(), &options, granted.as_ref());
    granted.forget();
    if asked.is_err() {
        return Some(Lock(None));
    }
    let is_ours = answered.await.is_ok_and(|granted| granted.as_bool() == Some(true));
    is_ours.then_some(Lock(release))
}

fn requester() -> Option<(JsValue, Function)> {
    let get = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
    let locks = get(get(&window(), "navigator").as_ref()?, "locks").filter(JsValue::is_object)?;
    let request = get(&locks, "request")?.dyn_into().ok()?;
    Some((locks, request))
}
