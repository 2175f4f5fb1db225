//! `hscode.External`: a classifier written in Python.

use hscode_core::{ClassifierInfo, DecisionPolicy, Edition, Error, ErrorKind, HsCode, Level, Options};
use hscode_core::{Nomenclature, Thresholds};
use pyo3::PyClassInitializer;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyString, PyTuple};
use std::sync::Arc;

use crate::batch::leave_with;
use crate::classifier::{Origin, PyClassifier};
use crate::code::{edition_of, level_of, str_of};
use crate::errors::{failed_in_python, is_exit, raise, type_name, wrong_type};
use crate::options::probability_of;

/// The threshold of every level unless the stage has its own.
const THRESHOLD: f32 = 0.8;

/// A classifier written in Python: house rules, a language model, a remote service.
///
/// ``stage``: an object with ``classify_batch(descriptions)``, or a function of the same form. It gets a list of
/// ``str`` and gives, for each, pairs of code and probability or a dict of them; nothing or ``None`` where it has
/// nothing to say. Codes are of ``level``, each known to ``edition``; probabilities add up to 1 at most. From there on
/// its answers are treated as everybody's: summed by level, restricted, ranked, decided.
///
/// ``name``, ``model``, ``edition`` (``"HS2022"``), ``level`` (``"subheading"``) and ``thresholds`` (0.8; a number or a
/// dict by level) are taken from attributes of ``stage`` when they are not given.
///
/// What it raises becomes ``InferenceError`` with that exception as ``__cause__``; in a cascade the next stage is
/// asked. ``KeyboardInterrupt`` and ``SystemExit`` end the call. With several threads it is called from several.
///
/// >>> import hscode
/// >>> rules = hscode.External(lambda texts: [[("610910", 0.99)] if "tee" in text else [] for text in texts])
/// >>> rules.classify("cotton tee").code
/// HsCode('6109.10')
#[pyclass(extends = PyClassifier, frozen, module = "hscode", name = "External")]
pub(crate) struct PyExternal {
    stage: Py<PyAny>,
    settings: Py<PyDict>,
}

#[pymethods]
impl PyExternal {
    #[new]
    #[pyo3(
        signature = (stage, *, name=None, model=None, edition=None, level=None, thresholds=None),
        text_signature = "(stage, *, name=None, model=None, edition=None, level=None, thresholds=None)"
    )]
    fn new<'py>(
        py: Python<'py>,
        stage: &Bound<'py, PyAny>,
        name: Option<&Bound<'py, PyAny>>,
        model: Option<&Bound<'py, PyAny>>,
        edition: Option<&Bound<'py, PyAny>>,
        level: Option<&Bound<'py, PyAny>>,
        thresholds: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let settings = PyDict::new(py);
        let given = [("name", name), ("model", model), ("edition", edition), ("level", level)];
        for (key, value) in given.into_iter().chain([("thresholds", thresholds)]) {
            settings.set_item(key, value)?;
        }
        wrap(stage, &settings)
    }

    /// The object that was given.
    #[getter]
    fn stage(&self, py: Python<'_>) -> Py<PyAny> {
        self.stage.clone_ref(py)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let make = py.import("functools")?.getattr("partial")?;
        let class = py.get_type::<Self>();
        let made = make.call((class,), Some(self.settings.bind(py)))?;
        (made, (self.stage.clone_ref(py),)).into_pyobject(py)
    }
}

/// Makes a classifier of a Python object; what `settings` leave open is asked of the object's attributes.
pub(crate) fn wrap<'py>(
    stage: &Bound<'py, PyAny>,
    settings: &Bound<'py, PyDict>,
) -> PyResult<PyClassInitializer<PyExternal>> {
    let call = if stage.hasattr("classify_batch")? {
        stage.getattr("classify_batch")?
    } else if stage.is_callable() {
        stage.clone()
    } else {
        return Err(wrong_type("stage", "an object with classify_batch, or a function", stage));
    };
    let setting = |key: &str| -> PyResult<Option<Bound<'py, PyAny>>> {
        if let Some(value) = settings.get_item(key)?.filter(|value| !value.is_none()) {
            return Ok(Some(value));
        }
        // A class has a `__name__`, but no `name`; a function has neither.
        Ok(stage.getattr_opt(key)?.filter(|value| !value.is_none()))
    };
    let text = |key: &str, default: String| -> PyResult<String> {
        setting(key)?.map_or(Ok(default), |value| Ok(str_of(key, "a str", &value)?.to_owned()))
    };
    let own_name = stage.getattr_opt("__name__")?.and_then(|name| name.extract::<String>().ok());
    let name = text("name", own_name.unwrap_or_else(|| type_name(stage)))?;
    let model = text("model", name.clone())?;
    let edition = setting("edition")?.map_or(Ok(Edition::HS2022), |given| edition_of("edition", &given))?;
    let level = setting("level")?.map_or(Ok(Level::Subheading), |given| level_of("level", &given))?;
    let policy = DecisionPolicy::with_thresholds(thresholds_of(setting("thresholds")?.as_ref())?);
    // How many codes it could answer; of national tariff lines nobody here knows.
    let known = Nomenclature::of(&edition).map_or(0, |codes| codes.count(level));
    let classes = if known == 0 { u32::MAX as usize } else { known };
    let info = ClassifierInfo::new(&name, &model, edition, level, classes);
    let call = call.unbind();
    let function = move |texts: &[&str], _: &Options| {
        Python::try_attach(|py| ask(call.bind(py), texts))
            .unwrap_or_else(|| Err(Error::new(ErrorKind::Inference, "Python is shutting down")))
    };
    let external = hscode_core::External::new(info, policy, function)
        .map_err(|error| crate::errors::wrong_value(error.to_string()))?;
    let base = PyClassifier { inner: Arc::new(external), origin: Origin::Composed };
    let own = PyExternal { stage: stage.clone().unbind(), settings: settings.clone().unbind() };
    Ok(PyClassInitializer::from(base).add_subclass(own))
}

/// Thresholds from one number for all levels or a dict by level.
fn thresholds_of(given: Option<&Bound<'_, PyAny>>) -> PyResult<Thresholds> {
    let mut thresholds = Thresholds { chapter: THRESHOLD, heading: THRESHOLD, subheading: THRESHOLD };
    let Some(given) = given else { return Ok(thresholds) };
    let Ok(by_level) = given.cast::<PyMapping>() else {
        let one = probability_of("thresholds", given)?;
        return Ok(Thresholds { chapter: one, heading: one, subheading: one });
    };
    for pair in by_level.items()?.iter() {
        let (level, value) = pair.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
        let value = probability_of("thresholds", &value)?;
        match level_of("thresholds", &level)? {
            Level::Chapter => thresholds.chapter = value,
            Level::Heading => thresholds.heading = value,
            Level::Subheading | Level::TariffLine => thresholds.subheading = value,
        }
    }
    Ok(thresholds)
}

type Scores = Vec<(HsCode, f32)>;

/// Asks the Python classifier; an exception becomes a failure with the exception below it.
fn ask(call: &Bound<'_, PyAny>, texts: &[&str]) -> Result<Vec<Scores>, Error> {
    let py = call.py();
    let asked = PyList::new(py, texts).and_then(|texts| call.call1((texts,)));
    let answers = asked.and_then(|answers| {
        if answers.cast::<PyString>().is_ok() || answers.cast::<PyMapping>().is_ok() {
            return Err(wrong_type("answers", "a list with the scores of each description", &answers));
        }
        answers.try_iter()?.map(|answer| answer.and_then(|answer| scores(&answer))).collect()
    });
    answers.map_err(|exception| {
        if is_exit(py, &exception) {
            leave_with(exception.clone_ref(py));
        }
        failed_in_python(py, exception)
    })
}

/// The scored codes of one answer: none, a mapping, or pairs.
fn scores(answer: &Bound<'_, PyAny>) -> PyResult<Scores> {
    if answer.is_none() {
        return Ok(Vec::new());
    }
    if answer.cast::<PyString>().is_ok() {
        return Err(wrong_type("answer", "pairs of code and score, a dict, or None", answer));
    }
    let items = match answer.cast::<PyMapping>() {
        Ok(by_code) => by_code.items()?.into_any(),
        Err(_) => answer.clone(),
    };
    let mut scores = Vec::new();
    for item in items.try_iter()? {
        let item = item?;
        let (code, score) = item
            .extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()
            .map_err(|_| wrong_type("answer", "pairs of code and score", &item))?;
        let text = str_of("code", "a str such as \"6109.10\"", &code)?;
        let code = HsCode::parse(text).map_err(|error| raise(answer.py(), &error.at("code")))?;
        scores.push((code, probability_of("score", &score)?));
    }
    Ok(scores)
}
