//! Uploads to real systems that tag themselves. `make test-integration` brings the systems and runs this.

mod directus;
mod process;
mod s3;
mod seaweedfs;
mod tus;
mod wagtail;
