//! What is drawn beside the figures of a study: layers over two axes, or bars by name, with the conditions that go below.
//! As JSON a chart is its data, with every digit.

use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};

const NANOS_PER_MILLI: f64 = 1e6;

/// A drawing with its name and what the reader must know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Heading.
    pub name: String,
    /// Conditions under which its numbers were computed, in sentences.
    pub note: String,
    /// What is drawn, or why nothing is.
    pub body: Result<Body, String>,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Layers over two axes.
    Plane(Plane),
    /// Bars by name.
    Bars(Bars),
}

/// How the numbers of an axis are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// As they are.
    #[default]
    Plain,
    /// Fractions, in per cent.
    Percent,
    /// Whole numbers.
    Count,
    /// Milliseconds since 1970, UTC. On the horizontal axis only; such charts can be moved and zoomed.
    Time,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "number",
            Self::Percent => "fraction",
            Self::Count => "count",
            Self::Time => "milliseconds since 1970",
        }
    }
}

/// One axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// What it shows.
    pub title: String,
    /// How its numbers are written.
    pub unit: Unit,
    /// Logarithmic: values above zero only.
    pub log: bool,
    /// Keeps zero in sight.
    pub zero: bool,
}

impl Axis {
    /// A linear axis.
    pub fn new(title: &str, unit: Unit) -> Self {
        Self { title: title.into(), unit, ..Self::default() }
    }
    /// The same with zero in sight.
    pub fn from_zero(self) -> Self {
        Self { zero: true, ..self }
    }
    /// The same on a logarithmic scale.
    pub fn logarithmic(self) -> Self {
        Self { log: true, ..self }
    }
}

/// Colours of the style sheet, which reads well in light and dark and by those who tell few colours apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// What the chart is about.
    Blue,
    /// Losses, or what speaks against.
    Orange,
    /// Another of a kind.
    Purple,
    /// One more.
    Gold,
    /// What is compared with.
    Grey,
    /// What stands out from all others.
    Ink,
}

impl Colour {
    /// Its name in the style sheet.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blue => "up",
            Self::Orange => "down",
            Self::Purple => "alt",
            Self::Gold => "mark",
            Self::Grey => "ref",
            Self::Ink => "ink",
        }
    }
}

/// How the points of a layer are drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Joined by straight lines.
    Line,
    /// The same, dashed.
    Dashed,
    /// Joined, and filled down to zero.
    Filled,
    /// Each on its own.
    Dots,
    /// Each on its own, with its name beside it; as many as points.
    Named(Vec<String>),
    /// The area from each value to this one.
    Band(Vec<f64>),
    /// A stroke from each value to this one.
    Whiskers(Vec<f64>),
    /// A column of this width from zero, whose left edge is the point.
    Columns(f64),
}

/// Points that are drawn in one way.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Name in the legend.
    pub name: String,
    /// Colour.
    pub colour: Colour,
    /// How.
    pub shape: Shape,
    /// Horizontal values; of lines, columns and bands they rise.
    pub x: Vec<f64>,
    /// Vertical values, as many.
    pub y: Vec<f64>,
}

/// A straight line across the whole chart, with a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it says.
    pub text: String,
    /// Where.
    pub at: f64,
    /// Upright at a horizontal value, not level at a vertical one.
    pub upright: bool,
}

/// Layers over two axes, the first at the back.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plane {
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// What is drawn.
    pub layers: Vec<Layer>,
    /// Lines of reference.
    pub rules: Vec<Rule>,
    /// Both axes have one scale.
    pub square: bool,
}

impl Plane {
    /// Nothing yet, over these axes.
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, ..Self::default() }
    }
    /// Adds a layer.
    pub fn layer(&mut self, name: &str, colour: Colour, shape: Shape, x: Vec<f64>, y: Vec<f64>) {
        self.layers.push(Layer { name: name.into(), colour, shape, x, y });
    }
    /// Adds an upright rule at a horizontal value.
    pub fn upright(&mut self, text: &str, at: f64) {
        self.rules.push(Rule { text: text.into(), at, upright: true });
    }
    /// Adds a level rule at a vertical value.
    pub fn level(&mut self, text: &str, at: f64) {
        self.rules.push(Rule { text: text.into(), at, upright: false });
    }
}

/// Bars from zero, one group a name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    /// How the numbers are written.
    pub unit: Unit,
    /// Names of the bars in each group, and their colours.
    pub columns: Vec<(String, Colour)>,
    /// Name and values of each group.
    pub rows: Vec<(String, Vec<f64>)>,
}

impl Chart {
    /// A chart of layers.
    pub fn plane(name: &str, note: &str, plane: Plane) -> Self {
        Self { name: name.into(), note: note.into(), body: Ok(Body::Plane(plane)) }
    }
    /// A chart of bars.
    pub fn bars(name: &str, note: &str, bars: Bars) -> Self {
        Self { name: name.into(), note: note.into(), body: Ok(Body::Bars(bars)) }
    }
    /// A chart that cannot be drawn, and why.
    pub fn missing(name: &str, why: impl std::fmt::Display) -> Self {
        Self { name: name.into(), note: String::new(), body: Err(why.to_string()) }
    }
    /// A chart of layers where they could be computed.
    pub fn made<E: std::fmt::Display>(name: &str, note: &str, plane: Result<Plane, E>) -> Self {
        match plane {
            Ok(plane) => Self::plane(name, note, plane),
            Err(why) => Self::missing(name, why),
        }
    }
}

/// Nanoseconds of a horizontal value in [`Unit::Time`].
pub(crate) fn nanos(millis: f64) -> i64 {
    (millis * NANOS_PER_MILLI) as i64
}

/// A list on one line, so that a chart of a thousand points is not as many lines of a file.
struct Packed<'a>(&'a [f64]);

impl Serialize for Packed<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        serde_json::value::to_raw_value(self.0).map_err(S::Error::custom)?.serialize(to)
    }
}

impl Serialize for Axis {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("title", &self.title)?;
        map.serialize_entry("unit", self.unit.name())?;
        map.end()
    }
}

impl Serialize for Layer {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("x", &Packed(&self.x))?;
        map.serialize_entry("y", &Packed(&self.y))?;
        match &self.shape {
            Shape::Band(upper) | Shape::Whiskers(upper) => map.serialize_entry("to", &Packed(upper))?,
            Shape::Columns(width) => map.serialize_entry("width", width)?,
            Shape::Named(names) => map.serialize_entry("names", names)?,
            Shape::Line | Shape::Dashed | Shape::Filled | Shape::Dots => {}
        }
        map.end()
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("name", &self.text)?;
        map.serialize_entry(if self.upright { "x" } else { "y" }, &self.at)?;
        map.end()
    }
}

/// One bar of each group.
struct Column<'a> {
    bars: &'a Bars,
    at: usize,
}

impl Serialize for Column<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let values: Vec<f64> = self.bars.rows.iter().map(|it| it.1[self.at]).collect();
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("name", &self.bars.columns[self.at].0)?;
        map.serialize_entry("values", &Packed(&values))?;
        map.end()
    }
}

impl Serialize for Chart {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        match &self.body {
            Err(why) => map.serialize_entry("undefined", why)?,
            Ok(Body::Plane(plane)) => {
                map.serialize_entry("note", &self.note)?;
                map.serialize_entry("x", &plane.x)?;
                map.serialize_entry("y", &plane.y)?;
                map.serialize_entry("layers", &plane.layers)?;
                map.serialize_entry("rules", &plane.rules)?;
            }
            Ok(Body::Bars(bars)) => {
                map.serialize_entry("note", &self.note)?;
                let names: Vec<&str> = bars.rows.iter().map(|it| &*it.0).collect();
                map.serialize_entry("names", &names)?;
                let columns: Vec<Column<'_>> =
                    (0..bars.columns.len()).map(|at| Column { bars, at }).collect();
                map.serialize_entry("columns", &columns)?;
            }
        }
        map.end()
    }
}
