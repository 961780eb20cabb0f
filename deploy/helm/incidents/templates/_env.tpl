{{/* The environment of each process. They take {root, component, port}. */}}

{{- define "incidents.apiEnv" }}
- name: HOST
  value: {{ .root.Values.listenAddress | quote }}
- name: PORT
  value: {{ .port | quote }}
{{- include "incidents.databaseEnv" (dict "root" .root "stored" (include "incidents.fullname" .root)) }}
{{- include "incidents.secretEnv" . }}
{{- end }}

{{- define "incidents.workerEnv" }}
- name: WORKER_HOST
  value: {{ .root.Values.listenAddress | quote }}
- name: WORKER_PORT
  value: {{ .port | quote }}
{{- include "incidents.databaseEnv" (dict "root" .root "stored" (include "incidents.fullname" .root)) }}
{{- include "incidents.secretEnv" . }}
{{- end }}

{{- define "incidents.botEnv" }}
- name: BOT_HOST
  value: {{ .root.Values.listenAddress | quote }}
- name: BOT_PORT
  value: {{ .port | quote }}
- name: API_URL
  value: {{ default (printf "http://%s-api:%v" (include "incidents.fullname" .root) .root.Values.service.port) .root.Values.bot.apiUrl | quote }}
{{- include "incidents.secretEnv" . }}
{{- end }}

{{- define "incidents.migrationEnv" }}
{{- $stored := printf "%s-migration" (include "incidents.fullname" .root) }}
{{- include "incidents.databaseEnv" (dict "root" .root "stored" $stored) }}
{{- include "incidents.migrationDatabaseEnv" (dict "root" .root "stored" $stored) }}
{{- end }}
