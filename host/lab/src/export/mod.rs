//! Crops to learn from: what the plugin's `prepare` sees of labelled assets, as pictures.

pub mod pack;
