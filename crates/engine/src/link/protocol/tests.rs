//! What is sent is what arrives; what strangers send is refused with a reason or ignored.

mod any;
mod any_event;
mod any_probe;
mod any_request;
mod boards;
mod documented;
mod events;
mod lines;
mod messages;
