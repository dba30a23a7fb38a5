# One image a room: `docker build --target gateway .`; docs/images.md has all targets, and how they are tried.
#
# BASE is anything with Python 3.11, its venv and, for triton-cpu, its library (libpython3.11). A release pins it by digest: --build-arg BASE=…@sha256:…
ARG BASE=python:3.11-slim-bookworm
# NVIDIA's Triton, for nodes with GPUs: its image has to be here under this name, or is given by --build-arg.
ARG TRITON_BASE=tritonserver:24.12-py3

# ---- packages: in the versions of the lock, the same in every image ----
FROM ${BASE} AS uv
# Machines behind a mirror name it to pip and uv.
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
ARG UV_FIND_LINKS
# The machine that builds says whom it trusts.
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON=/venv/bin/python UV_SYSTEM_CERTS=1 \
    UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX} UV_FIND_LINKS=${UV_FIND_LINKS}
WORKDIR /build
COPY requirements.lock pyproject.toml ./
RUN python3 -m venv /uv \
    && /uv/bin/pip install --no-cache-dir --disable-pip-version-check --quiet "$(grep ^uv== requirements.lock)" \
    && python3 -m venv --without-pip /venv

FROM uv AS gateway-packages
RUN /uv/bin/uv pip install --constraint requirements.lock --build-constraint requirements.lock --group gateway

FROM uv AS encoder-packages
RUN /uv/bin/uv pip install --constraint requirements.lock --build-constraint requirements.lock --group encoder

FROM uv AS fusion-packages
RUN /uv/bin/uv pip install --constraint requirements.lock --build-constraint requirements.lock --group fusion

FROM uv AS search-packages
RUN /uv/bin/uv pip install --constraint requirements.lock --build-constraint requirements.lock --group search

FROM uv AS ranker-packages
RUN /uv/bin/uv pip install --constraint requirements.lock --build-constraint requirements.lock --group ranker

FROM uv AS triton-cpu-packages
RUN /uv/bin/uv pip install --constraint requirements.lock --build-constraint requirements.lock --group triton-cpu

# ---- code with its metadata, compiled, since nothing can be written where it runs ----
FROM uv AS code
COPY . .
RUN /uv/bin/uv pip install --no-deps --build-constraint requirements.lock --target /app . \
    && mkdir /metadata && mv /app/triptych-*.dist-info /metadata/

# ---- rooms ----
FROM ${BASE} AS room
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app
COPY --from=code /metadata/ ./
COPY --from=code /app/triptych triptych
# The one place that may be written, for the rooms that keep a file: mount a volume.
RUN mkdir /data && chown 65532:65532 /data
ENTRYPOINT ["python"]

FROM room AS gateway
COPY --from=gateway-packages /venv /venv
COPY --from=code /app/gateway gateway
ENV TRIPTYCH_GATEWAY_HOST=0.0.0.0 TRIPTYCH_GATEWAY_EVENTS_PATH=/data/events.db
EXPOSE 7100 8100
USER 65532:65532
HEALTHCHECK CMD ["python", "-m", "triptych.runtime.probe", "127.0.0.1:7100"]
CMD ["-m", "gateway.main"]

FROM room AS encoder
COPY --from=encoder-packages /venv /venv
COPY --from=code /app/services/__init__.py services/
COPY --from=code /app/services/encoder services/encoder
ENV TRIPTYCH_ENCODER_HOST=0.0.0.0
EXPOSE 7101 8101
USER 65532:65532
HEALTHCHECK CMD ["python", "-m", "triptych.runtime.probe", "127.0.0.1:7101"]
CMD ["-m", "services.encoder.main"]

FROM room AS fusion
COPY --from=fusion-packages /venv /venv
COPY --from=code /app/services/__init__.py services/
COPY --from=code /app/services/fusion services/fusion
ENV TRIPTYCH_FUSION_HOST=0.0.0.0
EXPOSE 7102 8102
USER 65532:65532
HEALTHCHECK CMD ["python", "-m", "triptych.runtime.probe", "127.0.0.1:7102"]
CMD ["-m", "services.fusion.main"]

FROM room AS search
COPY --from=search-packages /venv /venv
COPY --from=code /app/services/__init__.py services/
COPY --from=code /app/services/search services/search
ENV TRIPTYCH_SEARCH_HOST=0.0.0.0 TRIPTYCH_SEARCH_LEXICAL_PATH=/data/lexical.db
EXPOSE 7103 8103
USER 65532:65532
HEALTHCHECK CMD ["python", "-m", "triptych.runtime.probe", "127.0.0.1:7103"]
CMD ["-m", "services.search.main"]

FROM room AS ranker
COPY --from=ranker-packages /venv /venv
COPY --from=code /app/services/__init__.py services/
COPY --from=code /app/services/ranker services/ranker
ENV TRIPTYCH_RANKER_HOST=0.0.0.0
EXPOSE 7104 8104
USER 65532:65532
HEALTHCHECK CMD ["python", "-m", "triptych.runtime.probe", "127.0.0.1:7104"]
CMD ["-m", "services.ranker.main"]

# ---- Triton ----
# A pack by itself: copied to a volume by an init container, or mounted as an image volume.
FROM ${BASE} AS pack
ARG PACK=triton/model_repository
COPY ${PACK} /pack
USER 65532:65532
ENTRYPOINT ["cp", "-RT", "/pack"]
CMD ["/models"]

# The server from pip that the local suite runs: for nodes without GPUs.
FROM room AS triton-cpu
COPY --from=triton-cpu-packages /venv /venv
COPY --from=code /app/training training
EXPOSE 7000 7001 7002
USER 65532:65532
CMD ["-m", "triptych.local.triton", "--host", "0.0.0.0", "--model-repository", "/models", "--state", "/data", \
    "--connection-age-max-ms", "120000"]

# NVIDIA's server, with what the models need in its own interpreter.
FROM ${TRITON_BASE} AS triton
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
WORKDIR /app
COPY requirements.lock pyproject.toml ./
RUN python3 -m pip install --no-cache-dir --break-system-packages --quiet "$(grep ^uv== requirements.lock)" \
    && uv pip install --system --break-system-packages --constraint requirements.lock \
        --build-constraint requirements.lock --group models
COPY --from=code /app/triptych triptych
COPY --from=code /app/training training
ENV PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1
EXPOSE 7000 7001 7002
USER 65532:65532
CMD ["tritonserver", "--model-repository=/models", "--strict-readiness=true", "--disable-auto-complete-config", \
    "--http-port=7000", "--grpc-port=7001", "--metrics-port=7002", "--exit-timeout-secs=10", \
    "--grpc-max-connection-age=120000"]
