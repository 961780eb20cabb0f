-- Once, as the superuser on the primary: the database, its owner, who migrates it, and the role of the service.
--   psql -v ON_ERROR_STOP=1 -v owner_password=… -v service_password=… -f deploy/machines/create-database.sql postgres
CREATE ROLE incidents LOGIN PASSWORD :'owner_password';
CREATE ROLE incidents_service LOGIN PASSWORD :'service_password';
CREATE DATABASE incidents OWNER incidents;
