//! `hscode.Nomenclature`, `hscode.nomenclature` and `hscode.convert`.

use std::path::PathBuf;

use hscode_core::{CorrelationTable, Edition, HsCode, Level, Nomenclature};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple, PyType};

use crate::classes;
use crate::code::{code_of, edition_of, level_of, str_of};
use crate::errors::raise;
use crate::options::count_of;

/// All codes of one edition as a tree, with titles where there are any.
///
/// >>> import hscode
/// >>> hs2022 = hscode.nomenclature()
/// >>> "6109.10" in hs2022, "6109.11" in hs2022
/// (True, False)
#[pyclass(frozen, module = "hscode", name = "Nomenclature")]
pub(crate) struct PyNomenclature(Codes);

enum Codes {
    Embedded(&'static Nomenclature),
    /// A file of the user's, with where it was.
    File(Box<Nomenclature>, PathBuf),
}

impl PyNomenclature {
    fn codes(&self) -> &Nomenclature {
        match &self.0 {
            Codes::Embedded(codes) => codes,
            Codes::File(codes, _) => codes,
        }
    }
}

fn codes<'py>(py: Python<'py>, codes: impl Iterator<Item = HsCode>) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for code in codes {
        list.append(classes::code(py, code)?)?;
    }
    Ok(list)
}

#[pymethods]
impl PyNomenclature {
    /// Reads a text file of codes and titles, such as an official one: CSV with a code and a description.
    ///
    /// Raises ``OSError`` when it cannot be read, ``ValueError`` with the line when it is malformed.
    #[classmethod]
    #[pyo3(signature = (path, edition))]
    fn open(class: &Bound<'_, PyType>, path: PathBuf, edition: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = class.py();
        let edition = edition_of("edition", edition)?;
        let read = py.detach(|| Nomenclature::open(&path, &edition)).map_err(|error| raise(py, &error))?;
        Ok(Self(Codes::File(Box::new(read), std::path::absolute(&path).unwrap_or(path))))
    }

    /// The edition, such as ``"HS2022"``.
    #[getter]
    fn edition(&self) -> &str {
        self.codes().edition().as_str()
    }

    /// Whether any code has a title; of the editions inside, HS2022.
    #[getter]
    fn has_titles(&self) -> bool {
        self.codes().has_titles()
    }

    /// The title of a code; ``None`` where the edition does not have the code, or no title of it.
    fn title(&self, code: &Bound<'_, PyAny>) -> PyResult<Option<&str>> {
        Ok(self.codes().title(code_of("code", code)?))
    }

    /// Raises ``HsCodeError`` when the edition does not have the code, naming editions that do.
    fn check(&self, code: &Bound<'_, PyAny>) -> PyResult<()> {
        self.codes().check(code_of("code", code)?).map_err(|error| raise(code.py(), &error))
    }

    /// The code above; ``None`` of a chapter, or of a code that the edition does not have.
    fn parent<'py>(&self, code: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        classes::some_code(code.py(), self.codes().parent(code_of("code", code)?))
    }

    /// The codes right below, in order.
    fn children<'py>(&self, code: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        codes(code.py(), self.codes().children(code_of("code", code)?))
    }

    /// All codes at or below, in order.
    fn descendants<'py>(&self, code: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        codes(code.py(), self.codes().descendants(code_of("code", code)?).iter().copied())
    }

    /// The codes from the chapter down to this one, each with its title.
    fn path<'py>(&self, code: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let (py, list) = (code.py(), PyList::empty(code.py()));
        for (above, title) in self.codes().path(code_of("code", code)?) {
            list.append((classes::code(py, above)?, title))?;
        }
        Ok(list)
    }

    /// All codes of a level, in order.
    fn codes_at<'py>(&self, level: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        codes(level.py(), self.codes().codes(level_of("level", level)?))
    }

    /// The codes whose titles fit the query best, best first.
    ///
    /// >>> import hscode
    /// >>> hscode.nomenclature().search("smartphones", 1)[0].code
    /// HsCode('8517.13')
    #[pyo3(signature = (query, limit=None), text_signature = "($self, query, limit=10)")]
    fn search<'py>(
        &self,
        query: &Bound<'py, PyAny>,
        limit: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = query.py();
        let limit = limit.map_or(Ok(10), |limit| count_of("limit", limit))?;
        let (hits, codes) = (PyList::empty(py), self.codes());
        for hit in codes.search(str_of("query", "a str", query)?, limit) {
            let values = (classes::code(py, hit.code())?, hit.score(), codes.title(hit.code()));
            hits.append(classes::make(classes::hit(py)?, values)?)?;
        }
        Ok(hits)
    }

    fn __contains__(&self, code: &Bound<'_, PyAny>) -> bool {
        // What is no code is not among the codes.
        let text = code.cast::<PyString>().ok().and_then(|text| text.to_str().ok());
        text.and_then(|text| HsCode::parse(text).ok()).is_some_and(|code| self.codes().contains(code))
    }

    fn __len__(&self) -> usize {
        self.codes().len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let all = codes(py, self.codes().all().iter().copied())?;
        Ok(all.try_iter()?.into_any())
    }

    fn __repr__(&self) -> String {
        let count = |level| self.codes().count(level);
        format!(
            "<Nomenclature {}: {} chapters, {} headings, {} subheadings>",
            self.codes().edition(),
            count(Level::Chapter),
            count(Level::Heading),
            count(Level::Subheading)
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let edition = self.codes().edition().as_str();
        match &self.0 {
            Codes::Embedded(_) => {
                let open = py.import(intern!(py, "hscode._hscode"))?.getattr(intern!(py, "nomenclature"))?;
                (open, (edition,)).into_pyobject(py)
            }
            Codes::File(_, path) => {
                let open = py.get_type::<Self>().getattr(intern!(py, "open"))?;
                (open, (path.clone(), edition)).into_pyobject(py)
            }
        }
    }
}

/// The codes of an international edition, HS1992 to HS2022; opened on first use, then shared.
///
/// Raises ``HsCodeError`` for an edition that there is not, ``PackageError`` for a national tariff.
#[pyfunction]
#[pyo3(signature = (edition=None), text_signature = "(edition='HS2022')")]
pub(crate) fn nomenclature(py: Python<'_>, edition: Option<&Bound<'_, PyAny>>) -> PyResult<PyNomenclature> {
    let edition = edition.map_or(Ok(Edition::HS2022), |edition| edition_of("edition", edition))?;
    let codes = Nomenclature::of(&edition).map_err(|error| raise(py, &error))?;
    Ok(PyNomenclature(Codes::Embedded(codes)))
}

/// The codes of another edition that the goods of a code may fall under; never one chosen for you.
///
/// Tariff lines are converted by their first six digits. ``all``: also targets that took in a small part of more than
/// a hundred codes.
///
/// Raises ``ValueError`` for a malformed code, ``HsCodeError`` for one that the edition does not have.
///
/// >>> import hscode
/// >>> [target.code.dotted for target in hscode.convert("851712", "HS2017", "HS2022")]
/// ['8517.13', '8517.14']
#[pyfunction]
#[pyo3(signature = (code, from_edition, to_edition, *, all=false), text_signature = "(code, from_edition, to_edition, *, all=False)")]
pub(crate) fn convert<'py>(
    code: &Bound<'py, PyAny>,
    from_edition: &Bound<'py, PyAny>,
    to_edition: &Bound<'py, PyAny>,
    all: bool,
) -> PyResult<Bound<'py, PyList>> {
    let py = code.py();
    let given = code_of("code", code)?;
    let (from, to) = (edition_of("from_edition", from_edition)?, edition_of("to_edition", to_edition)?);
    let failed = |error| raise(py, &error);
    let table = CorrelationTable::between(&from, &to).map_err(failed)?;
    let titles = Nomenclature::of(&to).map_err(failed)?;
    // As the command does: tariff lines by their first six digits, gathering targets only where asked for.
    let code = given.subheading().unwrap_or(given);
    let every = table.convert(code).map_err(failed)?;
    let main = table.main_targets(code);
    let list = PyList::empty(py);
    for target in if all || main.is_empty() { every } else { main } {
        let code = classes::code(py, target.code)?;
        let values = (code, target.change.as_str(), target.link.as_str(), titles.title(target.code));
        list.append(classes::make(classes::target(py)?, values)?)?;
    }
    Ok(list)
}
