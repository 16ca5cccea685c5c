//! `veritag serve`, as the systems that call it see it.

mod browser;
mod hooks;
mod jobs;
mod pages;
mod receiver;
mod reviews;
mod webhooks;
