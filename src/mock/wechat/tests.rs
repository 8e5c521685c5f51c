//! The stand-in by itself: the platform's rules without HTTP, the admin API over a plain socket.

mod admin;
mod platform;
