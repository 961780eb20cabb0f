{{/* Values that fit the schema, but not each other: the service would not start with them. */}}
{{- define "incidents.validate" -}}
{{- $values := .Values }}
{{- $database := $values.database }}
{{- $config := $values.config }}
{{- $secrets := $values.secrets }}
{{- $known := merge (dict) $secrets.values $secrets.refs }}
{{- $canHave := dict }}
{{- range list "KAFKA_PASSWORD" "S3_ACCESS_KEY_ID" "S3_SECRET_ACCESS_KEY" "API_KEY" "TELEGRAM_BOT_TOKEN" }}
{{- $_ := set $canHave . (or $secrets.existingSecret (hasKey $known .)) }}
{{- end }}
{{- $errors := list }}

{{- if not (or $database.url $database.urlSecret.name) }}
{{- $errors = append $errors "set database.url to the URL of a PostgreSQL, such as postgres://user:password@host:5432/incidents, or database.urlSecret.name to a Secret that has it" }}
{{- end }}
{{- if and $database.url $database.urlSecret.name }}
{{- $errors = append $errors "set either database.url or database.urlSecret" }}
{{- end }}
{{- if and $database.migrationUrl $database.migrationUrlSecret.name }}
{{- $errors = append $errors "set either database.migrationUrl or database.migrationUrlSecret" }}
{{- end }}
{{- if ne (contains "$(DATABASE_PASSWORD)" $database.url) (ne $database.passwordSecret.name "") }}
{{- $errors = append $errors "database.passwordSecret.name and $(DATABASE_PASSWORD) in database.url belong together, as in postgres://user:$(DATABASE_PASSWORD)@host:5432/incidents" }}
{{- end }}
{{- if ne (contains "$(MIGRATION_DATABASE_PASSWORD)" $database.migrationUrl) (ne $database.migrationPasswordSecret.name "") }}
{{- $errors = append $errors "database.migrationPasswordSecret.name and $(MIGRATION_DATABASE_PASSWORD) in database.migrationUrl belong together, as in postgres://owner:$(MIGRATION_DATABASE_PASSWORD)@host:5432/incidents" }}
{{- end }}
{{- if and (or $database.migrationUrl $database.migrationUrlSecret.name) (not $values.migration.enabled) }}
{{- $errors = append $errors "the URL of the owner is for the migration job: set migration.enabled, or remove database.migrationUrl" }}
{{- end }}
{{- if and $secrets.existingSecret $secrets.values }}
{{- $errors = append $errors "set either secrets.existingSecret or secrets.values; single variables can be in secrets.refs" }}
{{- end }}
{{- if and $values.trustedCertificates.secret $values.trustedCertificates.configMap }}
{{- $errors = append $errors "set either trustedCertificates.secret or trustedCertificates.configMap" }}
{{- end }}
{{- if and $values.worker.enabled (not $config.KAFKA_BROKERS) }}
{{- $errors = append $errors "worker.enabled needs config.KAFKA_BROKERS, as host:port" }}
{{- end }}
{{- if and $config.KAFKA_SASL_MECHANISM (not (and $config.KAFKA_USERNAME $canHave.KAFKA_PASSWORD)) }}
{{- $errors = append $errors "config.KAFKA_SASL_MECHANISM needs config.KAFKA_USERNAME, and KAFKA_PASSWORD in secrets.refs or secrets.values" }}
{{- end }}
{{- if and $config.S3_BUCKET_URL (not (and $canHave.S3_ACCESS_KEY_ID $canHave.S3_SECRET_ACCESS_KEY)) }}
{{- $errors = append $errors "config.S3_BUCKET_URL needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY in secrets.refs or secrets.values" }}
{{- end }}
{{- if $values.bot.enabled }}
{{- if not $config.TELEGRAM_CHAT_ID }}
{{- $errors = append $errors "bot.enabled needs config.TELEGRAM_CHAT_ID" }}
{{- end }}
{{- if not (and $canHave.API_KEY $canHave.TELEGRAM_BOT_TOKEN) }}
{{- $errors = append $errors "bot.enabled needs API_KEY and TELEGRAM_BOT_TOKEN in secrets.refs or secrets.values; the notes of the installation say how to create an API_KEY" }}
{{- end }}
{{- if and (eq (default "rest" $config.BOT_REPORT_TRANSPORT) "kafka") (not $values.worker.enabled) }}
{{- $errors = append $errors "config.BOT_REPORT_TRANSPORT kafka needs worker.enabled" }}
{{- end }}
{{- end }}
{{- range $component := list $values.api $values.worker }}
{{- if and $component.autoscaling.enabled (gt (int $component.autoscaling.minReplicas) (int $component.autoscaling.maxReplicas)) }}
{{- $errors = append $errors "autoscaling.minReplicas must not exceed autoscaling.maxReplicas" }}
{{- end }}
{{- end }}
{{- if and $values.ingress.enabled (not $values.ingress.hosts) }}
{{- $errors = append $errors "ingress.enabled needs ingress.hosts" }}
{{- end }}
{{- if and $values.httpRoute.enabled (not $values.httpRoute.parentRefs) }}
{{- $errors = append $errors "httpRoute.enabled needs httpRoute.parentRefs, the Gateway that it belongs to" }}
{{- end }}
{{- if $errors }}
{{- printf "\n\nThe values do not fit together:\n- %s\n" (join "\n- " $errors) | fail }}
{{- end }}
{{- end }}
