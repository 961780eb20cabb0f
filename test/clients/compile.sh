#!/bin/sh
# Generates a client from the OpenAPI document in each language, with a common generator, and compiles it:
#   test/clients/compile.sh [go] [java] [python] [typescript]     all of them by default
# Generators and libraries come from the registries. A language whose tools are not installed is skipped.
set -eu
cd "$(dirname "$0")/../.."
contract=$PWD/docs/openapi.json
work=$PWD/.cache/clients

go_client() {
  go mod init incidents
  go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 \
    -generate types,client -package incidents -o client.go "$contract"
  go mod tidy
  go vet ./...
}

java_client() {
  mvn dependency:copy -Dartifact=org.openapitools:openapi-generator-cli:7.17.0 -DoutputDirectory="$PWD"
  java -jar openapi-generator-cli-7.17.0.jar generate -i "$contract" -g java --library native --global-property skipFormModel=false -o client
  mvn --file client/pom.xml -DskipTests compile
}

python_client() {
  python3 -m venv tools
  tools/bin/pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1 mypy==2.4.1
  tools/bin/openapi-python-client generate --path "$contract" --output-path client
  cd client
  ../tools/bin/mypy incidents_client
}

typescript_client() {
  npm install --silent --no-audit --no-fund --prefix . typescript@5.9.3 @hey-api/openapi-ts@0.99.0
  node_modules/.bin/openapi-ts --input "$contract" --output client
  node_modules/.bin/tsc --noEmit --strict --target es2022 --module esnext --moduleResolution bundler client/index.ts
}

# compile LANGUAGE PROGRAM…: prints the result in one line, and the log on failure.
compile() {
  language=$1
  shift
  for program; do
    if ! command -v "$program" >/dev/null; then
      echo "$language: skipped, $program is not installed"
      return
    fi
  done
  rm -rf "${work:?}/$language"
  mkdir -p "$work/$language"
  begin=$(date +%s)
  # Not in the condition of an if: set -e would not apply there.
  set +e
  (set -eux && cd "$work/$language" && "${language}_client") >"$work/$language.log" 2>&1
  code=$?
  set -e
  if [ $code -eq 0 ]; then
    echo "$language: compiles ($(($(date +%s) - begin)) s)"
  else
    cat "$work/$language.log"
    echo "$language: does not compile"
    exit 1
  fi
}

[ $# -gt 0 ] || set -- go java python typescript
for language; do
  case $language in
    go) compile go go ;;
    java) compile java javac mvn ;;
    python) compile python python3 ;;
    typescript) compile typescript npm ;;
    *) echo "unknown language $language" && exit 2 ;;
  esac
done
