//! Content Credentials (C2PA) of one asset, read in the sandbox: manifests, CBOR and certificates are strangers' bytes like
//! pixels. An Extism plugin that imports nothing but Extism's own functions; an instance reads one asset.

mod document;
mod exports;
mod format;
mod verify;
