//! How long nomenclature and correlation take to open and to answer.
//!
//! `cargo bench -p hscode-core --bench nomenclature`: opening is measured in fresh processes (the program starts
//! itself), since it happens once a process; answers are measured in batches over all codes.

use std::error::Error;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use hscode_core::{CorrelationTable, Edition, HsCode, Level, Nomenclature};

const PROCESSES: usize = 31;
const BATCHES: usize = 31;

type Outcome<T> = Result<T, Box<dyn Error>>;
type Opening = fn() -> Outcome<usize>;

/// What is opened cold, by the name under which the program asks itself for it.
const OPENINGS: [(&str, Opening); 5] = [
    ("open HS2022 with titles", || Ok(Nomenclature::of(&Edition::HS2022)?.len())),
    ("open HS1992, through all others", || Ok(Nomenclature::of(&Edition::HS1992)?.len())),
    ("first search (opens HS2022)", || {
        Ok(Nomenclature::of(&Edition::HS2022)?.search("table lamp", 10).len())
    }),
    ("open HS2017 to HS2022, direct", || {
        Ok(CorrelationTable::between(&Edition::HS2017, &Edition::HS2022)?.len())
    }),
    ("open HS1992 to HS1996, composed", || {
        Ok(CorrelationTable::between(&Edition::HS1992, &Edition::HS1996)?.len())
    }),
];

#[allow(clippy::print_stdout, reason = "a bench answers on standard output")]
fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, name] = arguments.as_slice()
        && flag == "--once"
    {
        let (_, opening) = OPENINGS.iter().find(|(known, _)| known == name).ok_or("no such opening")?;
        let start = Instant::now();
        black_box(opening()?);
        println!("{}", start.elapsed().as_nanos());
        return Ok(());
    }
    println!("{:<34} {:>6} {:>10} {:>10} {:>10}", "", "n", "median", "least", "most");
    for (name, _) in OPENINGS {
        let mut nanoseconds = Vec::new();
        for _ in 0..PROCESSES {
            let output = Command::new(std::env::current_exe()?).args(["--once", name]).output()?;
            nanoseconds.push(String::from_utf8(output.stdout)?.trim().parse::<f64>()?);
        }
        println!("{}", row(name, nanoseconds));
    }

    let hs2022 = Nomenclature::of(&Edition::HS2022)?;
    let forward = CorrelationTable::between(&Edition::HS2017, &Edition::HS2022)?;
    let mut codes: Vec<HsCode> = hs2022.all().to_vec();
    // Out of order, so that neighbours in memory do not help: a fixed shuffle.
    codes.sort_unstable_by_key(|code| {
        code.as_str().bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(byte))
    });
    println!("{}", row("contains", batches(&codes, |code| usize::from(hs2022.contains(code)))));
    println!("{}", row("title", batches(&codes, |code| hs2022.title(code).map_or(0, str::len))));
    println!("{}", row("path", batches(&codes, |code| hs2022.path(code).count())));
    println!("{}", row("children", batches(&codes, |code| hs2022.children(code).count())));
    println!("{}", row("targets", batches(&codes, |code| forward.targets(code).len())));
    let queries = ["table lamp", "mens cotton crew neck tee", "frozen shrimps", "lithium batteries"];
    let search = batches(&queries, |query| hs2022.search(query, 10).len());
    println!("{}", row("search", search));
    println!("HS2022: {} codes, {} subheadings", hs2022.len(), hs2022.count(Level::Subheading));
    Ok(())
}

/// Nanoseconds a call, one figure a batch over all items.
fn batches<T: Copy>(items: &[T], mut call: impl FnMut(T) -> usize) -> Vec<f64> {
    let mut batch = || {
        let start = Instant::now();
        for item in items {
            black_box(call(black_box(*item)));
        }
        start.elapsed().as_nanos() as f64 / items.len() as f64
    };
    batch();
    (0..BATCHES).map(|_| batch()).collect()
}

fn row(name: &str, mut nanoseconds: Vec<f64>) -> String {
    nanoseconds.sort_by(f64::total_cmp);
    let shown = |at: usize| match nanoseconds[at] {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.1} us", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    };
    let n = nanoseconds.len();
    format!("{name:<34} {n:>6} {:>10} {:>10} {:>10}", shown(n / 2), shown(0), shown(n - 1))
}
