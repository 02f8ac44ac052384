//! The first program: the README shows just its text, and what it prints.
#![cfg(feature = "tokio")]

use std::process::Command;

const README: &str = include_str!("../../README.md");
const PROGRAM: &str = include_str!("../examples/first.rs");

/// The block of the README that begins with this line, without its fences.
fn block(first: &str) -> &'static str {
    let begin = README.find(first).unwrap_or_else(|| panic!("{first}: not in the README"));
    let length = README[begin..].find("```").expect("it ends");
    &README[begin..begin + length]
}

#[test]
fn the_readme_shows_the_first_program() {
    assert_eq!(block("//! A group with two tasks"), PROGRAM);
}

#[test]
fn the_first_program_prints_what_the_readme_says() {
    let program = std::env::current_exe().unwrap();
    let program = program.parent().unwrap().parent().unwrap().join("examples/first");
    let output = Command::new(program).output().expect("cargo builds examples before tests");
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), block("hello\nhandled"));
}
