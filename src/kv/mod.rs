//! Redis and its in-process twin behind one trait: sessions, leaderboards, limits, nonces.
