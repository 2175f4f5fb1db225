//! From descriptions to a packaged model: ingest, clean, split, train, tune, evaluate, pack.
