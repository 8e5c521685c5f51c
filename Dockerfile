# syntax=docker/dockerfile:1
# A small image with nothing in it but the program: no shell, no package manager, no root.

FROM rust:1.95-bookworm AS chef
# The image's own toolchain is the pinned one: do not fetch it again.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN cargo install cargo-chef --version 0.1.78 --locked
WORKDIR /build

FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
COPY --from=plan /build/recipe.json recipe.json
# The dependencies alone: this layer stays until Cargo.lock changes.
RUN cargo chef cook --release --locked --recipe-path recipe.json --bin huiyi
COPY . .
RUN cargo build --release --locked --bin huiyi

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/target/release/huiyi /usr/local/bin/huiyi
ENV HUIYI__SERVER__LISTEN=0.0.0.0:8080
EXPOSE 8080
USER nonroot
WORKDIR /home/nonroot
# Asks the server in this container whether it is ready.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["/usr/local/bin/huiyi", "doctor", "--probe", "http://127.0.0.1:8080"]
ENTRYPOINT ["/usr/local/bin/huiyi"]
CMD ["serve"]
