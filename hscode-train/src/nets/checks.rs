//! Every layer against finite differences, and whole steps on any number of threads.

use super::bag::BagScale;
use super::loss::{Groups, LossWeights, Target, forward_backward};
use super::math::Draws;
use super::network::{Batch, Cache, Dropout, Network};
use super::param::{AdamW, BETA1, BETA2};
use super::shape::{HashedShape, NetworkShape, TokenReader};

const CODES: [&str; 7] = ["010121", "010129", "010130", "010221", "020110", "020120", "030111"];

fn groups() -> (Groups, Groups) {
    (Groups::new(CODES.into_iter(), 4), Groups::new(CODES.into_iter(), 2))
}

fn shape(reader: TokenReader) -> NetworkShape {
    NetworkShape {
        reader,
        pieces: 30,
        token_dim: 6,
        widths: vec![1, 2, 4],
        filters: 5,
        lstm_units: 5,
        pairs: HashedShape { buckets: 20, dim: 3 },
        grams: HashedShape { buckets: 25, dim: 4 },
        hidden: vec![9, 8],
        bag_scale: BagScale::Root,
        mean_pool: true,
        mean_tokens: false,
        ..NetworkShape::default()
    }
}

fn batch() -> (Batch, Vec<Target>) {
    let draws = Draws::new(5, 5);
    let mut batch = Batch::default();
    let mut targets = Vec::new();
    for text in 0..11u64 {
        let d = draws.sub(text);
        let ids = |from: u64, n: usize, below: usize| -> Vec<u32> {
            (0..n as u64).map(|at| d.below(from + at, below) as u32).collect()
        };
        batch.tokens.push(&ids(0, 1 + d.below(999, 6), 30));
        batch.pairs.push(&ids(100, d.below(998, 4), 20));
        batch.grams.push(&ids(200, d.below(997, 9), 25));
        let class = d.below(996, 7) as u32;
        let shares =
            if text % 3 == 0 { vec![(class, 0.7), ((class + 2) % 7, 0.3)] } else { vec![(class, 1.0)] };
        targets.push(Target { shares, weight: 0.5 + d.unit(995) });
    }
    (batch, targets)
}

const WEIGHTS: LossWeights = LossWeights { heading: 0.4, chapter: 0.2, smoothing: 0.1 };

fn dropout(rate: f32) -> Dropout {
    Dropout { input: rate, hidden: rate, draws: Draws::new(8, 1) }
}

fn loss(network: &Network, batch: &Batch, targets: &[Target], training: Dropout, cache: &mut Cache) -> f64 {
    let (headings, chapters) = groups();
    network.forward(batch, cache, Some(training));
    forward_backward(&mut cache.logits, targets, (&headings, &chapters), WEIGHTS, batch.len() as f32)
}

/// The slope along a direction, from values on both sides.
fn slope(mut at: impl FnMut(f32) -> f64, step: f32) -> f64 {
    (at(step) - at(-step)) / (2.0 * f64::from(step))
}

fn check_network(shape: &NetworkShape, rate: f32) {
    let (batch, targets) = batch();
    let mut network = Network::new(shape, CODES.len(), 3);
    // Numbers large enough that every path carries a gradient well above rounding.
    for table in network.tables() {
        table.value.iter_mut().for_each(|x| *x *= 10.0);
    }
    // No output stands at exactly 0, where the cut has no slope.
    for (number, p) in network.dense().into_iter().enumerate().filter(|(_, p)| !p.decays) {
        let draws = Draws::new(9, number as u64);
        p.value.iter_mut().enumerate().for_each(|(at, x)| *x += 0.2 * draws.normal(at as u64));
    }
    let mut cache = Cache::default();
    let training = dropout(rate);
    loss(&network, &batch, &targets, training, &mut cache);
    network.backward(&batch, &mut cache, training);
    let dense: Vec<Vec<f32>> = network.dense().iter().map(|p| p.grad.clone()).collect();
    let tables: Vec<Vec<f32>> = network
        .tables()
        .iter()
        .map(|table| {
            let mut full = vec![0.0; table.value.len()];
            for (at, &row) in table.touched.iter().enumerate() {
                full[row as usize * table.dim..][..table.dim]
                    .copy_from_slice(&table.grad[at * table.dim..][..table.dim]);
            }
            full
        })
        .collect();
    let parameters = dense.len();
    for (number, grad) in dense.iter().chain(&tables).enumerate() {
        for direction in 0..4 {
            // The gradient itself, then directions drawn at random.
            let draws = Draws::new(77, direction);
            let mut way: Vec<f32> = if direction == 0 {
                grad.clone()
            } else {
                (0..grad.len() as u64).map(|at| draws.normal(at)).collect()
            };
            let length = way.iter().map(|x| x * x).sum::<f32>().sqrt();
            assert!(length > 0.0, "parameter {number} has no gradient");
            way.iter_mut().for_each(|x| *x /= length);
            let expected: f64 = way.iter().zip(grad).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let seen = slope(
                |step| {
                    let mut moved = network.clone();
                    let value = if number < parameters {
                        &mut moved.dense().swap_remove(number).value
                    } else {
                        &mut moved.tables().swap_remove(number - parameters).value
                    };
                    value.iter_mut().zip(&way).for_each(|(x, d)| *x += step * d);
                    loss(&moved, &batch, &targets, training, &mut Cache::default())
                },
                2e-3,
            );
            assert!(
                (seen - expected).abs() < 2e-3 + 0.01 * expected.abs(),
                "{:?}: parameter {number}, direction {direction}: {seen} by differences, {expected} by backward",
                shape.reader
            );
        }
    }
}

#[test]
fn every_layer_has_the_gradient_of_its_differences() {
    for reader in [TokenReader::None, TokenReader::Mean, TokenReader::Conv, TokenReader::Lstm] {
        check_network(&shape(reader), 0.0);
        check_network(&shape(reader), 0.2);
    }
    for (max_pool, mean_pool) in [(true, false), (false, true)] {
        check_network(&NetworkShape { max_pool, mean_pool, ..shape(TokenReader::Conv) }, 0.0);
    }
    check_network(
        &NetworkShape { hidden: vec![], bag_scale: BagScale::Mean, ..shape(TokenReader::Conv) },
        0.1,
    );
}

#[test]
fn the_loss_is_its_definition_and_its_gradient_follows() {
    let (headings, chapters) = groups();
    let (_, targets) = batch();
    let logits: Vec<f32> =
        (0..targets.len() as u64 * 7).map(|at| 2.0 * Draws::new(3, 3).normal(at)).collect();
    let definition = |logits: &[f64]| -> f64 {
        let mut total = 0.0;
        for (row, target) in logits.chunks_exact(7).zip(&targets) {
            let sum: f64 = row.iter().map(|x| x.exp()).sum();
            let p: Vec<f64> = row.iter().map(|x| x.exp() / sum).collect();
            for (class, p_class) in p.iter().enumerate() {
                let share: f64 =
                    target.shares.iter().filter(|s| s.0 as usize == class).map(|s| f64::from(s.1)).sum();
                let smooth = f64::from(WEIGHTS.smoothing);
                total -= f64::from(target.weight) * (share * (1.0 - smooth) + smooth / 7.0) * p_class.ln();
                for (weight, digits) in [(WEIGHTS.heading, 4), (WEIGHTS.chapter, 2)] {
                    let group: f64 =
                        (0..7).filter(|&c| CODES[c][..digits] == CODES[class][..digits]).map(|c| p[c]).sum();
                    total -= f64::from(target.weight) * f64::from(weight) * share * group.ln();
                }
            }
        }
        total / targets.len() as f64
    };
    let wide: Vec<f64> = logits.iter().map(|&x| f64::from(x)).collect();
    let mut grad = logits.clone();
    let seen = forward_backward(&mut grad, &targets, (&headings, &chapters), WEIGHTS, targets.len() as f32);
    assert!((seen - definition(&wide)).abs() < 1e-5);
    for at in 0..wide.len() {
        let mut moved = wide.clone();
        moved[at] += 1e-5;
        let up = definition(&moved);
        moved[at] -= 2e-5;
        let expected = (up - definition(&moved)) / 2e-5;
        assert!((f64::from(grad[at]) - expected).abs() < 1e-6, "{at}: {} and {expected}", grad[at]);
    }
}

fn three_steps(reader: TokenReader, threads: usize) -> Vec<u32> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let (batch, targets) = batch();
        let mut network = Network::new(&shape(reader), CODES.len(), 3);
        let mut cache = Cache::default();
        for step in 1..=3 {
            loss(&network, &batch, &targets, dropout(0.1), &mut cache);
            network.backward(&batch, &mut cache, dropout(0.1));
            let young = (1.0 - BETA1.powi(step), 1.0 - BETA2.powi(step));
            let step = AdamW { rate: 0.01, decay: 0.1, scale: 0.9, young };
            network.dense().into_iter().for_each(|p| step.dense(p));
            network.tables().into_iter().for_each(|t| step.table(t, 2.0));
        }
        let dense = network.dense().iter().flat_map(|p| p.value.clone()).collect::<Vec<_>>();
        let tables = network.tables().iter().flat_map(|t| t.value.clone()).collect::<Vec<_>>();
        dense.iter().chain(&tables).map(|x| x.to_bits()).collect()
    })
}

#[test]
fn the_same_bits_on_one_two_and_three_threads() {
    for reader in [TokenReader::Mean, TokenReader::Conv, TokenReader::Lstm] {
        let one = three_steps(reader, 1);
        assert!(one == three_steps(reader, 2) && one == three_steps(reader, 3), "{reader:?}");
    }
}

/// `hscode-train/tests/torch/reference_losses.py` made the fixture.
#[test]
fn losses_are_those_of_pytorch() {
    #[derive(serde::Deserialize)]
    struct Fixture {
        losses: Vec<f64>,
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/torch/reference_losses.json");
    let fixture: Fixture = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(fixture.losses.len(), 40);
    let (batch, targets) = batch();
    let mut network = Network::new(&shape(TokenReader::Conv), CODES.len(), 3);
    let mut cache = Cache::default();
    for (step, expected) in fixture.losses.iter().enumerate() {
        let seen = loss(&network, &batch, &targets, dropout(0.0), &mut cache);
        assert!((seen - expected).abs() < 3e-4 * expected, "step {step}: {seen}, PyTorch {expected}");
        network.backward(&batch, &mut cache, dropout(0.0));
        let step = step as i32 + 1;
        let step = AdamW {
            rate: 0.01,
            decay: 0.1,
            scale: 1.0,
            young: (1.0 - BETA1.powi(step), 1.0 - BETA2.powi(step)),
        };
        network.dense().into_iter().for_each(|p| step.dense(p));
        network.tables().into_iter().for_each(|t| step.table(t, 2.0));
    }
    assert!(fixture.losses[39] < 0.6 * fixture.losses[0]);
}

#[test]
fn integers_are_the_weights_that_the_rounded_network_used() {
    let (batch, _) = batch();
    let mut network =
        Network::new(&NetworkShape { mean_tokens: true, ..shape(TokenReader::Conv) }, CODES.len(), 3);
    assert!(network.integers().is_none());
    let mut cache = Cache::default();
    network.begin_rounding(&super::RoundingConfig::default(), &batch, &mut cache);
    network.forward(&batch, &mut cache, None);
    let integers = network.integers().unwrap();
    assert_eq!(integers.tables.len(), 3);
    assert_eq!(integers.layers.len(), 3 + 3);
    let rounding = network.rounding.clone().unwrap();
    // The output layer over integers gives the logits of the network.
    let (output, last) = (integers.layers.last().unwrap(), rounding.hidden.last().unwrap());
    let below = cache.layers.last().unwrap();
    for (text, row) in below.chunks_exact(output.inputs).enumerate() {
        let whole: Vec<i32> = row.iter().map(|x| (x / last.step).round() as i32).collect();
        for class in 0..CODES.len() {
            let numbers = &output.numbers[class * output.inputs..][..output.inputs];
            let sum: i32 = numbers.iter().zip(&whole).map(|(&a, b)| i32::from(a) * b).sum();
            let logit = output.scales[class] * sum as f32 + output.bias[class];
            let seen = cache.logits[text * CODES.len() + class];
            assert!((logit - seen).abs() < 1e-5, "{logit} and {seen}");
        }
    }
    // The first hidden layer over the integers of its four segments gives its rounded outputs.
    let hidden = &integers.layers[3];
    let factors: Vec<f32> = network
        .segments()
        .iter()
        .zip(&rounding.input)
        .flat_map(|((_, size), scale)| std::iter::repeat_n(scale.step, *size))
        .collect();
    for (row, out) in
        cache.layers[0].chunks_exact(hidden.inputs).zip(cache.layers[1].chunks_exact(hidden.bias.len()))
    {
        for (unit, &seen) in out.iter().enumerate() {
            let numbers = &hidden.numbers[unit * hidden.inputs..][..hidden.inputs];
            let sum: i32 = numbers
                .iter()
                .zip(row)
                .zip(&factors)
                .map(|((&n, x), f)| i32::from(n) * (x / f).round() as i32)
                .sum();
            let value = (hidden.scales[unit] * sum as f32 + hidden.bias[unit]).max(0.0);
            assert!((value - seen).abs() <= 0.51 * rounding.hidden[0].step + 1e-5, "{value} and {seen}");
        }
    }
}
