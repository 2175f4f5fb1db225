//! The `hscode` command. (Skeleton.)
fn main() {}
