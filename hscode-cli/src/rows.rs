//! The streaming run: a thread reads, some answer, one writes, in order and in bounded memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hscode_table::{Field, Type, Value};

use crate::exit::{self, Failure, Status};
use crate::human::Look;
use crate::interrupt;
use crate::io::{Item, Plan, RowArgs, Sink, Source};
use crate::progress::Meter;

/// What a command does with rows.
pub(crate) trait Answerer: Sync {
    /// The columns of an answer; the first is the index, the second the text that came in.
    fn fields(&self) -> Vec<Field>;

    /// The values of a bad row after the index and the text; nulls unless a column is never null.
    fn blank(&self) -> Vec<Value> {
        vec![Value::Null; self.fields().len() - 2]
    }

    /// Answers readable rows, each by the values of its columns after the index and the text. The answer to a
    /// row depends on that row alone.
    fn answer(&self, texts: &[&str], look: Option<&Look>) -> Vec<Result<Answer, String>>;

    /// The line for people that ends a run over a file, from how often each [`Answer::class`] was given.
    fn summary(&self, classes: &[u64; 4]) -> String;
}

/// The answer to one row.
pub(crate) struct Answer {
    pub(crate) values: Vec<Value>,
    /// What a person sees; empty unless asked for.
    pub(crate) human: String,
    /// One of four classes of answers, for the summary.
    pub(crate) class: usize,
    /// Whether the answer is that the row will not do, which the exit status then tells.
    pub(crate) refused: bool,
}

/// A row ready to be written.
struct Written {
    values: Vec<Value>,
    human: String,
    class: Option<usize>,
    /// Why the row is bad, with its place.
    error: Option<String>,
    refused: bool,
}

/// Text in one batch at most, so that a few huge rows do not meet in memory.
const BATCH_BYTES: usize = 1 << 20;
/// How often waiting threads look whether they should stop.
const BLINK: Duration = Duration::from_millis(50);
/// How many bad rows are told on standard error.
const TOLD: usize = 5;

/// The columns that a run writes: the answer's, the error, and the kept ones.
fn columns(answerer: &dyn Answerer, kept: &[Field]) -> Vec<Field> {
    let mut fields = answerer.fields();
    fields.push(Field::new("error", Type::Text).optional());
    fields.extend_from_slice(kept);
    fields
}

/// Opens the rows and runs them through `answerer`.
pub(crate) fn run(
    answerer: &dyn Answerer,
    plan: Plan,
    source: Source,
    args: &RowArgs,
) -> Result<Status, Failure> {
    let fields = columns(answerer, &[]);
    source.check_kept(&fields)?;
    let fields = columns(answerer, &source.kept);
    let look = plan.is_human().then(Look::of_stdout);
    let file = !source.arguments;
    let mut meter = Meter::start(source.progress, plan.leaves_terminal_free());
    // Errors of arguments are all told; those of files stand in the output, with the first few told as well.
    let told = if source.arguments { usize::MAX } else { TOLD };
    let inline = look.clone().filter(|_| file);
    let mut tally = Tally { most_told: told, ..Tally::default() };
    let mut sink = plan.open(fields)?;
    interrupt::attend();
    // A person who types rows wants each answered at once.
    let batch = if source.typed { 1 } else { args.batch.get() };
    let outcome = stream(
        source.items,
        args.threads(),
        batch,
        &|items| answer_batch(answerer, items, look.as_ref(), inline.as_ref()),
        &mut |rows| {
            let count = rows.len() as u64;
            for row in rows {
                sink.write(&row.values, &row.human)?;
                tally.count(&row);
            }
            meter.advance(count);
            if file && args.writes_file() { Ok(()) } else { sink.flush() }
        },
    );
    meter.end();
    if let Err(failure) = outcome {
        // Dropping the sink removes a file that is not whole; the reading thread may be blocked, so that the
        // program cannot wait for it.
        if matches!(failure, Failure::Interrupted) {
            let _ = sink.flush();
        }
        drop::<Sink>(sink);
        exit::now(failure);
    }
    sink.finish()?;
    interrupt::remember(None);
    Ok(tally.end(answerer, file))
}

/// Counts what was written.
#[derive(Default)]
struct Tally {
    rows: u64,
    classes: [u64; 4],
    refused: u64,
    bad: u64,
    told: Vec<String>,
    most_told: usize,
}

impl Tally {
    fn count(&mut self, row: &Written) {
        self.rows += 1;
        if let Some(count) = row.class.and_then(|class| self.classes.get_mut(class)) {
            *count += 1;
        }
        self.refused += u64::from(row.refused);
        if let Some(error) = &row.error {
            self.bad += 1;
            if self.told.len() < self.most_told {
                self.told.push(error.clone());
            }
        }
    }

    fn end(&self, answerer: &dyn Answerer, file: bool) -> Status {
        use indicatif::HumanCount;
        if file && std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            exit::say(&format!("{} rows: {}", HumanCount(self.rows), answerer.summary(&self.classes)));
        }
        if self.bad == 0 && self.refused == 0 {
            return Status::Done;
        }
        let count = |bad: u64, what: &str| {
            let (rows, verb) =
                (if self.rows == 1 { "row" } else { "rows" }, if bad == 1 { "is" } else { "are" });
            format!("hscode: {} of {} {rows} {verb} {what}", HumanCount(bad), HumanCount(self.rows))
        };
        if self.refused > 0 {
            exit::say(&count(self.refused, "refused"));
        }
        if self.bad == 0 {
            return Status::BadRows;
        }
        exit::say(&count(self.bad, "bad:"));
        for told in &self.told {
            exit::say(&format!("  {told}"));
        }
        let more = self.bad - self.told.len() as u64;
        if more > 0 {
            exit::say(&format!(
                "  and {} more; the error column of the output has them all",
                HumanCount(more)
            ));
        }
        Status::BadRows
    }
}

/// `inline`: how to draw bad rows among the answers, where people read them there.
fn answer_batch(
    answerer: &dyn Answerer,
    items: Vec<Item>,
    look: Option<&Look>,
    inline: Option<&Look>,
) -> Vec<Written> {
    let texts: Vec<&str> = items.iter().filter_map(|item| item.text.as_deref().ok()).collect();
    let mut answers = answerer.answer(&texts, look).into_iter();
    items
        .into_iter()
        .map(|item| {
            let index = Value::Integer(i64::try_from(item.index).unwrap_or(i64::MAX));
            let (text, answer) = match item.text {
                Ok(text) => {
                    let answer = answers.next().unwrap_or_else(|| Err("the row was not answered".to_owned()));
                    (Value::Text(text), answer)
                }
                Err(error) => (Value::Null, Err(error)),
            };
            let mut values = vec![index, text];
            let (human, class, error, refused) = match answer {
                Ok(answer) => {
                    values.extend(answer.values);
                    values.push(Value::Null);
                    (answer.human, Some(answer.class), None, answer.refused)
                }
                Err(error) => {
                    values.extend(answerer.blank());
                    values.push(Value::Text(error.clone()));
                    let error = placed(error, item.line, item.index);
                    let human = inline.map_or_else(String::new, |look| look.bad_row(&error));
                    (human, None, Some(error), false)
                }
            };
            values.extend(item.kept);
            Written { values, human, class, error, refused }
        })
        .collect()
}

/// A message with the place of its row, which those about reading have already.
fn placed(message: String, line: Option<u64>, index: u64) -> String {
    if message.starts_with("line ") || message.starts_with("row ") {
        return message;
    }
    match line {
        Some(line) => format!("line {line}: {message}"),
        None => format!("row {index}: {message}"),
    }
}

type Slot = Receiver<Vec<Written>>;

/// Runs batches through threads; what comes out is in the order of what went in.
///
/// Each batch goes with a slot for its answer. Slots stand in a queue of bounded length, from which the writer
/// takes them in order; so no more batches are on their way than the queue is long.
fn stream(
    items: Box<dyn Iterator<Item = Result<Item, Failure>> + Send>,
    threads: usize,
    batch: usize,
    answer: &(dyn Fn(Vec<Item>) -> Vec<Written> + Sync),
    write: &mut dyn FnMut(Vec<Written>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (queue_in, queue) = sync_channel::<Result<Slot, Failure>>(2 * threads);
    let (jobs_in, jobs) = sync_channel::<(Vec<Item>, SyncSender<Vec<Written>>)>(threads);
    // Not scoped: a thread that is blocked in reading must not keep the program from ending.
    let reader = std::thread::Builder::new().name("read".to_owned());
    let reading = reader.spawn(move || read(items, batch, &queue_in, &jobs_in));
    reading.map_err(|error| Failure::Said(Status::InputOutput, format!("cannot start a thread: {error}")))?;
    let (jobs, stopped) = (Mutex::new(jobs), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    // The lock is held while waiting: the next job goes to whoever waits.
                    let waiting = jobs.lock().unwrap_or_else(PoisonError::into_inner);
                    if stopped.load(Ordering::Relaxed) {
                        break;
                    }
                    let job = waiting.recv_timeout(BLINK);
                    drop(waiting);
                    match job {
                        // A fault in answering leaves the slot empty, which the writer sees; and the writer
                        // may have gone, which the reader sees.
                        Ok((items, slot)) => {
                            let answers = catch_unwind(AssertUnwindSafe(|| answer(items)));
                            drop(answers.map(|answers| slot.send(answers)));
                        }
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
            });
        }
        let written = write_in_order(&queue, write);
        stopped.store(true, Ordering::Relaxed);
        written
    })
}

fn write_in_order(
    queue: &Receiver<Result<Slot, Failure>>,
    write: &mut dyn FnMut(Vec<Written>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    while let Some(slot) = wait(queue)? {
        match wait(&slot?)? {
            Some(rows) => write(rows)?,
            None => return Err(Failure::Said(Status::Package, "a thread failed while answering".to_owned())),
        }
    }
    Ok(())
}

/// The next message; none when the sender is done. Looks out for Ctrl-C meanwhile.
fn wait<T>(receiver: &Receiver<T>) -> Result<Option<T>, Failure> {
    loop {
        if interrupt::asked() {
            return Err(Failure::Interrupted);
        }
        match receiver.recv_timeout(BLINK) {
            Ok(message) => return Ok(Some(message)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        }
    }
}

fn read(
    mut items: Box<dyn Iterator<Item = Result<Item, Failure>> + Send>,
    batch: usize,
    queue: &SyncSender<Result<Slot, Failure>>,
    jobs: &SyncSender<(Vec<Item>, SyncSender<Vec<Written>>)>,
) {
    let send = |items: Vec<Item>| {
        let (slot_in, slot) = sync_channel(1);
        queue.send(Ok(slot)).is_ok() && jobs.send((items, slot_in)).is_ok()
    };
    loop {
        let (mut rows, mut bytes, mut failed, mut ended) =
            (Vec::with_capacity(batch.min(1024)), 0, None, false);
        while rows.len() < batch && bytes < BATCH_BYTES {
            match items.next() {
                Some(Ok(item)) => {
                    bytes += item.text.as_ref().map_or(0, String::len);
                    rows.push(item);
                }
                Some(Err(failure)) => failed = Some(failure),
                None => ended = true,
            }
            if ended || failed.is_some() {
                break;
            }
        }
        if !rows.is_empty() && !send(rows) {
            return;
        }
        if let Some(failure) = failed {
            // Nobody listens when the run has stopped for another reason.
            let _ = queue.send(Err(failure));
            return;
        }
        if ended {
            return;
        }
    }
}
