//! Writes the composed texts: `compose_texts DATA SEED COUNT OUT`, where DATA
//! holds `descriptions/NN.tsv` (code, pass, description). Columns of OUT: code,
//! second code or `-`, kind, fold, text.

use hscode_train::compose::{Source, compose};
use std::io::Write as _;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [data, seed, count, out] = args.as_slice() else {
        return Err("usage: compose_texts DATA SEED COUNT OUT".into());
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(PathBuf::from(data).join("descriptions"))?
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "tsv"))
        .collect();
    files.sort();
    let mut text = String::new();
    for file in &files {
        text.push_str(&std::fs::read_to_string(file)?);
    }
    let mut sources = Vec::new();
    for line in text.lines() {
        let mut columns = line.splitn(3, '\t');
        let (Some(code), Some(_pass), Some(text)) = (columns.next(), columns.next(), columns.next()) else {
            return Err(format!("expected three columns, found {line:?}").into());
        };
        if code != "code" {
            sources.push(Source { code, text });
        }
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(out)?);
    for c in compose(&sources, seed.parse()?, count.parse()?) {
        let other = c.other.as_deref().unwrap_or("-");
        writeln!(file, "{}\t{other}\t{}\t{}\t{}", c.code, c.kind.name(), c.fold, c.text)?;
    }
    file.flush()?;
    Ok(())
}
