//! Games of two players with finite choices. No dice: learning works on expected payoffs, so that an answer repeats.

use scalp_quant::Error;

/// Choices of a player at most.
pub const CHOICES_MAX: usize = 256;

/// What each of two players earns for each pair of choices.
#[derive(Clone, Debug, PartialEq)]
pub struct Game {
    rows: usize,
    columns: usize,
    /// Of the row player, row by row.
    first: Vec<f64>,
    /// Of the column player, row by row.
    second: Vec<f64>,
}

/// How often each choice is made, and what could still be gained.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Of the row player; sums to one.
    pub row: Vec<f64>,
    /// Of the column player; sums to one.
    pub column: Vec<f64>,
    /// The most that a player gains by another choice while the other stays: zero in an equilibrium.
    pub gain: f64,
}

impl Game {
    /// From the payoffs of both players, row by row; every row of both must have as many columns as the first.
    pub fn new(first: &[Vec<f64>], second: &[Vec<f64>]) -> Result<Game, Error> {
        let (rows, columns) = (first.len(), first.first().map_or(0, Vec::len));
        for (name, count) in [("rows", rows), ("columns", columns)] {
            if !(1..=CHOICES_MAX).contains(&count) {
                return Err(Error::Parameter { name, value: count as f64, expected: "from 1 to 256" });
            }
        }
        if second.len() != rows {
            let (left, right) = ("first", "second");
            return Err(Error::Lengths { left, left_len: rows, right, right_len: second.len() });
        }
        let flatten = |what: &'static str, of: &[Vec<f64>]| {
            let mut all = Vec::with_capacity(rows * columns);
            for row in of {
                if row.len() != columns {
                    let (left, right, right_len) = ("columns", what, row.len());
                    return Err(Error::Lengths { left, left_len: columns, right, right_len });
                }
                all.extend(row);
            }
            match all.iter().position(|it: &f64| !it.is_finite()) {
                Some(index) => Err(Error::NotFinite { what, index, value: all[index] }),
                None => Ok(all),
            }
        };
        let (first, second) = (flatten("first", first)?, flatten("second", second)?);
        Ok(Game { rows, columns, first, second })
    }

    /// What one wins the other loses.
    pub fn zero_sum(first: &[Vec<f64>]) -> Result<Game, Error> {
        let second: Vec<Vec<f64>> = first.iter().map(|row| row.iter().map(|it| -it).collect()).collect();
        Game::new(first, &second)
    }

    /// What the players earn on average.
    #[must_use]
    pub fn payoffs(&self, row: &[f64], column: &[f64]) -> (f64, f64) {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum();
        (dot(&self.of_rows(column), row), dot(&self.of_columns(row), column))
    }

    /// What each choice of the row player earns against a mix of the other.
    fn of_rows(&self, column: &[f64]) -> Vec<f64> {
        let row = |i: usize| &self.first[i * self.columns..(i + 1) * self.columns];
        (0..self.rows).map(|i| row(i).iter().zip(column).map(|(a, p)| a * p).sum()).collect()
    }

    fn of_columns(&self, row: &[f64]) -> Vec<f64> {
        (0..self.columns)
            .map(|j| row.iter().enumerate().map(|(i, p)| p * self.second[i * self.columns + j]).sum())
            .collect()
    }

    /// The profile of two mixes, with what could still be gained.
    #[must_use]
    pub fn profile(&self, row: Vec<f64>, column: Vec<f64>) -> Profile {
        let (of_rows, of_columns) = (self.of_rows(&column), self.of_columns(&row));
        let gain = |of: &[f64], mix: &[f64]| {
            let now: f64 = of.iter().zip(mix).map(|(a, p)| a * p).sum();
            of.iter().fold(f64::NEG_INFINITY, |most, it| most.max(*it)) - now
        };
        let gain = gain(&of_rows, &row).max(gain(&of_columns, &column)).max(0.0);
        Profile { row, column, gain }
    }

    /// All equilibria in which both choose one thing, as (row, column).
    #[must_use]
    pub fn pure(&self) -> Vec<(usize, usize)> {
        let (first, second) = (&self.first, &self.second);
        let at = |i: usize, j: usize| i * self.columns + j;
        let is_best = |i: usize, j: usize| {
            (0..self.rows).all(|k| first[at(k, j)] <= first[at(i, j)])
                && (0..self.columns).all(|k| second[at(i, k)] <= second[at(i, j)])
        };
        let all = (0..self.rows).flat_map(|i| (0..self.columns).map(move |j| (i, j)));
        all.filter(|&(i, j)| is_best(i, j)).collect()
    }

    /// The equilibrium of a 2 x 2 game in which both mix: each mixes so that the other is indifferent. None if there is
    /// none, or the game is larger.
    #[must_use]
    pub fn mixed(&self) -> Option<Profile> {
        if (self.rows, self.columns) != (2, 2) {
            return None;
        }
        let share = |difference: [f64; 2]| {
            // The other's first choice less its second, against each of ours.
            let share = difference[1] / (difference[1] - difference[0]);
            (share > 0.0 && share < 1.0).then_some(share)
        };
        let (a, b) = (&self.first, &self.second);
        let row = share([b[0] - b[1], b[2] - b[3]])?;
        let column = share([a[0] - a[2], a[1] - a[3]])?;
        Some(self.profile(vec![row, 1.0 - row], vec![column, 1.0 - column]))
    }

    /// Fictitious play (Brown 1951): each answers the average of what the other has done so far. Converges in zero-sum games
    /// (Robinson 1951), 2 x n games and games of common interest, slowly; elsewhere it need not, see [`Profile::gain`].
    #[must_use]
    pub fn fictitious_play(&self, rounds: u32) -> Profile {
        let (mut row, mut column) = (vec![0.0; self.rows], vec![0.0; self.columns]);
        let (mut of_rows, mut of_columns) = (vec![0.0; self.rows], vec![0.0; self.columns]);
        for _ in 0..rounds.max(1) {
            let (i, j) = (best(&of_rows), best(&of_columns));
            row[i] += 1.0;
            column[j] += 1.0;
            for (k, it) in of_rows.iter_mut().enumerate() {
                *it += self.first[k * self.columns + j];
            }
            for (it, payoff) in of_columns.iter_mut().zip(&self.second[i * self.columns..]) {
                *it += payoff;
            }
        }
        self.profile(normal(row), normal(column))
    }

    /// Regret matching (Hart & Mas-Colell 2000) in the form of Tammelin (2014): regrets never fall below zero, players move
    /// in turn, and later rounds weigh more. The averages converge in zero-sum games; in others what is played most is free of
    /// regret, and [`Profile::gain`] says how far it is from an equilibrium.
    #[must_use]
    pub fn regret_matching(&self, rounds: u32) -> Profile {
        let (mut row_regret, mut column_regret) = (vec![0.0; self.rows], vec![0.0; self.columns]);
        let (mut row_sum, mut column_sum) = (vec![0.0; self.rows], vec![0.0; self.columns]);
        let mut column = normal(column_regret.clone());
        for round in 1..=rounds.max(1) {
            let weight = f64::from(round);
            let row = normal(row_regret.clone());
            regret(&mut row_regret, &self.of_rows(&column), &row);
            column = normal(column_regret.clone());
            regret(&mut column_regret, &self.of_columns(&normal(row_regret.clone())), &column);
            row_sum.iter_mut().zip(&row).for_each(|(sum, it)| *sum += weight * it);
            column_sum.iter_mut().zip(&column).for_each(|(sum, it)| *sum += weight * it);
        }
        self.profile(normal(row_sum), normal(column_sum))
    }

    /// An equilibrium up to `tolerance` of gain: a pure one if there is one (the first by row), else a mixed one of 2 x 2,
    /// else what learning finds. Refuses with how near it came.
    pub fn equilibrium(&self, tolerance: f64) -> Result<Profile, Error> {
        if !(tolerance.is_finite() && tolerance > 0.0) {
            let expected = "a finite number above zero";
            return Err(Error::Parameter { name: "tolerance", value: tolerance, expected });
        }
        if let Some(&(i, j)) = self.pure().first() {
            let only = |n: usize, of: usize| (0..n).map(|k| f64::from(u8::from(k == of))).collect();
            return Ok(self.profile(only(self.rows, i), only(self.columns, j)));
        }
        if let Some(mixed) = self.mixed() {
            return Ok(mixed);
        }
        let mut nearest = f64::INFINITY;
        let mut rounds = 1000;
        while rounds <= 1_000_000 {
            let learnt = [self.regret_matching(rounds), self.fictitious_play(rounds)];
            for it in learnt {
                if it.gain <= tolerance {
                    return Ok(it);
                }
                nearest = nearest.min(it.gain);
            }
            rounds *= 10;
        }
        let detail = format!("{nearest:e} could still be gained");
        Err(Error::NotConverged { what: "the equilibrium", iterations: 1_000_000, detail })
    }
}

/// The first of the best.
fn best(of: &[f64]) -> usize {
    (1..of.len()).fold(0, |best, i| if of[i] > of[best] { i } else { best })
}

/// Shares out of weights; equal ones if all are zero.
fn normal(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    let equal = 1.0 / weights.len() as f64;
    weights.iter_mut().for_each(|it| *it = if sum > 0.0 { *it / sum } else { equal });
    weights
}

fn regret(regrets: &mut [f64], of: &[f64], mix: &[f64]) {
    let now: f64 = of.iter().zip(mix).map(|(a, p)| a * p).sum();
    regrets.iter_mut().zip(of).for_each(|(regret, it)| *regret = (*regret + it - now).max(0.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: &[f64], want: &[f64], tolerance: f64) {
        assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() <= tolerance), "{got:?} {want:?}");
    }

    fn pennies() -> Game {
        Game::zero_sum(&[vec![1.0, -1.0], vec![-1.0, 1.0]]).unwrap()
    }

    fn rock_paper_scissors() -> Game {
        Game::zero_sum(&[vec![0.0, -1.0, 1.0], vec![1.0, 0.0, -1.0], vec![-1.0, 1.0, 0.0]]).unwrap()
    }

    fn dilemma() -> Game {
        // Cooperate, defect.
        Game::new(&[vec![3.0, 0.0], vec![5.0, 1.0]], &[vec![3.0, 5.0], vec![0.0, 1.0]]).unwrap()
    }

    #[test]
    fn matching_pennies_are_tossed() {
        let game = pennies();
        assert!(game.pure().is_empty());
        let mixed = game.mixed().unwrap();
        near(&mixed.row, &[0.5, 0.5], 1e-15);
        assert!(mixed.gain <= 1e-15);
        for learnt in [game.fictitious_play(100_000), game.regret_matching(10_000)] {
            near(&learnt.row, &[0.5, 0.5], 0.01);
            near(&learnt.column, &[0.5, 0.5], 0.01);
            assert!(learnt.gain < 0.01, "{learnt:?}");
        }
        // A skewed one, by hand: row mixes (1/4, 3/4), column (1/2, 1/2).
        let skewed = Game::new(&[vec![2.0, 0.0], vec![0.0, 2.0]], &[vec![0.0, 3.0], vec![1.0, 0.0]]).unwrap();
        let mixed = skewed.mixed().unwrap();
        near(&mixed.row, &[0.25, 0.75], 1e-15);
        near(&mixed.column, &[0.5, 0.5], 1e-15);
        assert!(skewed.fictitious_play(100_000).gain < 0.02);
    }

    #[test]
    fn rock_paper_and_scissors_are_thrown_alike() {
        let game = rock_paper_scissors();
        let third = [1.0 / 3.0; 3];
        for (learnt, tolerance) in
            [(game.fictitious_play(100_000), 0.01), (game.regret_matching(2_000), 1e-3)]
        {
            near(&learnt.row, &third, tolerance);
            near(&learnt.column, &third, tolerance);
        }
        let found = game.equilibrium(1e-6).unwrap();
        near(&found.row, &third, 1e-5);
        let (first, second) = game.payoffs(&found.row, &found.column);
        assert!(first.abs() < 1e-6 && (first + second).abs() < 1e-15);
    }

    #[test]
    fn prisoners_defect() {
        let game = dilemma();
        assert_eq!(game.pure(), [(1, 1)]);
        assert!(game.mixed().is_none());
        for learnt in [game.fictitious_play(10_000), game.regret_matching(10_000)] {
            near(&learnt.row, &[0.0, 1.0], 1e-3);
            near(&learnt.column, &[0.0, 1.0], 1e-3);
        }
        assert!(game.equilibrium(1e-9).unwrap().gain <= 0.0);
    }

    #[test]
    fn a_weighted_game_of_known_value() {
        // Rows against columns of [[3, -1], [-2, 1]]: value 1/7, row mixes (3/7, 4/7), column (2/7, 5/7).
        let game = Game::zero_sum(&[vec![3.0, -1.0], vec![-2.0, 1.0]]).unwrap();
        let mixed = game.mixed().unwrap();
        near(&mixed.row, &[3.0 / 7.0, 4.0 / 7.0], 1e-15);
        near(&mixed.column, &[2.0 / 7.0, 5.0 / 7.0], 1e-15);
        assert!((game.payoffs(&mixed.row, &mixed.column).0 - 1.0 / 7.0).abs() < 1e-15);
        let learnt = game.regret_matching(20_000);
        near(&learnt.row, &mixed.row, 1e-2);
    }

    #[test]
    fn what_is_no_game_is_refused() {
        assert!(Game::zero_sum(&[]).is_err());
        assert!(Game::zero_sum(&[vec![]]).is_err());
        assert!(Game::zero_sum(&[vec![1.0, 2.0], vec![1.0]]).is_err());
        assert!(matches!(Game::zero_sum(&[vec![1.0, f64::NAN]]), Err(Error::NotFinite { index: 1, .. })));
        assert!(matches!(Game::new(&[vec![1.0]], &[]), Err(Error::Lengths { .. })));
        assert!(pennies().equilibrium(0.0).is_err());
    }

    /// Shapley's (1964) game, where fictitious play goes round for ever: what is found must say that it is none, or be one.
    #[test]
    fn an_answer_that_is_no_equilibrium_says_so() {
        let a = [vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 1.0]];
        let b = [vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 1.0], vec![1.0, 0.0, 0.0]];
        let game = Game::new(&a, &b).unwrap();
        assert!(game.fictitious_play(100_000).gain > 0.05);
        match game.equilibrium(1e-6) {
            Ok(found) => near(&found.row, &[1.0 / 3.0; 3], 1e-4),
            Err(error) => assert!(error.to_string().contains("could still be gained")),
        }
    }
}
