//! Stand-in providers for developers and tests.
