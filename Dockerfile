# Stage 1: the dependencies exactly as locked, and the bot as a wheel. What builds it is locked too, and stays here.
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/comfycord
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
# Nothing is resolved or built on the way: each package in its locked version, as a wheel with a locked hash.
RUN /opt/comfycord/bin/pip install --no-deps --only-binary :all: --require-hashes -r requirements.lock \
    && /opt/comfycord/bin/pip check \
    && pip install --no-deps --only-binary :all: --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY cogs cogs
COPY services services
RUN pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheel . \
    && /opt/comfycord/bin/pip install --no-deps --no-index /wheel/*.whl

# Stage 2: what runs. No build tools, no root.
FROM python:3.13-slim
RUN groupadd --system --gid 10001 comfycord \
    && useradd --system --uid 10001 --gid comfycord --home-dir /app --shell /usr/sbin/nologin comfycord \
    && install --directory --owner=comfycord --group=comfycord --mode=0700 /app/data
COPY --from=build /opt/comfycord /opt/comfycord
ENV PATH=/opt/comfycord/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER 10001:10001
# The database and the result files that are not at Discord yet.
VOLUME /app/data
STOPSIGNAL SIGTERM
# Asks the default of health.listen.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run", "--config", "/app/config.toml"]
