# The bot. It needs git, a folder for its mirrors and caches, and a PostgreSQL (DATABASE_URL) or room for the embedded one.
FROM node:24.21.0-slim

RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY app.yml tsconfig.json ./
COPY schemas schemas
COPY fleet-manifests fleet-manifests
COPY src src

RUN mkdir /data && chown node:node /data
USER node
ENV NODE_ENV=production FLOTILLA_HOME=/data PORT=3000
VOLUME /data
EXPOSE 3000

# Alive as long as the process answers; whether work gets done is what /readyz says.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:3000/livez').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--env-file-if-exists=flotilla.env", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=16", "src/main.ts"]
