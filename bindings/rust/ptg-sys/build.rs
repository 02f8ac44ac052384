//! Finds the installed library with pkg-config and reads its header.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=PKG_CONFIG_PATH");
    let library = pkg_config::Config::new()
        .atleast_version("0.1")
        .probe("ptg")
        .unwrap_or_else(|error| panic!("libptg is not installed, or not in PKG_CONFIG_PATH: {error}"));
    let header = library
        .include_paths
        .iter()
        .map(|folder| folder.join("ptg/ptg.h"))
        .find(|header| header.is_file())
        .unwrap_or_else(|| Path::new("/usr/include/ptg/ptg.h").to_path_buf());
    println!("cargo::rerun-if-changed={}", header.display());
    for folder in &library.link_paths {
        println!("cargo::metadata=libdir={}", folder.display());
    }

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("ptg.rs");
    bindgen::Builder::default()
        .header(header.display().to_string())
        .allowlist_item("(ptg|PTG)_.*")
        .prepend_enum_name(false)
        .generate_comments(false)
        .generate_cstr(true)
        .clang_macro_fallback()
        .clang_macro_fallback_build_dir(PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")))
        .generate()
        .unwrap_or_else(|error| panic!("{}: {error}", header.display()))
        .write_to_file(&out)
        .unwrap_or_else(|error| panic!("{}: {error}", out.display()));
}
