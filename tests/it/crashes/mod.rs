//! Power cuts: the real program dies at random and at named steps, starts again, and what it promised is there once.

mod random;
mod shop;
mod steps;
