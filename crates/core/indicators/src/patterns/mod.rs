//! Shapes of a price between its turns: chart patterns, harmonic patterns and Elliott waves, each with where it points, how
//! well it fits, the bar at which it became knowable, and the price that would say it was none. Bars in, patterns out; no
//! clock, no file.
//!
//! ```
//! use scalp_indicators::patterns::{Bar, Kind, Patterns, Rules, Signal, State};
//!
//! // A double top, drawn by hand: each leg in steps of one.
//! let turns = [90, 110, 100, 110, 96];
//! let mut prices = vec![90.0];
//! for leg in turns.windows(2) {
//!     let (from, to) = (leg[0], leg[1]);
//!     let step: i32 = if to > from { 1 } else { -1 };
//!     for i in 1..=(to - from) * step {
//!         prices.push(f64::from(from + i * step));
//!     }
//! }
//! let bars = prices.iter().map(|&p| Bar { high: p, low: p, close: p, volume: 1.0 });
//! let rules = Rules { swings: scalp_indicators::patterns::SwingRule::Percent(4.0), ..Rules::default() };
//! let mut patterns = Patterns::new(rules, &[Kind::DoubleTop])?;
//! let mut changes = Vec::new();
//! for bar in bars {
//!     changes.extend_from_slice(patterns.push(&bar)?);
//! }
//! // Known when the price had come back 4 % from the second top; confirmed by the close below the valley.
//! assert_eq!((changes[0].state, changes[0].known_at), (State::Forming, 45));
//! assert_eq!((changes[1].state, changes[1].changed_at), (State::Confirmed, 51));
//! assert_eq!((changes[1].target, changes[1].invalidation), (Some(90.0), Some(110.0)));
//!
//! // The same as a number for each bar, by name.
//! let signal = Signal::parse("DOUBLE_TOP(tolerance=0.1, swing=percent, size=4)")?;
//! assert_eq!(signal.warm_up(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What holds for every pattern
//!
//! A pattern at bar `t` depends on bars up to `t` only: its points are swings that were known at `t` and never move, so what
//! was said is never unsaid, only followed by the next state. A scaled series gives the same patterns (by powers of two to
//! the last bit), a mirrored one the mirrored patterns. Whole series and streams are one calculation. A bar that is no bar
//! (not finite, a close outside of its range, a negative volume) is refused, leaves no trace and is not counted, so bars are
//! numbered by those that were taken in. No bar allocates, and memory does not grow.
//!
//! Breakouts and invalidations go by closes, targets by highs and lows. A pattern that its own last turn has already
//! undone, or carried past its target, when it becomes known is not said.
//!
//! One set of points may be several patterns: three equal tops are a triple top and perhaps a rectangle. They are all
//! said. Random walks have such shapes too; how often is printed by `tests/patterns_laws.rs`. A pattern is a description, not an
//! edge.
//!
//! The rules of each kind head its module: [`reversals`], [`channels`], [`flags`], [`harmonic`], [`elliott`]; the turns
//! are found by [`swings`]; [`table()`] lists all with the formula of their strength.
//!
//! # What is left out
//!
//! Rounded shapes (cups, saucers), broadening shapes, diamonds, gaps; waves of several degrees, diagonals, triangles and
//! combinations of corrections; a look at an unfinished bar (a pattern is a matter of finished bars).

mod bar;
pub mod channels;
mod define;
mod detector;
pub mod elliott;
pub mod flags;
mod found;
pub mod harmonic;
pub mod reversals;
mod rules;
mod shape;
mod signal;
pub mod swings;
mod table;

pub use bar::{Bar, Refused, VALUE_MAX};
pub use detector::{ALIVE_PER_KIND, History, Patterns, SWINGS_KEPT};
pub use found::{Direction, Found, Kind, Line, POINTS_MAX, Point, Points, State, Zone};
pub use rules::Rules;
pub use signal::{OUTPUTS, Signal};
pub use swings::{Extreme, FRACTAL_MAX, Fractals, Swing, SwingRule, Swings, Total};
pub use table::{PatternSpec, page, table};
