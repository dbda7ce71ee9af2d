//! How much of each: portfolio optimisation and sizing formulas, on plain numbers. The only room with a convex solver.
