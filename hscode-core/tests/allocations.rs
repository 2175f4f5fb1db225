//! Once warm, classifying allocates nothing.
#![cfg(feature = "text-cnn")]
#![allow(missing_docs, clippy::unwrap_used)]
#![allow(unsafe_code, reason = "a counting allocator is one by definition")]

#[path = "common/draw.rs"]
mod draw;
#[path = "common/network.rs"]
mod network;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use hscode_core::{Classifier, Level, Options, TextCnn};
use network::{FLAT, WALK, descriptions, full, vocabulary, weights};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes on to the system's allocator as it came; the counter is a plain thread local without
// destructor and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: as the caller promises.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

#[test]
fn a_warm_network_allocates_nothing() {
    for settings in [FLAT, WALK] {
        let model = TextCnn::from_weights(weights(3, &full()), &vocabulary(), settings, "drawn").unwrap();
        let texts = descriptions();
        let options = [
            Options::default(),
            Options::default().with_top_k(8),
            Options::default().with_level(Level::Heading).with_top_k(2),
            Options::default().with_within("61".parse().unwrap()),
        ];
        let run = || {
            let mut decided = 0;
            for options in &options {
                for text in &texts {
                    decided += usize::from(model.classify(text, options).unwrap().code().is_some());
                }
            }
            decided
        };
        let warm = run();
        let before = allocations();
        assert_eq!(run(), warm);
        assert_eq!(allocations() - before, 0);
        // The counter counts.
        let batch = model.classify_batch(&["cotton tee"], &options[0]).unwrap();
        assert!(allocations() > before && batch.len() == 1);
    }
}

#[cfg(feature = "embedded-model")]
#[test]
fn warm_references_and_the_warm_default_model_allocate_nothing() {
    use hscode_core::lexical::Reference;
    use hscode_core::{Fused, Lexical};

    let own = ["gizmo K17", "cotton shirt blue", "steel pipe 5 m"]
        .map(|text| Reference::new(text, "847130".parse().unwrap(), "catalogue.csv"));
    let models: [Box<dyn Classifier>; 4] = [
        Box::new(Lexical::embedded().unwrap()),
        Box::new(Lexical::embedded().unwrap().with_references(own.to_vec()).unwrap()),
        Box::new(Fused::embedded().unwrap()),
        Box::new(Fused::embedded().unwrap().with_references(own.to_vec()).unwrap()),
    ];
    let mut texts = descriptions();
    for text in [
        "stnlss stel sinks for kitchen with taps",
        "toothbrushholders",
        "gizmo k17",
        "blue cotton shirts and trousers of wool for men",
        "perfumme condit baterries cndtnr 220 v",
    ] {
        texts.push(text.to_owned());
    }
    let options = [
        Options::default(),
        Options::default().with_top_k(8),
        Options::default().with_level(Level::Heading).with_top_k(2),
        Options::default().with_within("61".parse().unwrap()),
    ];
    for model in models {
        let run = || {
            let (mut decided, mut together) = (0, 0);
            for options in &options {
                for text in &texts {
                    let prediction = model.classify(text, options).unwrap();
                    decided += usize::from(prediction.code().is_some());
                    together += usize::from(prediction.classifier() != "text-cnn");
                }
            }
            (decided, together)
        };
        let warm = run();
        assert!(warm.0 > 20 && warm.1 > 20, "{warm:?}");
        let before = allocations();
        assert_eq!(run(), warm);
        assert_eq!(allocations() - before, 0, "{}", model.info().name());
    }
}
