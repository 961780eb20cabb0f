{{/* The name that all resources begin with; short enough for the suffixes. */}}
{{- define "incidents.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- end }}

{{/* Labels by which pods are selected. Selectors are immutable: nothing here changes with a version. Takes {root} and, of pods, {component}. */}}
{{- define "incidents.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{/* Labels of every resource. Takes what incidents.selectorLabels takes. */}}
{{- define "incidents.labels" -}}
{{ include "incidents.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "incidents.serviceAccountName" -}}
{{- ternary (default (include "incidents.fullname" .) .Values.serviceAccount.name) (default "default" .Values.serviceAccount.name) .Values.serviceAccount.create -}}
{{- end }}

{{- define "incidents.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end -}}
{{- end -}}
{{- end }}

{{/* A value as the text of a variable. Numbers of values are floating point, and large ones would become 1e+06. */}}
{{- define "incidents.text" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end }}

{{/*
Variables of config that a component reads. Takes {root, component}.
The migration job gets those of the database and of logs: others, such as S3_BUCKET_URL, are valid only with secrets that it does not get.
*/}}
{{- define "incidents.configEnv" -}}
{{- $component := .component }}
{{- range $name, $value := .root.Values.config }}
{{- $ofBot := regexMatch "^(TELEGRAM|BOT)_" $name }}
{{- $read := dict "api" (not $ofBot) "worker" (not $ofBot) "bot" (or $ofBot (regexMatch "^(LOG|KAFKA)_" $name)) "migration" (regexMatch "^(LOG|DATABASE)_" $name) }}
{{- if get $read $component }}
- name: {{ $name }}
  value: {{ include "incidents.text" $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Secret variables of a component, and whether it starts without them. */}}
{{- define "incidents.secretVariables" -}}
{{- if eq . "bot" -}}
API_KEY: required
TELEGRAM_BOT_TOKEN: required
KAFKA_PASSWORD: optional
{{- else -}}
X_ACCESS_KEY: required
SCRAPER_KEY: optional
SIGNING_SECRET: optional
REDIS_URL: optional
S3_ACCESS_KEY_ID: optional
S3_SECRET_ACCESS_KEY: optional
KAFKA_PASSWORD: optional
{{- end -}}
{{- end }}

{{- define "incidents.secretEnv" -}}
{{- $root := .root }}
{{- range $name, $need := include "incidents.secretVariables" .component | fromYaml }}
{{- with include "incidents.secretRef" (dict "root" $root "name" $name) }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      {{- . | nindent 6 }}
      {{- if and $root.Values.secrets.existingSecret (eq $need "optional") (not (hasKey $root.Values.secrets.refs $name)) }}
      optional: true
      {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where a secret variable is stored; nothing for one that is nowhere. Takes {root, name}. */}}
{{- define "incidents.secretRef" -}}
{{- $secrets := .root.Values.secrets }}
{{- if hasKey $secrets.refs .name -}}
name: {{ (get $secrets.refs .name).name }}
key: {{ (get $secrets.refs .name).key }}
{{- else if $secrets.existingSecret -}}
name: {{ $secrets.existingSecret }}
key: {{ .name }}
{{- else if or (hasKey $secrets.values .name) (has .name (include "incidents.generatedVariables" . | splitList " ")) -}}
name: {{ include "incidents.fullname" .root }}
key: {{ .name }}
{{- end }}
{{- end }}

{{- define "incidents.generatedVariables" -}}
X_ACCESS_KEY SCRAPER_KEY SIGNING_SECRET
{{- end }}

{{/* One URL of the database. Takes {root, variable, url, urlSecret, passwordSecret, stored}: the Secret that stores a url. */}}
{{- define "incidents.databaseUrlEnv" -}}
{{- if .passwordSecret.name }}
- name: {{ .variable | replace "_URL" "_PASSWORD" }}
  valueFrom:
    secretKeyRef:
      name: {{ .passwordSecret.name }}
      key: {{ .passwordSecret.key }}
- name: {{ .variable }}
  value: {{ .url | quote }}
{{- else }}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ default .stored .urlSecret.name }}
      key: {{ ternary .urlSecret.key .variable (ne .urlSecret.name "") }}
{{- end }}
{{- end }}

{{/* The URL of the service's role. Takes {root, stored}. */}}
{{- define "incidents.databaseEnv" -}}
{{- include "incidents.databaseUrlEnv" (merge (dict "variable" "DATABASE_URL" "stored" .stored) (pick .root.Values.database "url" "urlSecret" "passwordSecret")) }}
{{- end }}

{{/* The URL of the owner of the tables; nothing without one. Takes {root, stored}. */}}
{{- define "incidents.migrationDatabaseEnv" -}}
{{- $database := .root.Values.database }}
{{- if or $database.migrationUrl $database.migrationUrlSecret.name }}
{{- include "incidents.databaseUrlEnv" (dict "variable" "MIGRATION_DATABASE_URL" "stored" .stored "url" $database.migrationUrl "urlSecret" $database.migrationUrlSecret "passwordSecret" $database.migrationPasswordSecret) }}
{{- end }}
{{- end }}

{{/* Seconds for which a process may wait for its dependencies before it listens. Takes {root, component}. */}}
{{- define "incidents.startupSeconds" -}}
{{- $database := get .root.Values.config "DATABASE_STARTUP_TIMEOUT" | default 60 | int }}
{{- /* A process that waits in vain exits by itself, with the reason. A worker then waits for Kafka, for 60 s. */ -}}
{{- add $database (ternary 60 0 (eq .component "worker")) 30 }}
{{- end }}
