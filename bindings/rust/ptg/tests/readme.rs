//! The programs of the README: it shows just their text, and what they print.
#![cfg(feature = "tokio")]

use std::process::Command;

const README: &str = include_str!("../../README.md");

/// The block of the README that begins with this line, without its fences.
fn block(first: &str) -> &'static str {
    let begin = README.find(&format!("\n{first}\n")).unwrap_or_else(|| panic!("{first}: not in the README")) + 1;
    let length = README[begin..].find("```").expect("it ends");
    &README[begin..begin + length]
}

/// The README shows a program to the letter, and what it prints.
fn check(name: &str, program: &str, first_of_output: &str) {
    assert_eq!(block(program.lines().next().unwrap()), program);
    let path = std::env::current_exe().unwrap();
    let path = path.parent().unwrap().parent().unwrap().join("examples").join(name);
    let output = Command::new(path).output().expect("cargo builds examples before tests");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), block(first_of_output));
}

#[test]
fn the_first_program() {
    check("first", include_str!("../examples/first.rs"), "hello");
}

#[test]
fn the_program_with_an_order() {
    check("order", include_str!("../examples/order.rs"), "root Open");
}

#[test]
fn the_program_with_processes() {
    check("process", include_str!("../examples/process.rs"), "hello world");
}
