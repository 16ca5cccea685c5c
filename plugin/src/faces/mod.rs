//! Finding faces, following them, and cutting them out.

pub mod bbox;
pub mod detector;
pub mod quality;
pub mod resample;
pub mod track;
