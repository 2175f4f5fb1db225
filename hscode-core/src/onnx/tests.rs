//! Good graphs answer, hostile ones are errors in bounded time and memory.

use std::time::{Duration, Instant};

use super::*;
use crate::{Decision, Reason};

/// An attribute's value.
enum A<'a> {
    I(i64),
    Is(&'a [i64]),
    S(&'a str),
    Graph,
}

/// A graph in the making, as protocol buffers.
#[derive(Clone, Default)]
struct G {
    nodes: Vec<Vec<u8>>,
    tensors: Vec<Vec<u8>>,
    inputs: Vec<Vec<u8>>,
    outputs: Vec<Vec<u8>>,
    /// Fields of the model itself.
    more: Vec<u8>,
    /// Fields of the graph itself.
    within: Vec<u8>,
}

fn varint(out: &mut Vec<u8>, mut x: u64) {
    while x >= 0x80 {
        out.push(x as u8 | 0x80);
        x >>= 7;
    }
    out.push(x as u8);
}

fn int(field: u64, x: i64) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, field << 3);
    varint(&mut out, x as u64);
    out
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, field << 3 | 2);
    varint(&mut out, content.len() as u64);
    out.extend_from_slice(content);
    out
}

fn tensor(name: &str, kind: i64, dims: &[i64], raw: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = dims.iter().flat_map(|&dim| int(1, dim)).collect();
    out.extend([int(2, kind), bytes(8, name.as_bytes()), bytes(9, raw)].concat());
    out
}

fn port(name: &str, kind: i64, dims: &[i64]) -> Vec<u8> {
    let sizes: Vec<u8> =
        dims.iter().flat_map(|&dim| bytes(1, &if dim < 0 { bytes(2, b"n") } else { int(1, dim) })).collect();
    let about = [int(1, kind), bytes(2, &sizes)].concat();
    [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &about))].concat()
}

fn with(
    node: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[(&str, A<'_>)],
    domain: &str,
) -> Vec<u8> {
    let mut out: Vec<u8> = inputs.iter().flat_map(|name| bytes(1, name.as_bytes())).collect();
    out.extend(outputs.iter().flat_map(|name| bytes(2, name.as_bytes())));
    out.extend(bytes(4, node.as_bytes()));
    for (name, value) in attributes {
        let (value, kind) = match value {
            A::I(x) => (int(3, *x), 2),
            A::Is(all) => (all.iter().flat_map(|&x| int(8, x)).collect(), 7),
            A::S(text) => (bytes(4, text.as_bytes()), 3),
            A::Graph => (bytes(6, b""), 5),
        };
        out.extend(bytes(5, &[bytes(1, name.as_bytes()), value, int(20, kind)].concat()));
    }
    out.extend(bytes(7, domain.as_bytes()));
    out
}

impl G {
    fn node(mut self, operator: &str, inputs: &[&str], output: &str, attributes: &[(&str, A<'_>)]) -> Self {
        self.nodes.push(with(operator, inputs, &[output], attributes, ""));
        self
    }

    fn floats(mut self, name: &str, dims: &[i64], numbers: &[f32]) -> Self {
        let raw: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.tensors.push(tensor(name, 1, dims, &raw));
        self
    }

    fn ints(mut self, name: &str, dims: &[i64], numbers: &[i64]) -> Self {
        let raw: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.tensors.push(tensor(name, 7, dims, &raw));
        self
    }

    fn list(self, name: &str, numbers: &[i64]) -> Self {
        self.ints(name, &[numbers.len() as i64], numbers)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut graph = self.within.clone();
        for (field, parts) in [(1, &self.nodes), (5, &self.tensors), (11, &self.inputs), (12, &self.outputs)]
        {
            parts.iter().for_each(|part| graph.extend(bytes(field, part)));
        }
        [int(1, 8), bytes(7, &graph), bytes(8, &int(2, 17)), self.more.clone()].concat()
    }
}

/// The mean of token vectors as `hidden` (1 x 3), and a table of 8 rows.
fn start() -> G {
    let table: Vec<f32> = (0..24).map(|at| (at % 7) as f32 - 3.0).collect();
    let mut graph = G::default();
    graph.inputs.push(port("tokens", 7, &[-1, -1]));
    graph.outputs.push(port("logits", 1, &[-1, 2]));
    graph.floats("table", &[8, 3], &table).node("Gather", &["table", "tokens"], "vectors", &[]).node(
        "ReduceMean",
        &["vectors"],
        "hidden",
        &[("axes", A::Is(&[1])), ("keepdims", A::I(0))],
    )
}

/// Two logits from `hidden`.
fn end(graph: G) -> G {
    graph.floats("weight", &[3, 2], &[1.0, 0.5, -1.0, 0.25, 0.5, 0.0]).node(
        "MatMul",
        &["hidden", "weight"],
        "logits",
        &[],
    )
}

const SETTINGS: &str = "reader features\nmax_words 8\nmax_tokens 6\ninput tokens tokens\noutput logits\n\
    threshold chapter 0.5\nthreshold heading 0.5\nthreshold subheading 0.6\n";
const PIECES: &str = "[PAD]\n[UNK]\ncotton\ntee\nleather\nshoes\n##s\n";

fn open_with(network: &[u8], settings: &str) -> Result<Onnx, Error> {
    let files =
        OnnxFiles { network, codes: "640399\n610910\n", settings, vocabulary: Some(PIECES), tokenizer: None };
    Onnx::open(files, "test@1", Edition::HS2022)
}

fn open(graph: &G) -> Result<Onnx, Error> {
    open_with(&graph.bytes(), SETTINGS)
}

#[test]
fn a_graph_answers_by_its_codes() {
    let model = open(&end(start())).unwrap();
    // The rows of `cotton` (6 7 8) and `tee` (9 10 11) and their mean.
    let rows = [[3.0, -3.0, -2.0], [-1.0, 0.0, 1.0_f32]];
    let mean: Vec<f32> = (0..3).map(|at| (rows[0][at] + rows[1][at]) / 2.0).collect();
    let expected = [mean[0] - mean[1] + 0.5 * mean[2], 0.5 * mean[0] + 0.25 * mean[1]];
    let seen = model.logits("cotton tee").unwrap();
    assert!(seen.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6), "{seen:?} {expected:?}");

    let texts = ["cotton tee", "leather shoes", "", "gift", "123", "Cotton TEES, cotton tees"];
    let options = Options::default().with_top_k(2).with_coverage(0.9);
    let together = model.classify_batch(&texts, &options).unwrap();
    for (text, prediction) in texts.iter().zip(&together) {
        assert_eq!(&model.classify(text, &options).unwrap(), prediction);
    }
    let scores: f32 = together[0].candidates().iter().map(|candidate| candidate.score()).sum();
    assert!((scores - 1.0).abs() < 1e-6);
    let best = if expected[0] > expected[1] { "640399" } else { "610910" };
    assert_eq!(together[0].best().unwrap().code().as_str(), best);
    assert_eq!(together[2].decision(), Decision::Abstain(Reason::NoWords));
    assert!(together[2].candidates().is_empty());
    assert_eq!(together[3].decision(), Decision::Abstain(Reason::Vague));
    let explained = model.classify("cotton tee", &options.clone().with_explain(true)).unwrap();
    assert_eq!(explained.explanation().unwrap().path.len(), 3);
    assert_eq!(
        model.classify("tee", &Options::default().with_top_k(0)).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
}

#[test]
fn what_other_files_say_must_fit() {
    let graph = end(start()).bytes();
    let good = OnnxFiles {
        network: &graph,
        codes: "640399\n610910\n",
        settings: SETTINGS,
        vocabulary: Some(PIECES),
        tokenizer: None,
    };
    let refused = |files: OnnxFiles<'_>, place: &str| {
        let error = Onnx::open(files, "test@1", Edition::HS2022).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Package, "{error}");
        assert!(error.message().starts_with(place), "{error}");
    };
    refused(OnnxFiles { codes: "640399\n640399\n", ..good }, "codes.txt");
    refused(OnnxFiles { codes: "640399\n999999\n", ..good }, "codes.txt");
    refused(OnnxFiles { codes: "640399\n6109\n", ..good }, "codes.txt");
    refused(OnnxFiles { codes: "640399\n", ..good }, "codes.txt");
    refused(OnnxFiles { codes: "640399\n610910\n610990\n", ..good }, "model.onnx");
    refused(OnnxFiles { vocabulary: None, ..good }, "vocabulary.txt");
    refused(OnnxFiles { vocabulary: Some("a\nb"), ..good }, "vocabulary.txt");
    // A vocabulary with more pieces than the table has rows: found out before a text does.
    let long = format!("{PIECES}x\ny\nz\n");
    refused(OnnxFiles { vocabulary: Some(&long), ..good }, "model.onnx");
    refused(OnnxFiles { settings: "", ..good }, "onnx.tsv");
    let tokenizer = SETTINGS.replace("features", "tokenizer").replace("input tokens", "input ids");
    refused(OnnxFiles { settings: &tokenizer, ..good }, "tokenizer.json");
    for (json, says) in [
        ("{", "expected JSON"),
        ("{}", "expected one of"),
        ("{\"model\":{\"type\":\"WordPiece\"}}", "failed"),
        ("{\"model\":{\"type\":\"BPE\"},\"normalizer\":{\"pattern\":{\"Regex\":\"(a*)*b\"}}}", "a pattern"),
    ] {
        let files = OnnxFiles { settings: &tokenizer, tokenizer: Some(json.as_bytes()), ..good };
        let error = Onnx::open(files, "test@1", Edition::HS2022).unwrap_err();
        assert!(error.message().starts_with("tokenizer.json") && error.message().contains(says), "{error}");
    }
}

/// A graph that ends in `logits` with `extra` (any shape) added as 0 times its sum.
fn beside(graph: G, extra: &str) -> G {
    graph
        .node("Cast", &[extra], "extra_f32", &[("to", A::I(1))])
        .node("ReduceSum", &["extra_f32"], "extra_sum", &[("keepdims", A::I(0))])
        .floats("zero", &[], &[0.0])
        .node("Mul", &["extra_sum", "zero"], "extra_zero", &[])
        .floats("weight", &[3, 2], &[1.0, 0.5, -1.0, 0.25, 0.5, 0.0])
        .node("MatMul", &["hidden", "weight"], "product", &[])
        .node("Add", &["product", "extra_zero"], "logits", &[])
}

#[test]
fn every_known_operator_runs() {
    let f = |graph: G| graph.floats("m", &[2, 3, 4], &[0.5; 24]).list("axis1", &[1]);
    type Row<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, A<'a>)]);
    let table: Vec<Row<'_>> = vec![
        ("Abs", &["m"], &[]),
        ("Neg", &["m"], &[]),
        ("Exp", &["m"], &[]),
        ("Log", &["m"], &[]),
        ("Sqrt", &["m"], &[]),
        ("Reciprocal", &["m"], &[]),
        ("Erf", &["vectors"], &[]),
        ("Tanh", &["vectors"], &[]),
        ("Sigmoid", &["vectors"], &[]),
        ("Relu", &["vectors"], &[]),
        ("LeakyRelu", &["vectors"], &[]),
        ("Elu", &["vectors"], &[]),
        ("HardSigmoid", &["vectors"], &[]),
        ("HardSwish", &["vectors"], &[]),
        ("Softplus", &["vectors"], &[]),
        ("Sign", &["vectors"], &[]),
        ("Floor", &["vectors"], &[]),
        ("Ceil", &["vectors"], &[]),
        ("Round", &["vectors"], &[]),
        ("Identity", &["vectors"], &[]),
        ("Softmax", &["vectors"], &[("axis", A::I(1))]),
        ("LogSoftmax", &["vectors"], &[("axis", A::I(-1))]),
        ("CumSum", &["vectors", "one0"], &[]),
        ("Add", &["vectors", "hidden"], &[]),
        ("Sub", &["vectors", "hidden"], &[]),
        ("Mul", &["vectors", "hidden"], &[]),
        ("Div", &["vectors", "one"], &[]),
        ("Pow", &["vectors", "two"], &[]),
        ("Max", &["vectors", "hidden"], &[]),
        ("Min", &["vectors", "hidden"], &[]),
        ("Equal", &["vectors", "hidden"], &[]),
        ("Less", &["vectors", "hidden"], &[]),
        ("LessOrEqual", &["vectors", "hidden"], &[]),
        ("Greater", &["vectors", "hidden"], &[]),
        ("GreaterOrEqual", &["vectors", "hidden"], &[]),
        ("Where", &["test", "vectors", "hidden"], &[]),
        ("And", &["test", "test"], &[]),
        ("Or", &["test", "test"], &[]),
        ("Not", &["test"], &[]),
        ("Clip", &["vectors", "one", "two"], &[]),
        ("ReduceMax", &["vectors"], &[("axes", A::Is(&[1])), ("keepdims", A::I(0))]),
        ("ReduceMin", &["vectors"], &[("axes", A::Is(&[-1]))]),
        ("ReduceL2", &["vectors"], &[("axes", A::Is(&[2]))]),
        ("Shape", &["vectors"], &[]),
        ("GatherElements", &["tokens", "tokens_zero"], &[("axis", A::I(1))]),
        ("Concat", &["vectors", "vectors"], &[("axis", A::I(1))]),
        ("Slice", &["vectors", "zero1", "one1", "axis2"], &[]),
        ("Unsqueeze", &["vectors", "zero1"], &[]),
        ("Flatten", &["m"], &[("axis", A::I(2))]),
        ("Reshape", &["m", "six_four"], &[]),
        ("Reshape", &["vectors", "keep_rest"], &[]),
        ("Expand", &["hidden", "four_three"], &[]),
        ("Pad", &["m", "pads"], &[]),
        ("Transpose", &["vectors"], &[("perm", A::Is(&[2, 0, 1]))]),
        ("Gemm", &["hidden", "square"], &[("transB", A::I(1))]),
        ("Conv", &["turned", "filters"], &[("pads", A::Is(&[1, 1]))]),
        ("MaxPool", &["m"], &[("kernel_shape", A::Is(&[2]))]),
        ("AveragePool", &["m"], &[("kernel_shape", A::Is(&[2])), ("strides", A::Is(&[2]))]),
        ("GlobalMaxPool", &["m"], &[]),
        ("GlobalAveragePool", &["m"], &[]),
        ("ConstantOfShape", &["six_four"], &[]),
        ("Range", &["zero0", "five0", "two0"], &[]),
        ("Constant", &[], &[("value_ints", A::Is(&[1, 2, 3]))]),
        ("LSTM", &["m", "w", "r", "b"], &[("hidden_size", A::I(2))]),
        ("GRU", &["m", "w3", "r3"], &[("hidden_size", A::I(2))]),
        ("Dropout", &["vectors"], &[]),
    ];
    let mut failed = Vec::new();
    for (operator, inputs, attributes) in &table {
        let graph = f(start())
            .floats("one", &[], &[1.0])
            .floats("two", &[], &[2.0])
            .floats("square", &[3, 3], &[0.5; 9])
            .floats("filters", &[2, 3, 3], &[0.5; 18])
            .floats("w", &[1, 8, 4], &[0.1; 32])
            .floats("r", &[1, 8, 2], &[0.1; 16])
            .floats("b", &[1, 16], &[0.1; 16])
            .floats("w3", &[1, 6, 4], &[0.1; 24])
            .floats("r3", &[1, 6, 2], &[0.1; 12])
            .list("zero1", &[0])
            .list("one1", &[1])
            .list("axis2", &[2])
            .list("six_four", &[6, 4])
            .list("keep_rest", &[0, -1])
            .list("four_three", &[4, 3])
            .list("pads", &[0, 1, 0, 0, 0, 2])
            .ints("zero0", &[], &[0])
            .ints("one0", &[], &[1])
            .ints("five0", &[], &[5])
            .ints("two0", &[], &[2])
            .node("Transpose", &["vectors"], "turned", &[("perm", A::Is(&[0, 2, 1]))])
            .node("Greater", &["vectors", "hidden"], "test", &[])
            .ints("zero2", &[1, 1], &[0])
            .node("Mul", &["tokens", "zero2"], "tokens_zero", &[])
            .node(operator, inputs, "extra", attributes);
        let plain = open(&end(start())).unwrap();
        match open(&beside(graph, "extra")) {
            Err(error) => failed.push(format!("{operator}: {error}")),
            Ok(model) => {
                for text in ["tee", "cotton tee leather shoes"] {
                    let (seen, expected) = (model.logits(text), plain.logits(text).unwrap());
                    if seen.as_ref().ok() != Some(&expected) {
                        failed.push(format!("{operator}: {seen:?}, not {expected:?}"));
                    }
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Graphs that no reader should trust, each with what is wrong with it.
fn hostile() -> Vec<(&'static str, G)> {
    let m = |graph: G| graph.floats("m", &[2, 3, 4], &[0.5; 24]);
    let run = |operator: &str, inputs: &[&str], attributes: &[(&str, A<'_>)]| {
        beside(m(start()).node(operator, inputs, "extra", attributes), "extra")
    };
    let sized = |operator: &str, sizes: &[i64]| {
        beside(m(start()).list("sizes", sizes).node(operator, &["sizes"], "extra", &[]), "extra")
    };
    let shaped = |operator: &str, sizes: &[i64]| {
        beside(m(start()).list("sizes", sizes).node(operator, &["m", "sizes"], "extra", &[]), "extra")
    };
    let conv = |attributes: &[(&str, A<'_>)]| {
        let graph = m(start()).floats("filters", &[2, 3, 2], &[0.5; 12]);
        beside(graph.node("Conv", &["m", "filters"], "extra", attributes), "extra")
    };
    let changed = |change: &dyn Fn(&mut G)| {
        let mut graph = end(start());
        change(&mut graph);
        graph
    };
    let big = 1_i64 << 40;
    let mut all = vec![
        ("an order of axes with one twice", run("Transpose", &["m"], &[("perm", A::Is(&[0, 0, 2]))])),
        ("an order of axes that are not there", run("Transpose", &["m"], &[("perm", A::Is(&[0, 1, 9]))])),
        ("too short an order of axes", run("Transpose", &["m"], &[("perm", A::Is(&[1, 0]))])),
        ("steps of 0", conv(&[("strides", A::Is(&[0]))])),
        ("gaps of 0", conv(&[("dilations", A::Is(&[0]))])),
        ("negative padding", conv(&[("pads", A::Is(&[-1, 0]))])),
        ("padding without end", conv(&[("pads", A::Is(&[0, big]))])),
        ("no groups", conv(&[("group", A::I(0))])),
        ("groups that do not fit", conv(&[("group", A::I(2))])),
        ("another kernel than the filters", conv(&[("kernel_shape", A::Is(&[3]))])),
        ("a window wider than the text", conv(&[("dilations", A::Is(&[9]))])),
        ("padding that is not in numbers", conv(&[("auto_pad", A::S("SAME_UPPER"))])),
        ("a window of 0", run("MaxPool", &["m"], &[("kernel_shape", A::Is(&[0]))])),
        (
            "a place out of range",
            beside(start().list("place", &[99]).node("Gather", &["table", "place"], "extra", &[]), "extra"),
        ),
        ("an axis out of range", run("Softmax", &["m"], &[("axis", A::I(7))])),
        ("an axis far out of range", run("Softmax", &["m"], &[("axis", A::I(i64::MIN))])),
        ("padding of 2^40", shaped("Pad", &[0, 0, 0, 0, 0, big])),
        ("a value of 2^40", sized("ConstantOfShape", &[big])),
        ("a value of 2^80", sized("ConstantOfShape", &[big, big])),
        ("a value of negative size", sized("ConstantOfShape", &[-5])),
        ("an expansion to 2^40", shaped("Expand", &[big, 2, 3, 4])),
        ("a reshape to another count", shaped("Reshape", &[5, 5])),
        ("a reshape with two open sizes", shaped("Reshape", &[-1, -1])),
        ("a reshape to 0 times all", shaped("Reshape", &[0, -1, big, big])),
        (
            "a range of 2^40",
            beside(
                start().ints("a", &[], &[0]).ints("b", &[], &[big]).ints("c", &[], &[1]).node(
                    "Range",
                    &["a", "b", "c"],
                    "extra",
                    &[],
                ),
                "extra",
            ),
        ),
        (
            "a range without step",
            beside(
                start().ints("a", &[], &[0]).ints("b", &[], &[5]).node(
                    "Range",
                    &["a", "b", "a"],
                    "extra",
                    &[],
                ),
                "extra",
            ),
        ),
        (
            "a slice without step",
            beside(
                m(start()).list("a", &[0]).list("b", &[2]).node(
                    "Slice",
                    &["m", "a", "b", "a", "a"],
                    "extra",
                    &[],
                ),
                "extra",
            ),
        ),
        (
            "sizes that depend on the text",
            beside(
                start()
                    .floats("x", &[1], &[1.0])
                    .list("first", &[0])
                    .node("Squeeze", &["tokens", "first"], "sizes", &[])
                    .node("Expand", &["x", "sizes"], "extra", &[]),
                "extra",
            ),
        ),
        (
            "sizes divided by 0",
            beside(
                start().list("a", &[4]).list("b", &[0]).node("Div", &["a", "b"], "sizes", &[]).node(
                    "ConstantOfShape",
                    &["sizes"],
                    "extra",
                    &[],
                ),
                "extra",
            ),
        ),
        (
            "a product of matrices that takes hours",
            beside(
                start()
                    .floats("x", &[1, 1], &[1.0])
                    .list("sizes", &[1 << 13, 1 << 13])
                    .node("Expand", &["x", "sizes"], "large", &[])
                    .node("MatMul", &["large", "large"], "extra", &[]),
                "extra",
            ),
        ),
        ("matrices that do not fit", run("MatMul", &["m", "hidden"], &[])),
        ("shapes that do not fit", run("Add", &["m", "table"], &[])),
        (
            "a join of unlike values",
            beside(m(start()).node("Concat", &["m", "table"], "extra", &[("axis", A::I(0))]), "extra"),
        ),
        (
            "a recurrent layer with the weights of another",
            beside(
                m(start()).floats("w", &[1, 8, 5], &[0.1; 40]).floats("r", &[1, 8, 2], &[0.1; 16]).node(
                    "LSTM",
                    &["m", "w", "r"],
                    "extra",
                    &[("hidden_size", A::I(2))],
                ),
                "extra",
            ),
        ),
        ("an axis taken out that is wider than 1", shaped("Squeeze", &[1])),
        ("no operator of this name", run("Frobnicate", &["m"], &[])),
        ("an operator with a graph inside", run("If", &["m"], &[("then_branch", A::Graph)])),
        ("an operator whose shape follows from numbers", run("NonZero", &["m"], &[])),
        ("a cast to texts", run("Cast", &["m"], &[("to", A::I(8))])),
        ("too few inputs", run("Conv", &["m"], &[])),
        (
            "a circle",
            beside(
                m(start()).node("Add", &["m", "later"], "extra", &[]).node("Relu", &["extra"], "later", &[]),
                "extra",
            ),
        ),
        ("an operator that reads itself", run("Relu", &["extra"], &[])),
        ("a value given twice", end(start().node("Relu", &["hidden"], "hidden", &[]))),
        ("a constant given twice", end(start().floats("table", &[1], &[1.0]))),
        ("another number of outputs", {
            start().floats("weight", &[3, 3], &[1.0; 9]).node("MatMul", &["hidden", "weight"], "logits", &[])
        }),
        ("outputs of another type", { end(start()).node("Cast", &["logits"], "whole", &[("to", A::I(7))]) }),
        ("an operator of another house", {
            let mut graph = end(start());
            graph.nodes[1] = with("ReduceMean", &["vectors"], &["hidden"], &[], "com.example");
            graph
        }),
        ("no input", changed(&|graph| graph.inputs.clear())),
        ("an input of two kinds", changed(&|graph| graph.inputs.push(port("other", 7, &[-1, -1])))),
        ("an input twice", changed(&|graph| graph.inputs.push(port("tokens", 7, &[-1, -1])))),
        ("an input of f32", changed(&|graph| graph.inputs[0] = port("tokens", 1, &[-1, -1]))),
        ("an input of three axes", changed(&|graph| graph.inputs[0] = port("tokens", 7, &[-1, -1, 5]))),
        ("no output", changed(&|graph| graph.outputs.clear())),
        ("no graph at all", G::default()),
        ("operators of tomorrow", changed(&|graph| graph.more = bytes(8, &int(2, 99)))),
        ("functions", changed(&|graph| graph.more = bytes(25, b""))),
        ("sparse constants", changed(&|graph| graph.within = bytes(15, b""))),
        ("numbers that are none", {
            start().floats("weight", &[3, 2], &[f32::NAN; 6]).node(
                "MatMul",
                &["hidden", "weight"],
                "logits",
                &[],
            )
        }),
        ("sums past all numbers", {
            start().floats("weight", &[3, 2], &[f32::MAX; 6]).node(
                "MatMul",
                &["hidden", "weight"],
                "logits",
                &[],
            )
        }),
        ("too many operators", {
            let mut graph = start();
            for at in 0..9000 {
                let before = if at == 0 { "hidden".to_owned() } else { format!("x{}", at - 1) };
                graph = graph.node("Relu", &[&before], &format!("x{at}"), &[]);
            }
            end(graph)
        }),
        ("too long a chain of sizes", {
            let mut graph = start().list("one", &[1]).node("Shape", &["vectors"], "s0", &[]);
            for at in 0..600 {
                graph = graph.node("Add", &[&format!("s{at}"), "one"], &format!("s{}", at + 1), &[]);
            }
            beside(graph, "s600")
        }),
    ];
    let constants: [(&str, Vec<u8>); 9] = [
        ("a constant of 2^80", tensor("c", 1, &[big, big], &[0; 4])),
        ("a constant of 256 numbers in 4 bytes", tensor("c", 1, &[2; 8], &[0; 4])),
        ("a constant of too many axes", tensor("c", 1, &[1; 65], &[0; 4])),
        ("a constant of negative size", tensor("c", 1, &[-4], &[0; 16])),
        ("a constant with too few bytes", tensor("c", 1, &[4], &[0; 15])),
        ("a constant without bytes", tensor("c", 1, &[4], &[])),
        ("a constant of texts", tensor("c", 8, &[1], &[0; 4])),
        ("a constant of no type", tensor("c", 0, &[1], &[0; 4])),
        ("a constant in another file", {
            [
                tensor("c", 1, &[1], &[]),
                bytes(13, &[bytes(1, b"location"), bytes(2, b"/etc/passwd")].concat()),
            ]
            .concat()
        }),
    ];
    for (name, constant) in constants {
        let mut graph = end(start());
        graph.tensors.push(constant);
        all.push((name, graph));
    }
    // The output has the right name and another type.
    if let Some((_, graph)) = all.iter_mut().find(|case| case.0 == "outputs of another type") {
        graph.outputs[0] = port("whole", 7, &[-1, 2]);
    }
    all
}

#[test]
fn hostile_graphs_are_errors_in_bounded_time() {
    for (what, graph) in hostile() {
        let settings = if what == "outputs of another type" {
            SETTINGS.replace("output logits", "output whole")
        } else {
            SETTINGS.to_owned()
        };
        let start = Instant::now();
        let error = open_with(&graph.bytes(), &settings).expect_err(what);
        assert!(matches!(error.kind(), ErrorKind::Package | ErrorKind::Unsupported), "{what}: {error:?}");
        assert!(error.message().starts_with("model.onnx: "), "{what}: {error}");
        // Found by the rules, before the engine sees the graph; but what only numbers tell.
        let told =
            error.message().contains("cannot be run") || error.message().contains("the network failed");
        assert_eq!(
            told,
            ["numbers that are none", "sums past all numbers"].contains(&what),
            "{what}: {error}"
        );
        assert!(start.elapsed() < Duration::from_secs(10), "{what}: {:?}", start.elapsed());
    }
}

#[test]
fn files_that_are_none_are_errors() {
    let good = end(start()).bytes();
    assert!(open_with(&good, SETTINGS).is_ok());
    for cut in 0..good.len() {
        assert!(open_with(&good[..cut], SETTINGS).is_err(), "cut at {cut}");
    }
    let endless = [0xff; 64];
    let huge = [0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    let garbage: Vec<u8> = (0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in [&endless[..], &huge, &garbage, b"PK\x03\x04", b"{\"graph\":{}}"] {
        assert!(open_with(bytes, SETTINGS).is_err());
    }
    // Millions of empty operators in few bytes: refused by their number.
    let many: Vec<u8> = std::iter::repeat_n([0x0a, 0x00], 1 << 20).flatten().collect();
    let error = open_with(&[int(1, 8), bytes(7, &many)].concat(), SETTINGS).unwrap_err();
    assert!(error.message().contains("at most 8192 operators"), "{error}");
}

#[test]
fn a_changed_byte_never_panics_or_hangs() {
    let graph = beside(
        start()
            .floats("filters", &[2, 3, 2], &[0.5; 12])
            .node("Transpose", &["vectors"], "turned", &[("perm", A::Is(&[0, 2, 1]))])
            .node("Conv", &["turned", "filters"], "windows", &[("pads", A::Is(&[0, 1]))])
            .list("sizes", &[1, -1])
            .node("Reshape", &["windows", "sizes"], "extra", &[]),
        "extra",
    );
    let good = graph.bytes();
    // The engine's panics are caught; their messages would fill the screen.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let mut state = 7_u64;
    let (mut opened, mut slowest) = (0, Duration::ZERO);
    for _ in 0..1500 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut bytes = good.clone();
        let at = (state >> 33) as usize % bytes.len();
        bytes[at] ^= 1 << (state >> 20 & 7);
        let start = Instant::now();
        if let Ok(model) = open_with(&bytes, SETTINGS) {
            opened += 1;
            // An answer or an error.
            let _ = model.classify("cotton tee leather shoes", &Options::default().with_top_k(2));
        }
        slowest = slowest.max(start.elapsed());
    }
    std::panic::set_hook(hook);
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    // Most of the bytes are numbers and names: many changes are another, whole network.
    assert!(opened > 100, "{opened}");
}
