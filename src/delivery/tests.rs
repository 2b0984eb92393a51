//! Tests of the sender against real sockets on loopback.
