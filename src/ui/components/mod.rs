//! Views that several pages share.

pub mod alert;
pub mod asked;
pub mod copy;
pub mod empty;
pub mod failure;
pub mod focus;
pub mod gate;
pub mod http;
pub mod layout;
pub mod live;
pub mod loading;
pub mod logo;
pub mod nav;
pub mod refresh;
pub mod rows;
pub mod sessions;
pub mod shown_once;
pub mod status;
pub mod submit;
pub mod time;
