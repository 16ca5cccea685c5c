//! Finding faces, following them, and cutting them out.

pub mod bbox;
pub mod detector;
pub mod pyramid;
pub mod quality;
pub mod resample;
pub mod search;
pub mod track;
