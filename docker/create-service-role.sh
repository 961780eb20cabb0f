#!/bin/sh
# Creates the role of the service. The owner of the tables grants its privileges after each migration.
set -eu

psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 --set password="$SERVICE_PASSWORD" <<'SQL'
CREATE ROLE incidents_service LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
SQL
