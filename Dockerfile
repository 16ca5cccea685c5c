# docker build -t veritag .
# docker run -p 8700:8700 -v veritag:/var/lib/veritag -v ./veritag.toml:/etc/veritag.toml:ro veritag serve --config /etc/veritag.toml
FROM rust:1.96-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg python3-pip \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make package

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates ffmpeg \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/veritag veritag
COPY --from=build /src/dist /opt/veritag
ENV PATH=/opt/veritag:$PATH \
    XDG_CACHE_HOME=/var/lib/veritag/cache \
    VERITAG__SERVICE__LISTEN=0.0.0.0:8700 \
    VERITAG__SERVICE__DATABASE=sqlite:///var/lib/veritag/veritag.db \
    VERITAG__SERVICE__SPOOL=/var/lib/veritag/spool
USER veritag
VOLUME /var/lib/veritag
EXPOSE 8700
ENTRYPOINT ["veritag"]
CMD ["serve"]
