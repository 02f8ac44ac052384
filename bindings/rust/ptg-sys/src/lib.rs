//! Raw declarations of libptg, made by bindgen from the installed `ptg.h` when this crate is built.
//!
//! Every function, struct and constant is as the header says; so are the rules of threads, ownership and callbacks.
//! The crate `ptg` is the safe way to the same things.
#![allow(non_camel_case_types, non_upper_case_globals, missing_docs, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/ptg.rs"));
