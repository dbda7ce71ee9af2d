//! The table of measures: what each is called, takes, reads and writes, and what builds it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use scalp_indicators::{Error, Nearest, Parameter, Range, Request};

use super::{entries, formulas};
use crate::measure::{Depth, Measure, Print};
use crate::state::{Saved, State};

/// What a measure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Who takes liquidity, and how much.
    Trades,
    /// How fast things happen.
    Intensity,
    /// What rests in the book.
    Book,
    /// How what rests changes.
    Flow,
    /// What trading costs and moves.
    Impact,
    /// Signs of manipulation; see [`crate::detect`].
    Alarm,
}

impl Family {
    /// All, in the order in which they are listed.
    pub const ALL: [Family; 6] =
        [Family::Trades, Family::Intensity, Family::Book, Family::Flow, Family::Impact, Family::Alarm];
}

/// How the work for one event grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Not at all (on average over the events).
    Constant,
    /// As the logarithm of the prices that were traded in the last second; a trade at a new price moves those behind it.
    Prices,
    /// With the levels of a book, or the bars of a window.
    Window,
}

/// What a measure needs to be fed. It may be fed more: what it does not read leaves no trace, but that those who sign trades
/// look at the quotes where the venue does not tell who took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reads {
    /// Trades.
    pub trades: bool,
    /// Levels of the book.
    pub levels: bool,
    /// What each message changed; silent where only whole books are known.
    pub changes: bool,
}

/// One output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name, such as `vpin`.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
}

/// One measure of the table.
pub struct Spec {
    /// Its name, in capitals.
    pub name: &'static str,
    /// Where it is listed.
    pub family: Family,
    /// What it is, in one line.
    pub summary: &'static str,
    /// What it computes, in words and signs.
    pub formula: String,
    /// Paper and equation, or the formula.
    pub source: &'static str,
    /// When it speaks first.
    pub warm_up: &'static str,
    /// Rises when its meaning changes; it is part of the hash of a schema.
    pub version: u16,
    /// What it must be fed.
    pub reads: Reads,
    /// Whether its values change with time alone: a row shows them as of its own time.
    pub fades: bool,
    /// Its parameters, in the order in which they are written.
    pub parameters: Vec<Parameter>,
    /// Its outputs.
    pub outputs: Vec<Output>,
    /// How the work for one event grows with the window.
    pub cost: Cost,
    pub(super) levels: Depths,
    /// Whether an output rests on who took, with these arguments.
    pub(super) on_sides: fn(&[f64], &str) -> bool,
    pub(super) build: fn(&[f64]) -> Box<dyn Measure>,
}

/// How many levels of the book a measure reads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Depths {
    Fixed(usize),
    /// As many as the parameter of this place says.
    Parameter(usize),
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A measure that has been built.
pub struct Built {
    /// What it is.
    pub spec: &'static Spec,
    /// The values of all parameters, in the order of the spec.
    pub arguments: Vec<f64>,
    /// How many levels of each side it looks at, if it gets books; zero if it looks at none.
    pub levels: usize,
    /// The measure, new.
    pub measure: Box<dyn Measure>,
}

impl std::fmt::Debug for Built {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Built { spec, arguments, levels, measure: _ } = self;
        f.debug_struct("Built")
            .field("spec", spec)
            .field("arguments", arguments)
            .field("levels", levels)
            .finish_non_exhaustive()
    }
}

impl Clone for Built {
    fn clone(&self) -> Built {
        Built { arguments: self.arguments.clone(), measure: self.measure.boxed_clone(), ..*self }
    }
}

/// The name with all parameters, such as `VPIN(50,0,1,0)`.
impl std::fmt::Display for Built {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(f64::to_string).collect();
        f.write_str(self.spec.name)?;
        if arguments.is_empty() { Ok(()) } else { write!(f, "({})", arguments.join(",")) }
    }
}

static CATALOGUE: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let mut specs = entries::specs();
    specs.iter_mut().for_each(|it| it.formula = formulas::of(it.name));
    specs.sort_by_key(|it| it.name);
    specs
});

/// Every measure, by name in rising order.
#[must_use]
pub fn catalogue() -> &'static [Spec] {
    &CATALOGUE
}

/// The measure `name`, letter case aside.
#[must_use]
pub fn find(name: &str) -> Option<&'static Spec> {
    let name = name.to_ascii_uppercase();
    CATALOGUE.binary_search_by(|it| it.name.cmp(&name)).ok().map(|place| &CATALOGUE[place])
}

/// Builds what `request` names. Its output, if it names one, plays no part; see [`Spec::output`].
pub fn build(request: &Request) -> Result<Built, Error> {
    let unknown = || Error::UnknownIndicator {
        name: request.name.clone(),
        nearest: Nearest::among(&request.name, catalogue().iter().map(|it| it.name)),
    };
    find(&request.name).ok_or_else(unknown)?.build(request)
}

impl Spec {
    /// Builds this measure with the arguments of `request`.
    pub fn build(&'static self, request: &Request) -> Result<Built, Error> {
        let arguments = request.resolve_against(self.name, &self.parameters)?;
        let levels = match self.levels {
            Depths::Fixed(levels) => levels,
            Depths::Parameter(place) => arguments[place] as usize,
        };
        Ok(Built { measure: (self.build)(&arguments), spec: self, levels, arguments })
    }

    /// Whether it is fed sizes as the venue counts them, also where those are contracts: what matches trades with levels, or sizes
    /// with each other, needs them to the last digit.
    #[must_use]
    pub fn as_written(&self) -> bool {
        self.family == Family::Alarm || self.reads.changes
    }

    /// Whether the output `name` rests on who took each trade, with these arguments: as the venue tells it, and where it does not
    /// tell, as it is estimated. The others are the same whoever took.
    #[must_use]
    pub fn rests_on_sides(&self, arguments: &[f64], name: &str) -> bool {
        (self.on_sides)(arguments, name)
    }

    /// The place of the output `name`.
    pub fn output(&self, name: &str) -> Result<usize, Error> {
        self.outputs.iter().position(|it| it.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
            Error::UnknownOutput {
                indicator: self.name,
                output: name.to_owned(),
                nearest: Nearest::among(name, self.outputs.iter().map(|it| it.name)),
            }
        })
    }
}

/// The table as a page of Markdown.
#[must_use]
pub fn page() -> String {
    let outputs: usize = catalogue().iter().map(|it| it.outputs.len()).sum();
    let mut page = format!("# Measures of flow\n\n{} measures with {outputs} outputs.\n", catalogue().len());
    for family in Family::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "\n## {family:?}");
        for it in catalogue().iter().filter(|it| it.family == family) {
            let _ = writeln!(page, "\n### {}\n\n{}\n\n`{}`\n", it.name, it.summary, it.formula);
            for p in &it.parameters {
                let _ = writeln!(page, "- `{}` = {}: {} ({})", p.name, p.default, p.hint, p.range);
            }
            let outputs: Vec<String> =
                it.outputs.iter().map(|it| format!("`{}` ({})", it.name, it.unit)).collect();
            let Reads { trades, levels, changes } = it.reads;
            let reads: Vec<&str> = [(trades, "trades"), (levels, "levels"), (changes, "changes")]
                .into_iter()
                .filter_map(|(is_read, name)| is_read.then_some(name))
                .collect();
            let _ = writeln!(
                page,
                "- writes {}{}\n- reads {}; speaks {}; cost {:?}\n- {}",
                outputs.join(", "),
                if it.fades { ", as of the row" } else { "" },
                reads.join(", "),
                it.warm_up,
                it.cost,
                it.source
            );
        }
    }
    page
}

/// What is particular to one measure. [`Kept`] gives it the rest of [`Measure`].
pub trait Stream: State + Clone + Send + Sync + 'static {
    /// Takes a trade in.
    fn on_trade(&mut self, trade: &Print) {
        let _ = trade;
    }
    /// Takes the book after a message in.
    fn on_book(&mut self, book: &Depth<'_>) {
        let _ = book;
    }
    /// Writes the outputs. What is not finite becomes NaN on its way out.
    fn write(&self, out: &mut [f64]);
    /// Writes them as of `at`, if that lies behind the last event. Only what its entry calls fading has more to do here.
    fn write_at(&self, at: i64, out: &mut [f64]) {
        let _ = at;
        self.write(out);
    }
}

/// A measure beside itself when it was new, which is what a reset returns to.
#[derive(Clone, Debug)]
pub struct Kept<S> {
    new: S,
    /// As of the last event.
    pub now: S,
}

impl<S: Stream> Kept<S> {
    /// Of a measure that has seen nothing.
    #[must_use]
    pub fn new(new: S) -> Kept<S> {
        Kept { now: new.clone(), new }
    }
}

impl<S: Stream> Measure for Kept<S> {
    #[inline]
    fn on_trade(&mut self, trade: &Print) {
        self.now.on_trade(trade);
    }

    #[inline]
    fn on_book(&mut self, book: &Depth<'_>) {
        self.now.on_book(book);
    }

    fn write(&self, out: &mut [f64]) {
        self.now.write(out);
        clean(out);
    }

    fn write_at(&self, at: i64, out: &mut [f64]) {
        self.now.write_at(at, out);
        clean(out);
    }

    fn reset(&mut self) {
        self.now.clone_from(&self.new);
    }

    fn save(&self, to: &mut Vec<u8>) {
        self.now.save(to);
    }

    fn load(&mut self, from: &mut Saved<'_>) {
        self.now.load(from);
    }

    fn boxed_clone(&self) -> Box<dyn Measure> {
        Box::new(self.clone())
    }
}

fn clean(out: &mut [f64]) {
    for it in out {
        if !it.is_finite() {
            *it = f64::NAN;
        }
    }
}

/// An entry on its way; see `entries`.
pub(super) struct Entry(Spec);

impl Entry {
    pub(super) fn new(name: &'static str, family: Family, summary: &'static str) -> Entry {
        Entry(Spec {
            name,
            family,
            summary,
            formula: String::new(),
            source: "",
            warm_up: "",
            version: 1,
            reads: Reads { trades: false, levels: false, changes: false },
            fades: false,
            parameters: Vec::new(),
            outputs: Vec::new(),
            cost: Cost::Constant,
            levels: Depths::Fixed(0),
            on_sides: |_, _| false,
            build: |_| unreachable!("every entry ends with what builds it"),
        })
    }

    pub(super) fn source(mut self, source: &'static str) -> Entry {
        self.0.source = source;
        self
    }

    pub(super) fn trades(mut self) -> Entry {
        self.0.reads.trades = true;
        self
    }

    pub(super) fn changes(mut self) -> Entry {
        self.0.reads.changes = true;
        self
    }

    pub(super) fn levels(mut self, levels: usize) -> Entry {
        self.0.reads.levels = true;
        self.0.levels = Depths::Fixed(levels);
        self
    }

    /// Its values change with time alone.
    pub(super) fn fades(mut self) -> Entry {
        self.0.fades = true;
        self
    }

    /// It looks at the touch, if it gets books, to sign trades whose side is not told.
    pub(super) fn signs(mut self) -> Entry {
        self.0.levels = Depths::Fixed(1);
        self
    }

    /// All outputs rest on who took.
    pub(super) fn on_sides(self) -> Entry {
        self.on_sides_where(|_, _| true)
    }

    /// Those outputs rest on who took of which it is so with these arguments.
    pub(super) fn on_sides_where(mut self, is_so: fn(&[f64], &str) -> bool) -> Entry {
        self.0.on_sides = is_so;
        self
    }

    /// As many levels as the parameter written last says.
    pub(super) fn levels_of_last(mut self) -> Entry {
        self.0.reads.levels = true;
        self.0.levels = Depths::Parameter(self.0.parameters.len() - 1);
        self
    }

    pub(super) fn prices(mut self) -> Entry {
        self.0.cost = Cost::Prices;
        self
    }

    pub(super) fn window(mut self) -> Entry {
        self.0.cost = Cost::Window;
        self
    }

    pub(super) fn whole(mut self, name: &str, hint: &'static str, range: (i32, i32), default: i32) -> Entry {
        let (min, max) = range;
        let (range, default) = (Range::Whole { min, max }, f64::from(default));
        self.0.parameters.push(Parameter { name: name.to_owned(), hint, range, default });
        self
    }

    pub(super) fn real(mut self, name: &str, hint: &'static str, range: (f64, f64), default: f64) -> Entry {
        let (min, max) = range;
        let range = Range::Real { min, max };
        self.0.parameters.push(Parameter { name: name.to_owned(), hint, range, default });
        self
    }

    pub(super) fn choice(
        mut self,
        name: &str,
        hint: &'static str,
        of: &'static [(i64, &'static str)],
    ) -> Entry {
        let (range, default) = (Range::Choice(of), of[0].0 as f64);
        self.0.parameters.push(Parameter { name: name.to_owned(), hint, range, default });
        self
    }

    pub(super) fn out(mut self, outputs: &[(&'static str, &'static str)]) -> Entry {
        self.0.outputs.extend(outputs.iter().map(|&(name, unit)| Output { name, unit }));
        self
    }

    pub(super) fn version(mut self, version: u16) -> Entry {
        self.0.version = version;
        self
    }

    pub(super) fn warm(mut self, warm_up: &'static str) -> Entry {
        self.0.warm_up = warm_up;
        self
    }

    pub(super) fn build(mut self, build: fn(&[f64]) -> Box<dyn Measure>) -> Spec {
        self.0.build = build;
        self.0
    }
}
