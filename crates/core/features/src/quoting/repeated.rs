//! The dilemma of two makers: both earn more if both quote wide, each earns more by quoting tight while the other is wide.
//! Played once, both are tight; played again and again, it depends on how each answers the other (Axelrod 1984).

use scalp_quant::Error;

use super::game::Game;
use super::spread;

/// What a maker does in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// The half-spread that both would like.
    Wide,
    /// The half-spread that takes the other's flow.
    Tight,
}

/// How a maker answers what has happened. None of them draws lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Wide, always.
    AlwaysWide,
    /// Tight, always.
    AlwaysTight,
    /// Wide first, then what the other did last.
    TitForTat,
    /// Tight first, then what the other did last.
    SuspiciousTitForTat,
    /// Tight only after two tight rounds of the other.
    TitForTwoTats,
    /// Wide until the other is tight once, then tight for ever.
    Grim,
    /// Repeats what went well and changes what went badly: wide if both did the same last time (Pavlov).
    WinStayLoseShift,
}

impl Strategy {
    /// All seven.
    pub const ALL: [Strategy; 7] = [
        Strategy::AlwaysWide,
        Strategy::AlwaysTight,
        Strategy::TitForTat,
        Strategy::SuspiciousTitForTat,
        Strategy::TitForTwoTats,
        Strategy::Grim,
        Strategy::WinStayLoseShift,
    ];

    /// What it does after these rounds, (own, the other's), oldest first.
    #[must_use]
    pub fn answer(self, past: &[(Quote, Quote)]) -> Quote {
        let tight = |is_tight: bool| if is_tight { Quote::Tight } else { Quote::Wide };
        let last = past.last();
        match self {
            Strategy::AlwaysWide => Quote::Wide,
            Strategy::AlwaysTight => Quote::Tight,
            Strategy::TitForTat => last.map_or(Quote::Wide, |it| it.1),
            Strategy::SuspiciousTitForTat => last.map_or(Quote::Tight, |it| it.1),
            Strategy::TitForTwoTats => {
                tight(past.len() >= 2 && past[past.len() - 2..].iter().all(|it| it.1 == Quote::Tight))
            }
            Strategy::Grim => tight(past.iter().any(|it| it.1 == Quote::Tight)),
            Strategy::WinStayLoseShift => tight(last.is_some_and(|it| it.0 != it.1)),
        }
    }
}

/// What a maker earns in a round, by what both do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dilemma {
    /// Both wide.
    pub both_wide: f64,
    /// Both tight.
    pub both_tight: f64,
    /// Tight while the other is wide.
    pub undercut: f64,
    /// Wide while the other is tight.
    pub left_alone: f64,
}

impl Dilemma {
    /// Of two makers of `game` who choose between two half-spreads, per taker. Refuses a wide one that is not wider.
    pub fn of(game: &spread::Game, wide: f64, tight: f64) -> Result<Dilemma, Error> {
        // Refuses what the game refuses.
        game.half_spread()?;
        if !(wide.is_finite() && tight.is_finite() && wide > tight) {
            let expected = "a finite number above the tight half-spread";
            return Err(Error::Parameter { name: "wide", value: wide, expected });
        }
        let two = spread::Game { makers: 2, ..*game };
        Ok(Dilemma {
            both_wide: two.profit(wide, wide),
            both_tight: two.profit(tight, tight),
            undercut: two.profit(tight, wide),
            left_alone: two.profit(wide, tight),
        })
    }

    /// Whether it is one: each gains by undercutting, whatever the other does, and both lose when both do.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.undercut > self.both_wide
            && self.both_wide > self.both_tight
            && self.both_tight > self.left_alone
    }

    fn payoff(&self, own: Quote, other: Quote) -> f64 {
        match (own, other) {
            (Quote::Wide, Quote::Wide) => self.both_wide,
            (Quote::Tight, Quote::Tight) => self.both_tight,
            (Quote::Tight, Quote::Wide) => self.undercut,
            (Quote::Wide, Quote::Tight) => self.left_alone,
        }
    }

    /// The least weight of tomorrow against today with which both stay wide if each answers a tight quote by being tight for
    /// ever: `(undercut - both_wide) / (undercut - both_tight)` (Friedman 1971). None if it is no dilemma.
    #[must_use]
    pub fn patience(&self) -> Option<f64> {
        self.is_one().then(|| (self.undercut - self.both_wide) / (self.undercut - self.both_tight))
    }

    /// What two strategies earn on average over `rounds`, which must be from 1 to 100,000.
    pub fn play(&self, first: Strategy, second: Strategy, rounds: usize) -> Result<(f64, f64), Error> {
        if !(1..=100_000).contains(&rounds) {
            return Err(Error::Parameter {
                name: "rounds",
                value: rounds as f64,
                expected: "from 1 to 100000",
            });
        }
        let (mut of_first, mut of_second) = (Vec::with_capacity(rounds), Vec::with_capacity(rounds));
        let (mut sums, mut is_grim) = ((0.0, 0.0), [false; 2]);
        for _ in 0..rounds {
            let (a, b) = (
                remembering(first, &of_first, &mut is_grim[0]),
                remembering(second, &of_second, &mut is_grim[1]),
            );
            sums.0 += self.payoff(a, b);
            sums.1 += self.payoff(b, a);
            of_first.push((a, b));
            of_second.push((b, a));
        }
        Ok((sums.0 / rounds as f64, sums.1 / rounds as f64))
    }

    /// The game in which each of two makers chooses one of the seven strategies for `rounds` rounds.
    pub fn tournament(&self, rounds: usize) -> Result<Game, Error> {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for a in Strategy::ALL {
            let pairs: Result<Vec<(f64, f64)>, Error> =
                Strategy::ALL.iter().map(|&b| self.play(a, b, rounds)).collect();
            let pairs = pairs?;
            first.push(pairs.iter().map(|it| it.0).collect());
            second.push(pairs.iter().map(|it| it.1).collect());
        }
        Game::new(&first, &second)
    }
}

/// As [`Strategy::answer`], without looking through the whole past for the one strategy that remembers all of it.
fn remembering(strategy: Strategy, past: &[(Quote, Quote)], is_grim: &mut bool) -> Quote {
    if strategy == Strategy::Grim {
        *is_grim |= past.last().is_some_and(|it| it.1 == Quote::Tight);
        return if *is_grim { Quote::Tight } else { Quote::Wide };
    }
    strategy.answer(past)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "whole numbers")]
mod tests {
    use super::*;

    const AXELROD: Dilemma = Dilemma { both_wide: 3.0, both_tight: 1.0, undercut: 5.0, left_alone: 0.0 };

    #[test]
    fn known_pairs_earn_what_is_known() {
        let play = |a, b, rounds| AXELROD.play(a, b, rounds).unwrap();
        use Strategy::{AlwaysTight, AlwaysWide, Grim, SuspiciousTitForTat, TitForTat, TitForTwoTats};
        assert_eq!(play(AlwaysWide, AlwaysTight, 10), (0.0, 5.0));
        assert_eq!(play(TitForTat, AlwaysTight, 10), (0.9, 1.4), "fooled once");
        assert_eq!(play(TitForTwoTats, AlwaysTight, 10), (0.8, 1.8), "fooled twice");
        assert_eq!(play(TitForTat, SuspiciousTitForTat, 10), (2.5, 2.5), "an echo");
        assert_eq!(
            play(Grim, SuspiciousTitForTat, 4),
            ((0.0 + 5.0 + 1.0 + 1.0) / 4.0, (5.0 + 0.0 + 1.0 + 1.0) / 4.0)
        );
        assert_eq!(play(Strategy::WinStayLoseShift, AlwaysTight, 4), (0.5, 3.0), "every other round");
        for a in Strategy::ALL {
            // The short cut is the rule.
            let mut past = Vec::new();
            let mut is_grim = false;
            for i in 0..50 {
                let other = if i % 7 == 3 { Quote::Tight } else { Quote::Wide };
                let own = a.answer(&past);
                assert_eq!(own, remembering(a, &past, &mut is_grim), "{a:?}");
                past.push((own, other));
            }
        }
    }

    #[test]
    fn repetition_lets_makers_stay_wide_and_one_round_does_not() {
        let once = AXELROD.tournament(1).unwrap().equilibrium(1e-9).unwrap();
        let wide = |profile: &super::super::game::Profile, game: &Game| {
            game.payoffs(&profile.row, &profile.column).0
        };
        assert_eq!(wide(&once, &AXELROD.tournament(1).unwrap()), 1.0);
        let again = AXELROD.tournament(200).unwrap();
        let place = |it: Strategy| Strategy::ALL.iter().position(|other| *other == it).unwrap();
        let tit_for_tat = place(Strategy::TitForTat);
        assert!(again.pure().contains(&(tit_for_tat, tit_for_tat)), "nobody gains against tit for tat");
        assert!(again.pure().contains(&(place(Strategy::AlwaysTight), place(Strategy::AlwaysTight))));
        assert_eq!(AXELROD.patience(), Some(0.5));
        assert!(AXELROD.play(Strategy::Grim, Strategy::Grim, 0).is_err());
    }

    #[test]
    fn makers_who_compete_are_in_the_dilemma() {
        let game = spread::Game { makers: 2, cost: 1.0, sensitivity: 2.0, outside: Some(6.0) };
        let nash = game.half_spread().unwrap();
        // Both would like a unit more than the equilibrium; each would rather undercut most of it.
        let dilemma = Dilemma::of(&game, nash + 1.0, nash + 0.3).unwrap();
        assert!(dilemma.is_one(), "{dilemma:?}");
        assert!(dilemma.patience().is_some_and(|it| it > 0.0 && it < 1.0));
        assert!(Dilemma::of(&game, 1.0, 2.0).is_err());
    }
}
