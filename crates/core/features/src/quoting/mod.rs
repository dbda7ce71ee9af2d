//! Quoting as a game: the half-spread at which nobody gains by another one, from numbers that can be measured; and games of
//! two players in general.
//!
//! - [`spread`]: makers who compete for flow some of which knows more than they do ([`spread::Game`]), the price of
//!   information alone ([`spread::GlostenMilgrom`]), and that of inventory ([`spread::AvellanedaStoikov`]). The measure
//!   `NASH_SPREAD` of [`crate::flow`] feeds the first from a live stream.
//! - [`game`]: two players with finite choices: pure equilibria, mixed ones of 2 x 2 games, fictitious play, regret
//!   matching. Every answer says how much a player could still gain.
//! - [`repeated`]: the dilemma of two makers who could both quote wide, played again and again by seven strategies.
//!
//! Prices of the models are no forecasts: a model is as right as what it is fed, and competitors need not be rational.

pub mod game;
pub mod repeated;
pub mod spread;
