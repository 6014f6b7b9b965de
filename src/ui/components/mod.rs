//! Views that several pages share.

pub mod alert;
pub mod empty;
pub mod failure;
pub mod focus;
pub mod http;
pub mod layout;
pub mod live;
pub mod loading;
pub mod logo;
pub mod nav;
pub mod status;
pub mod time;
