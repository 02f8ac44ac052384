//! The conformance adapter: `spec/adapter.md` on standard input and output, over the public API of `ptg`.
//!
//! Tasks are futures that wait for their signals; hooks and handlers are closures. All state is the thread's.

mod calls;
mod looks;
mod operations;
mod request;
mod state;
mod wire;
mod words;

fn main() {
    operations::serve();
    state::throw_away();
}
