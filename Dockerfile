# What the workflow needs: Python, the packages of the lock, make and bubblewrap. The project itself stays outside, in the
# folder that is worked in. docs/CLUSTER.md says how it is built and used, with Docker, Podman or Apptainer.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap ca-certificates git make python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.lock /opt/foretell/
RUN python3 -m venv /opt/foretell/venv \
    && /opt/foretell/venv/bin/python -m pip install --no-cache-dir --requirement /opt/foretell/requirements.lock \
    && /opt/foretell/venv/bin/python -m pip check
# Snakemake and matplotlib keep files there; whoever runs the container may have no home in it.
ENV PATH=/opt/foretell/venv/bin:$PATH XDG_CACHE_HOME=/tmp/cache MPLCONFIGDIR=/tmp/cache/matplotlib
CMD ["snakemake", "--help"]
